"""The calls about the host itself: token, version, events, the end."""

import http.client
import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from app import __version__
from tests.localhost.host_kit import (
    DEADLINE,
    HELLO,
    PID_SITE,
    SERVE,
    WEBSITES,
    LocalHost,
    UnixConnection,
    wait_until,
)

EVENTS = "/api/host/events/"


@contextmanager
def listening(host: LocalHost) -> Iterator[http.client.HTTPResponse]:
    """An open event stream."""
    connection = UnixConnection(str(host.paths.socket))
    connection.request("GET", EVENTS, headers={"Authorization": f"Token {host.token()}"})
    with connection.getresponse() as response:
        assert response.status == 200
        yield response
    connection.close()


def next_message(stream: http.client.HTTPResponse) -> Any:
    return json.loads(stream.readline())


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({}, "Authentication credentials were not provided."),
        ({"Authorization": "Token wrong"}, "Invalid token."),
        ({"Authorization": "Token " + "0" * 40}, "Invalid token."),
        ({"Authorization": "Bearer x"}, "Invalid token."),
        ({"Authorization": "Token \xff"}, "Invalid token."),
    ],
)
def test_nothing_is_answered_without_the_token(
    shared_host: LocalHost, headers: dict[str, str], text: str
) -> None:
    for method, path in (("GET", WEBSITES), ("POST", "/api/host/stop/"), ("GET", "/nowhere")):
        reply = shared_host.request(method, path, None, headers)
        assert reply.status == 401
        assert reply.json() == {"detail": text}
        assert reply.headers["WWW-Authenticate"] == "Token"
    assert shared_host.is_up()


def test_the_token_is_made_once_and_private(host: LocalHost) -> None:
    token = host.token()
    assert len(token) == 40
    assert host.paths.token.stat().st_mode & 0o777 == 0o600
    assert host.paths.socket.stat().st_mode & 0o777 == 0o600
    host.terminate()
    host.start()
    assert host.token() == token


def test_the_host_describes_itself(host: LocalHost) -> None:
    assert host.daemon is not None
    about = host.call("GET", "/api/host").json()
    assert about.pop("sites_address").startswith("127.0.0.1:")
    assert about.pop("user")
    assert about == {"version": __version__, "pid": host.daemon.pid, "sites_error": ""}


def test_a_daemon_of_another_version_says_so(idle_host: LocalHost) -> None:
    idle_host.start(version="0.0.1")
    assert idle_host.call("GET", "/api/host/").json()["version"] == "0.0.1"


def test_a_port_in_use_is_reported_and_taken_as_soon_as_it_is_free(idle_host: LocalHost) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        idle_host.listen = f"127.0.0.1:{port}"
        idle_host.start()
        about = idle_host.call("GET", "/api/host/").json()
        assert about["sites_error"] == f"Port {port} is in use by another program."
        assert about["sites_address"] == f"127.0.0.1:{port}"
        idle_host.run_hello()
        assert idle_host.visit_directly().status == 200
    wait_until(lambda: idle_host.call("GET", "/api/host/").json()["sites_error"] == "")
    assert idle_host.visit().status == 200


def test_events_begin_with_all_sites_and_go_on_with_each_change(host: LocalHost) -> None:
    host.create("quiet.localhost", "/no/such/program", enabled=False)
    with listening(host) as stream:
        (site,) = next_message(stream)["websites"]
        assert site == host.site("quiet.localhost")
        host.create(HELLO, host.program(PID_SITE))
        states: list[str] = []
        while not states or states[-1] != "running":
            site = next_message(stream)["website"]
            assert site["domain_name"] == HELLO
            states.append(site["status"]["state"])
        assert states[0] == "starting"
        host.call("DELETE", f"{WEBSITES}{HELLO}/")
        messages = iter(lambda: next_message(stream), {"deleted": HELLO})
        assert [message["website"]["status"]["state"] for message in messages] == ["stopping"]


def test_a_listener_that_falls_behind_gets_a_fresh_start(host: LocalHost) -> None:
    host.create(HELLO, "/no/such/program " + "x" * 8000, enabled=False)
    with listening(host) as stream:
        next_message(stream)
        for enabled in [True, False] * 200:
            host.call("PATCH", f"{WEBSITES}{HELLO}/", {"enabled": enabled})
        host.wait_for_state("disabled")
        count = 0
        while "websites" not in (message := next_message(stream)):
            count += 1
        assert count < 800
        while (message.get("website") or message["websites"][0])["status"]["state"] != "disabled":
            message = next_message(stream)


def test_the_end_with_sites_stops_them_and_keeps_them_enabled(host: LocalHost) -> None:
    host.run_hello()
    host.create("second.localhost", host.program(PID_SITE, "second"))
    host.wait_for_state("running", "second.localhost")
    shims = [host.record(domain).shim for domain in (HELLO, "second.localhost")]
    assert host.call("POST", "/api/host/stop/", {"stop_sites": True}).status == 200
    assert host.daemon is not None
    assert host.daemon.wait(DEADLINE) == 0
    assert not any(shim.is_running() for shim in shims)
    assert not host.paths.socket.exists()
    host.start()
    assert host.site()["enabled"] is True
    host.wait_for_state("running")


def test_the_end_without_sites_hands_them_over(host: LocalHost) -> None:
    pid = host.run_hello()["pid"]
    assert host.call("POST", "/api/host/stop/").status == 200
    assert host.daemon is not None
    assert host.daemon.wait(DEADLINE) == 0
    assert host.visit_directly().body == str(pid).encode()
    host.start()
    assert host.wait_for_state("running")["pid"] == pid


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_daemon_within_two_seconds_with_streams_open(
    host: LocalHost, number: signal.Signals
) -> None:
    pid = host.run_hello()["pid"]
    assert host.daemon is not None
    with listening(host) as stream:
        next_message(stream)
        started = time.monotonic()
        os.kill(host.daemon.pid, number)
        assert host.daemon.wait(DEADLINE) == 0
        assert time.monotonic() - started < 2
        assert json.loads(stream.read()) == {"stopping": True}
    assert host.visit_directly().body == str(pid).encode()


def test_connections_of_the_proxy_do_not_delay_the_end(host: LocalHost) -> None:
    host.create(HELLO, host.program(SERVE + "import time\nserve(lambda: time.sleep(30))\n"))
    address = host.call("GET", "/api/host/").json()["sites_address"].rpartition(":")
    assert host.daemon is not None
    with (
        socket.create_connection((address[0], int(address[2]))) as idle,
        socket.create_connection((address[0], int(address[2]))) as waiting,
    ):
        waiting.sendall(f"GET / HTTP/1.1\r\nHost: {HELLO}\r\n\r\n".encode())
        idle.sendall(b"GET / HT")
        started = time.monotonic()
        assert host.terminate() == 0
        assert time.monotonic() - started < 2


def test_a_stop_with_a_wrong_field_stops_nothing(host: LocalHost) -> None:
    reply = host.call("POST", "/api/host/stop/", {"stop_sites": "yes"})
    assert reply.status == 400
    assert host.is_up()


@pytest.mark.long
def test_a_quiet_stream_is_pinged_every_fifteen_seconds(host: LocalHost) -> None:
    with listening(host) as stream:
        next_message(stream)
        assert stream.fp is not None
        host_time = time.time()
        stream.fp.raw._sock.settimeout(20)  # type: ignore[attr-defined]
        assert abs(next_message(stream)["ping"] - host_time - 15) < 3
