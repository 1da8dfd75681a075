"""Logs are listed as a tree and deleted one by one, and whoever writes them just goes on."""

import asyncio
from urllib.parse import quote

import pytest

from app.logs.hub import LogHub
from app.models import LogKind, LogName
from tests.localhost.host_kit import HELLO, LOGS, SERVE, LocalHost, wait_until
from tests.logs.support import Reader, render_texts

TREE = "/api/v0/user/local/files/tree"
LOGGING_SITE = f"""{SERVE}
count = -1  # the probe of a start is number 0
def answer():
    global count
    count += 1
    os.write(1, b"out %d\\n" % count)
    os.write(2, b"error %d\\n" % count)
    return b"ok"
serve(answer)
"""


@pytest.fixture
def logged(shared_host: LocalHost) -> LocalHost:
    """A host with four log files of a site that does not run, and files that are no logs."""
    for path in shared_host.paths.log_folder.iterdir():
        path.unlink()
    for name in (".error.log", ".error.log.1", ".error.log.2.gz", ".server.log", ".txt"):
        (shared_host.paths.log_folder / f"{HELLO}{name}").write_text("content\n")
    (shared_host.paths.log_folder / "link.localhost.error.log").symlink_to(shared_host.paths.token)
    return shared_host


@pytest.fixture
def talking(host: LocalHost) -> LocalHost:
    """A running site that writes a line to each of its logs with every visit."""
    host.create(HELLO, host.program(LOGGING_SITE))
    host.wait_for_state("running")
    wait_until(lambda: b"error 0\n" in host.log() and b"out 0\n" in host.log(kind="server"))
    return host


def delete(host: LocalHost, name: str) -> int:
    return host.call("DELETE", f"{LOGS}{name}").status


def visit_until(host: LocalHost, kind: str, line: bytes) -> None:
    host.visit()
    wait_until(lambda: line in host.log(kind=kind))


@pytest.mark.parametrize("address", [f"{TREE}/", TREE])
@pytest.mark.parametrize("path", ["/var/log/", "/var/log"])
def test_the_tree_of_the_log_folder_lists_whole_paths(
    logged: LocalHost, address: str, path: str
) -> None:
    reply = logged.call("GET", f"{address}?path={path}")
    assert reply.status == 200
    assert reply.json() == [
        f"/var/log/{HELLO}.error.log",
        f"/var/log/{HELLO}.error.log.1",
        f"/var/log/{HELLO}.error.log.2.gz",
        f"/var/log/{HELLO}.server.log",
    ]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (f"/var/log/{HELLO}.error.log", "is not a directory"),
        ("/var/log/../..", "does not exist"),
        ("/etc/", "does not exist"),
        ("/var/log\n", "does not exist"),
        ("", "does not exist"),
    ],
)
def test_the_tree_of_anything_else_is_refused(logged: LocalHost, path: str, reason: str) -> None:
    reply = logged.call("GET", f"{TREE}/?path={quote(path)}")
    assert (reply.status, reply.json()) == (400, {"detail": f"{path} {reason}"})


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("name", [".error.log", ".error.log.1", ".error.log.2.gz"])
def test_a_log_is_deleted_with_its_index(logged: LocalHost, name: str, slash: str) -> None:
    log = logged.paths.log_folder / f"{HELLO}{name}"
    index = logged.paths.times_folder / log.name
    index.write_text("0 1.000\n")
    reply = logged.call("DELETE", f"{LOGS}{log.name}{slash}")
    assert (reply.status, reply.body) == (204, b"")
    assert not log.exists()
    assert not index.exists()
    assert (logged.paths.log_folder / f"{HELLO}.server.log").exists()


@pytest.mark.parametrize(
    "name",
    [
        "none.localhost.error.log",
        "hello.localhost.txt",
        "hello.localhost.error.log//",
        "hello.localhost.error.log.3",
        "HELLO.localhost.error.log",
        "link.localhost.error.log",
        "./hello.localhost.error.log",
        "hello.localhost.error.log%0a",
        "..%2f..%2ftoken",
        "../../token",
    ],
)
def test_what_is_no_log_cannot_be_deleted(logged: LocalHost, name: str) -> None:
    before = sorted(logged.paths.log_folder.iterdir())
    reply = logged.call("DELETE", f"{LOGS}{name}")
    assert reply.status == 404
    assert reply.json() == {"message": "File does not exist", "code": "not_found"}
    assert sorted(logged.paths.log_folder.iterdir()) == before
    assert logged.paths.token.exists()


@pytest.mark.parametrize("path", ["var/log/", "var/log", "var/", "etc/passwd", "", "var/times/x"])
def test_deleting_elsewhere_is_not_permitted(logged: LocalHost, path: str) -> None:
    reply = logged.call("DELETE", f"/api/v0/user/local/files/path/{path}")
    assert reply.status == 403
    assert reply.json()["code"] == "forbidden"


@pytest.mark.parametrize(("kind", "word"), [("error", b"error"), ("server", b"out")])
def test_a_running_site_goes_on_with_a_new_log(talking: LocalHost, kind: str, word: bytes) -> None:
    visit_until(talking, kind, word + b" 1\n")
    index = talking.paths.times_file(HELLO, LogName(LogKind(kind)))
    for number in range(2, 5):
        assert delete(talking, f"{HELLO}.{kind}.log/") == 204
        assert talking.log(kind=kind) == b""
        visit_until(talking, kind, b"%b %d\n" % (word, number))
        assert talking.log(kind=kind) == b"%b %d\n" % (word, number)
        assert [line.split()[0] for line in index.read_text().splitlines()] == ["0"]


def test_the_access_log_goes_on_with_a_new_file(talking: LocalHost) -> None:
    visit_until(talking, "access", b'"GET / HTTP/1.1" 200')
    assert delete(talking, f"{HELLO}.access.log") == 204
    visit_until(talking, "access", b'"GET / HTTP/1.1" 200')
    assert talking.log(kind="access").count(b"\n") == 1


def test_deleting_while_a_site_writes_loses_nothing_that_comes_afterwards(
    talking: LocalHost,
) -> None:
    for number in range(1, 101):
        if number % 10 == 1:
            delete(talking, f"{HELLO}.error.log")
        talking.visit()
    wait_until(lambda: b"error 100\n" in talking.log())
    assert talking.log().split(b"\n")[-11:-1] == [b"error %d" % number for number in range(91, 101)]


@pytest.mark.anyio
async def test_a_viewer_of_a_deleted_log_sees_what_comes_next(talking: LocalHost) -> None:
    name = LogName(LogKind.ERROR)
    hub = LogHub(render_texts)
    paths = talking.paths
    reader = Reader(hub, paths.log_file(HELLO, name), times=paths.times_file(HELLO, name))
    await reader.opened()
    for number in range(1, 4):
        await asyncio.to_thread(talking.visit)
        await reader.until_lines(number)
        assert await asyncio.to_thread(delete, talking, f"{HELLO}.error.log") == 204
    assert reader.lines == ["error 1", "error 2", "error 3"]
    await hub.close()
    await reader.ended()
