"""The dashboard runs as a site of a host: signing in, live logs, the end and the return."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from app.models import LogKind
from tests.deck_site import ACCOUNT, LOGS, SHOP, SIGN_IN, DeckSite, deck_site
from tests.process import open_stream, until
from tests.support import attribute, eventually, one, parse


@pytest.fixture
def deck(tmp_path: Path) -> Iterator[DeckSite]:
    with deck_site(tmp_path) as deck:
        yield deck


@contextmanager
def signed_in(deck: DeckSite) -> Iterator[httpx2.Client]:
    """The owner, with the account Acme connected and its site listed."""
    deck.add_owner()
    with deck.client() as client:
        assert client.post("/login", data=SIGN_IN).status_code == 303
        assert client.post("/accounts", data=ACCOUNT).status_code == 303
        eventually(lambda: client.get(LOGS).status_code == 200, "the account's site is listed")
        yield client


def stream_of(client: httpx2.Client, path: str) -> str:
    return attribute(one(parse(client.get(path).text), "body"), "sse-connect")


def test_the_setup_token_stands_in_its_server_log_until_there_is_an_administrator(
    deck: DeckSite,
) -> None:
    with deck.client() as client:
        assert client.get("/").headers["location"] == "/setup"
        eventually(lambda: "Setup token: " in deck.own_log(LogKind.SERVER), "the token is printed")
        deck.add_owner()
        assert client.get("/").headers["location"] == "/login"
        assert client.get("/setup").headers["location"] == "/login"
    lines = deck.own_log(LogKind.SERVER).count("Setup token: ")
    deck.reload()
    assert deck.own_log(LogKind.SERVER).count("Setup token: ") == lines


def test_lines_of_its_account_arrive_through_the_proxy_without_a_call(deck: DeckSite) -> None:
    with signed_in(deck) as client:
        assert "an old line" in client.get(LOGS).text
        with open_stream(client, stream_of(client, LOGS)) as events:
            until(events, "hb")
            with deck.shop_log.open("a") as log:
                log.write("WARNING:  a new line\n")
            until(events, "lines", "a new line")
    assert deck.fake.count("files") == 0


def test_it_ends_in_good_order_at_disable_although_streams_are_open(deck: DeckSite) -> None:
    with (
        signed_in(deck) as client,
        open_stream(client, stream_of(client, "/")) as page,
        open_stream(client, stream_of(client, LOGS)) as log,
    ):
        until(page, "hb")
        until(log, "hb")
        deck.enable(False)
        deck.wait_for("disabled")
        until(page, "bye")
        until(log, "bye")
    errors = deck.own_log(LogKind.ERROR)
    assert "Traceback" not in errors and "Finished server process" in errors


def test_a_session_outlives_a_reload_and_a_switch_off_and_on(deck: DeckSite) -> None:
    with signed_in(deck) as client:
        deck.reload()
        assert client.get("/accounts").status_code == 200
        deck.enable(False)
        deck.wait_for("disabled")
        deck.enable(True)
        deck.wait_for("running")
        assert SHOP in client.get("/").text
        with open_stream(client, stream_of(client, LOGS)) as events:
            until(events, "hb")


def test_it_runs_no_local_host_and_keeps_a_rollback_journal(deck: DeckSite) -> None:
    assert not (deck.data / "host").exists()
    database = (deck.data / "sitedeck.db").read_bytes()
    assert database[18:20] == b"\x01\x01", "file format 1: no write-ahead log"
    assert not list(deck.data.glob("*-wal"))


def test_the_client_is_who_the_proxy_says(deck: DeckSite) -> None:
    with signed_in(deck) as client:
        forged = {"x-forwarded-for": "203.0.113.7"}
        client.post("/login", data=SIGN_IN, headers=forged)
        activity = client.get("/activity").text
    assert "127.0.0.1" in activity
    assert "203.0.113.7" not in activity
