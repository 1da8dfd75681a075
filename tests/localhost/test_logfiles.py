"""The log folder: which names are logs, the last lines of a run, and the access logs."""

import os
from pathlib import Path

import pytest

from app.errors import NotFound
from app.localhost.logfiles import AccessLogs, find_log, last_lines, list_logs
from app.localhost.paths import HostPaths

DOMAIN = "shop.localhost"
START = (0, 0)


@pytest.fixture
def paths(short_path: Path) -> HostPaths:
    paths = HostPaths(short_path / "host")
    paths.prepare()
    return paths


@pytest.mark.parametrize("name", ["error.log", "access.log.1", "server.log.2.gz", "error.log.5.gz"])
def test_log_names_are_found(paths: HostPaths, name: str) -> None:
    assert find_log(paths, f"{DOMAIN}.{name}") == paths.log_folder / f"{DOMAIN}.{name}"


@pytest.mark.parametrize(
    "name",
    [
        "../../token",
        "..error.log",
        ".error.log",
        "shop.localhost",
        "shop.localhost.error.log.2",
        "shop.localhost.error.log.1.gz",
        "shop.localhost.error.log.10.gz",
        "shop.localhost.other.log",
        "SHOP.localhost.error.log",
        "shop.localhost..error.log",
        "shop/x.localhost.error.log",
        "shop.localhost.error.log\n",
        "shop.localhost.error.log\0",
        "localhost.error.log",
        f"{'a' * 300}.error.log",
        "",
    ],
)
def test_other_names_are_not_found(paths: HostPaths, name: str) -> None:
    with pytest.raises(NotFound):
        find_log(paths, name)


def test_only_logs_are_listed(paths: HostPaths) -> None:
    names = [f"{DOMAIN}.access.log", f"{DOMAIN}.error.log", f"{DOMAIN}.error.log.1"]
    for name in [*names, "notes.txt", f"{DOMAIN}.error.log.2", f"{DOMAIN}.error.log.2.gz.new"]:
        (paths.log_folder / name).touch()
    (paths.log_folder / "folder.localhost.error.log").mkdir()
    assert list_logs(paths) == names


def test_the_last_lines_are_those_of_this_run(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"earlier run\n")
    start = (log.stat().st_ino, log.stat().st_size)
    with log.open("ab") as file:
        file.write(b"one\r\ntwo \xff\nlast without end")
    assert last_lines(log, start) == ("one", "two �", "last without end")


def test_the_last_lines_are_bounded(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"x" * 1_000_000 + b"\n" + b"y\n" * 100)
    lines = last_lines(log, START)
    assert lines == ("y",) * 50
    log.write_bytes(b"x" * 1_000_000)
    (line,) = last_lines(log, START)
    assert line == "x" * 4096


def test_after_a_rotation_the_whole_live_file_is_of_this_run(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"rest\n")
    assert last_lines(log, (log.stat().st_ino + 1, 10_000)) == ("rest",)
    assert last_lines(log, (log.stat().st_ino, 10_000)) == ("rest",)


def test_a_log_that_is_gone_has_no_last_lines(tmp_path: Path) -> None:
    assert last_lines(tmp_path / "none", START) == ()


def test_access_lines_are_written_in_order_with_their_index(paths: HostPaths) -> None:
    logs = AccessLogs(paths)
    for number in range(3):
        logs.record(DOMAIN, b"line %d\n" % number)
    logs.record("other.localhost", b"x\n")
    logs.close()
    assert (paths.log_folder / f"{DOMAIN}.access.log").read_bytes() == b"line 0\nline 1\nline 2\n"
    assert (paths.times_folder / f"{DOMAIN}.access.log").read_text().startswith("0 ")
    assert (paths.log_folder / "other.localhost.access.log").read_bytes() == b"x\n"


def test_access_lines_that_do_not_fit_are_dropped_not_kept_for_ever(
    paths: HostPaths, caplog: pytest.LogCaptureFixture
) -> None:
    logs = AccessLogs(paths)
    line = b"x" * 1_000_000 + b"\n"
    for _ in range(10):
        logs.record(DOMAIN, line)
    logs.close()
    size = (paths.log_folder / f"{DOMAIN}.access.log").stat().st_size
    assert size == 4 * len(line)
    assert "were not written" in caplog.text


def test_a_forgotten_log_is_closed(paths: HostPaths) -> None:
    logs = AccessLogs(paths)
    open_before = len(os.listdir("/proc/self/fd"))
    logs.record(DOMAIN, b"x\n")
    logs.forget(DOMAIN)
    logs.forget("never.seen")
    assert len(os.listdir("/proc/self/fd")) == open_before
    assert (paths.log_folder / f"{DOMAIN}.access.log").read_bytes() == b"x\n"
