"""What the accounts page says of calls and CPU seconds, when drawn and while it is open."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from bs4 import Tag

from app.hosting.breaker import FAILURES
from tests.fakes.faults import Fault
from tests.fakes.pythonanywhere import TOKEN, USER, FakePythonAnywhere, fake_pythonanywhere
from tests.process import Product, open_stream, signed_in_client, until
from tests.support import attribute, eventually, one, parse

SITE = "shop.example.org"
FORM = {"label": "Acme", "host": "lab", "username": USER, "token": TOKEN}


@pytest.fixture
def fake() -> Iterator[FakePythonAnywhere]:
    with fake_pythonanywhere() as fake:
        fake.add_site(SITE)
        yield fake


@pytest.fixture
def client(tmp_path: Path, fake: FakePythonAnywhere) -> Iterator[httpx2.Client]:
    """Signed in, with the account connected."""
    product = Product(
        tmp_path / "data", SITEDECK_API_HOSTS=f"lab={fake.address}", SITEDECK_LOCAL_HOST="off"
    )
    product.start()
    try:
        with signed_in_client(product) as client:
            assert client.post("/accounts", data=FORM).status_code == 303
            eventually(lambda: SITE in client.get("/").text, "the site is listed")
            yield client
    finally:
        product.close()


def card(client: httpx2.Client) -> Tag:
    return one(parse(client.get("/accounts").text), "section.card[aria-label=Acme]")


def stream_of(client: httpx2.Client) -> str:
    return attribute(one(parse(client.get("/accounts").text), "body"), "sse-connect")


def used(card: Tag, name: str) -> int:
    return int(attribute(one(card, f'meter[aria-label^="{name}"]'), "value"))


def test_each_class_of_calls_has_a_meter(client: httpx2.Client, fake: FakePythonAnywhere) -> None:
    assert used(card(client), "Websites") == fake.count("websites") > 0
    before = fake.count("websites")
    client.post("/accounts/acme/test")
    shown = card(client)
    assert used(shown, "Websites") >= before + 1
    assert used(shown, "Files") == fake.count("files")
    meters = shown.select(".budget meter[max='40']")
    assert [attribute(meter, "high") for meter in meters] == ["34"] * 4
    assert "of 40 per minute" in " ".join(shown.get_text(" ").split())


def test_the_cpu_seconds_are_shown_with_their_age_and_their_end(client: httpx2.Client) -> None:
    shown = eventually(
        lambda: (found := card(client)).select_one('meter[aria-label^="CPU"]') and found, "CPU"
    )
    assert shown is not None
    text = " ".join(shown.get_text(" ").split())
    assert "18 of 2,000 s" in text
    assert one(shown, 'time[datetime="2030-01-01T03:26:37+00:00"]').get_text() == (
        "1 Jan, 03:26 UTC"
    )
    assert len(shown.select("time[data-age]:not([data-seen])")) == 1


def test_a_pause_and_its_reason_are_shown(client: httpx2.Client, fake: FakePythonAnywhere) -> None:
    fake.limit = 0
    client.post("/accounts/acme/test")
    text = " ".join(card(client).get_text(" ").split())
    assert "PythonAnywhere asked to wait 60 s" in text
    assert "60 s are left" in text or "59 s are left" in text


def test_an_open_page_follows_the_account(client: httpx2.Client, fake: FakePythonAnywhere) -> None:
    with open_stream(client, stream_of(client)) as events:
        until(events, "account-acme-badge", "Connected")
        fake.fail(Fault.HTML_502)
        for _ in range(FAILURES):
            client.post("/accounts/acme/test")
        until(events, "account-acme-problem", "502")
        until(events, "account-acme-use", "calls failed in a row")
        fake.fail(None)
        back = time.monotonic()
        until(events, "account-acme-badge", "Connected")
        assert time.monotonic() - back < 30


def test_an_open_page_learns_that_an_account_came_or_went(client: httpx2.Client) -> None:
    with open_stream(client, stream_of(client)) as events:
        until(events, "account-acme-use")
        client.post("/accounts/acme/delete")
        until(events, "accounts")
        client.post("/accounts", data=FORM)
        until(events, "accounts")
    assert len(parse(client.get("/accounts").text).select("#accounts > section.card")) == 1


def test_calls_count_for_the_user_whatever_becomes_of_the_account(
    client: httpx2.Client, fake: FakePythonAnywhere
) -> None:
    client.post("/accounts/acme/delete")
    before = fake.count("websites")
    client.post("/accounts", data=FORM)
    eventually(lambda: fake.count("websites") >= before + 2, "it is listed again")
    assert used(card(client), "Websites") == fake.count("websites")
