"""The files calls: logs as files below /var/log, and nothing else."""

import http.client

import pytest

from app.localhost.api.files import UnsatisfiableRange, parse_range
from tests.localhost.host_kit import HELLO, LOGS, LocalHost, UnixConnection, wait_until

CONTENT = b"first\n\0\xff\r\xe2\x82\x1b[31m<script>\n" + b"x" * 1_000_000 + b"\nlast\n"
ERROR_LOG = f"{LOGS}{HELLO}.error.log"


@pytest.fixture
def logged(shared_host: LocalHost) -> LocalHost:
    """A host with one error log of known content."""
    for path in shared_host.paths.log_folder.iterdir():
        path.unlink()
    (shared_host.paths.log_folder / f"{HELLO}.error.log").write_bytes(CONTENT)
    return shared_host


def test_a_log_is_read_byte_for_byte(logged: LocalHost) -> None:
    reply = logged.call("GET", ERROR_LOG)
    assert reply.status == 200
    assert reply.body == CONTENT
    assert reply.headers["Content-Type"] == "application/octet-stream; charset=utf-8"
    assert reply.headers["Accept-Ranges"] == "bytes"
    assert reply.headers["Content-Length"] == str(len(CONTENT))


def test_head_tells_the_size(logged: LocalHost) -> None:
    reply = logged.call("HEAD", ERROR_LOG)
    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers["Content-Length"] == str(len(CONTENT))
    assert reply.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ("bytes=0-4", slice(0, 5)),
        ("bytes=6-", slice(6, None)),
        ("bytes=-5", slice(-5, None)),
        ("bytes=-99999999", slice(0, None)),
        ("bytes=10-99999999", slice(10, None)),
    ],
)
def test_a_range_is_answered_with_that_part(logged: LocalHost, wanted: str, part: slice) -> None:
    reply = logged.call("GET", ERROR_LOG, headers={"Range": wanted})
    assert reply.status == 206
    assert reply.body == CONTENT[part]
    first, last, _ = part.indices(len(CONTENT))
    assert reply.headers["Content-Range"] == f"bytes {first}-{last - 1}/{len(CONTENT)}"


@pytest.mark.parametrize("wanted", ["bytes=2000000-", "bytes=-0"])
def test_a_range_behind_the_end_is_not_satisfiable(logged: LocalHost, wanted: str) -> None:
    reply = logged.call("GET", ERROR_LOG, headers={"Range": wanted})
    assert reply.status == 416
    assert reply.headers["Content-Range"] == f"bytes */{len(CONTENT)}"


@pytest.mark.parametrize(
    "wanted", ["bytes=0-1,3-4", "lines=1-2", "bytes=5-2", "bytes=-", "bytes=x-", "bytes=٣-"]
)
def test_a_range_that_is_not_understood_means_the_whole_file(wanted: str) -> None:
    assert parse_range(wanted, 100) is None


def test_any_range_of_an_empty_log_is_not_satisfiable() -> None:
    for wanted in ("bytes=0-", "bytes=-1"):
        with pytest.raises(UnsatisfiableRange):
            parse_range(wanted, 0)


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_folder_lists_logs_only(logged: LocalHost, slash: str) -> None:
    (logged.paths.log_folder / "notes.txt").touch()
    (logged.paths.log_folder / f"{HELLO}.error.log.2.gz").touch()
    reply = logged.call("GET", LOGS.rstrip("/") + slash)
    assert reply.headers["Content-Type"] == "application/json"
    listing = reply.json()
    assert list(listing) == [f"{HELLO}.error.log", f"{HELLO}.error.log.2.gz"]
    assert listing[f"{HELLO}.error.log"] == {
        "type": "file",
        "url": f"http://localhost{ERROR_LOG}",
    }


@pytest.mark.parametrize(
    "path",
    [
        "var/log/none.localhost.error.log",
        "var/log/../../token",
        "var/log/%2e%2e/%2e%2e/token",
        "var/log/..%2f..%2ftoken",
        "var/log/./hello.localhost.error.log",
        "var/log//hello.localhost.error.log",
        "var/log/hello.localhost.error.log/",
        "var/log/hello.localhost.error.log%00.gz",
        "var/log/hello.localhost.error.log%0a",
        "var/log/../log/hello.localhost.error.log",
        "var/times/hello.localhost.error.log",
        "etc/passwd",
        "var",
        "var/log/..",
        "",
        "%2fetc%2fpasswd",
    ],
)
def test_nothing_outside_the_log_folder_can_be_read(logged: LocalHost, path: str) -> None:
    reply = logged.call("GET", f"/api/v0/user/local/files/path/{path}")
    assert reply.status == 404
    assert reply.json()["detail"].startswith("No such file or directory: /")
    assert logged.token() not in reply.body.decode()


def test_a_link_in_the_log_folder_is_not_followed(logged: LocalHost) -> None:
    (logged.paths.log_folder / "link.localhost.error.log").symlink_to(logged.paths.token)
    assert logged.call("GET", f"{LOGS}link.localhost.error.log").status == 404
    assert list(logged.call("GET", LOGS).json()) == [f"{HELLO}.error.log"]


def test_logs_cannot_be_written(logged: LocalHost) -> None:
    for method in ("POST", "PUT", "PATCH"):
        assert logged.call(method, ERROR_LOG).status == 405


def test_a_log_that_grows_while_it_is_read_is_sent_up_to_its_size_then(logged: LocalHost) -> None:
    path = logged.paths.log_folder / f"{HELLO}.error.log"
    path.write_bytes(b"x" * 8_000_000)
    connection = UnixConnection(str(logged.paths.socket))
    connection.request("GET", ERROR_LOG, headers={"Authorization": f"Token {logged.token()}"})
    with connection.getresponse() as response, path.open("ab") as log:
        log.write(b"y" * 1_000_000)
        log.flush()
        assert response.read() == b"x" * 8_000_000
    connection.close()


def test_a_log_cut_short_while_it_is_read_breaks_the_answer(logged: LocalHost) -> None:
    path = logged.paths.log_folder / f"{HELLO}.error.log"
    path.write_bytes(b"x" * 30_000_000)
    connection = UnixConnection(str(logged.paths.socket))
    connection.request("GET", ERROR_LOG, headers={"Authorization": f"Token {logged.token()}"})
    with connection.getresponse() as response:
        path.write_bytes(b"")
        with pytest.raises(http.client.IncompleteRead):
            response.read()
    connection.close()
    wait_until(logged.is_up)
