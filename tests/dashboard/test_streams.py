"""Live streams of a running dashboard: nothing lost or repeated, ended by sign-out and shutdown."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from app.localhost.paths import HostPaths
from app.models import LogKind, LogName
from tests.process import Product, open_stream, signed_in_client, until
from tests.support import attribute, eventually, get_from_site, one, parse

HELLO = "hello.localhost"
LOGS = f"/accounts/local/sites/{HELLO}/logs"
ROW = "site-local-hello_localhost"


@pytest.fixture
def client(product: Product) -> Iterator[httpx2.Client]:
    """Signed in, with the sample site running."""
    with signed_in_client(product) as client:
        assert client.post("/sites/sample").status_code == 303
        address = f"127.0.0.1:{product.sites_port}"
        eventually(lambda: get_from_site(address, HELLO)[0] == 200, "the sample site answers")
        yield client


def stream_of(client: httpx2.Client, path: str) -> str:
    """The address of the stream that a page opens."""
    return attribute(one(parse(client.get(path).text), "body"), "sse-connect")


def texts(markup: str) -> list[str]:
    return [message.get_text() for message in parse(markup).select(".msg")]


def error_log(product: Product) -> Path:
    return HostPaths(product.data / "host").log_file(HELLO, LogName(LogKind.ERROR))


def write(product: Product, *lines: str) -> None:
    with error_log(product).open("a") as log:
        log.write("".join(f"{line}\n" for line in lines))


def test_a_line_written_is_in_the_stream_at_once(client: httpx2.Client, product: Product) -> None:
    with open_stream(client, stream_of(client, LOGS)) as events:
        until(events, "hb")
        start = time.monotonic()
        write(product, "WARNING:  disk <b>almost</b> full")
        _, rows = until(events, "lines", "almost")
        assert time.monotonic() - start < 1
    assert texts(rows) == ["WARNING:  disk <b>almost</b> full"]
    assert one(parse(rows), "li")["data-level"] == "warning"


def test_a_reconnect_goes_on_behind_the_last_event(client: httpx2.Client, product: Product) -> None:
    path = stream_of(client, LOGS)
    with open_stream(client, path) as events:
        until(events, "hb")
        write(product, "first")
        last_id, _ = until(events, "lines", "first")
    write(product, "while away")
    client.headers["last-event-id"] = last_id
    with open_stream(client, path) as events:
        _, rows = until(events, "lines")
        assert texts(rows) == ["while away"]


def test_a_stream_resumes_over_a_restart_of_the_dashboard(
    client: httpx2.Client, product: Product
) -> None:
    path = stream_of(client, LOGS)
    with open_stream(client, path) as events:
        until(events, "hb")
        write(product, "before the kill")
        last_id, _ = until(events, "lines", "before")
        product.end(signal.SIGKILL)
    write(product, "nobody looks")
    product.start()
    write(product, "after the restart")
    client.headers["last-event-id"] = last_id
    with open_stream(client, path) as events:
        seen: list[str] = []
        while "after the restart" not in seen:
            seen += texts(until(events, "lines")[1])
    assert seen == ["nobody looks", "after the restart"]


def test_a_page_is_told_what_changed_before_its_stream_opened(client: httpx2.Client) -> None:
    stale = stream_of(client, f"/accounts/local/sites/{HELLO}")
    client.post(f"/accounts/local/sites/{HELLO}/disable")
    with open_stream(client, stale) as events:
        _, head = until(events, f"head-{ROW}")
        assert one(parse(head), ".status")["data-s"] == "disabled"


def test_rows_follow_a_reload_until_it_has_settled(client: httpx2.Client) -> None:
    with open_stream(client, stream_of(client, "/")) as events:
        until(events, "hb")
        client.post(
            f"/accounts/local/sites/{HELLO}/reload",
            headers={"hx-request": "true", "hx-target": ROW},
        )
        until(events, ROW, 'data-s="reloading"')
        until(events, ROW, 'data-s="running"')
        _, toast = until(events, "toast")
    assert "Answered 200 after" in toast


def test_signing_out_ends_the_streams_of_the_session(
    client: httpx2.Client, product: Product
) -> None:
    with open_stream(client, stream_of(client, "/")) as events:
        until(events, "hb")
        client.post("/logout")
        until(events, "bye")
    assert client.get("/events").status_code == 401


def test_a_session_has_a_limited_number_of_streams(tmp_path: Path) -> None:
    product = Product(tmp_path / "data", SITEDECK_STREAMS_PER_SESSION="1")
    product.start()
    try:
        with signed_in_client(product) as client:
            with open_stream(client, "/events") as events:
                until(events, "hb")
                answer = client.get("/events")
                assert answer.status_code == 429
                assert "Close a tab" in answer.text
            eventually(lambda: _may_open(client), "the slot is free again")
    finally:
        product.close()


def _may_open(client: httpx2.Client) -> bool:
    with client.stream("GET", "/events") as response:
        return response.status_code == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_dashboard_ends_at_once_with_streams_open_and_sites_go_on(
    client: httpx2.Client, product: Product, number: signal.Signals
) -> None:
    with (
        open_stream(client, stream_of(client, "/")) as page,
        open_stream(client, stream_of(client, LOGS)) as log,
    ):
        until(page, "hb")
        until(log, "hb")
        start = time.monotonic()
        code = product.end(number)
        took = time.monotonic() - start
        until(page, "bye")
        until(log, "bye")
    assert took < 2
    assert code == (0 if number is signal.SIGINT else -signal.SIGTERM)
    assert "Traceback" not in product.output
    assert get_from_site(f"127.0.0.1:{product.sites_port}", HELLO)[0] == 200
