"""Logs grow byte for byte, turn over by size, and know when their bytes arrived."""

import gzip
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.localhost.rotating import LINE_SLACK, RotatingLog
from tests.localhost.host_kit import wait_until

HOSTILE = b"\0 nul \xff\xfe broken \xe2\x82 \r lone \x1b[31m <script>\n" + b"x" * 1_000_000 + b"\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "times").mkdir()
    return tmp_path


def open_log(folder: Path, max_bytes: int = 100) -> RotatingLog:
    return RotatingLog(str(folder / "a.log"), str(folder / "times" / "a.log"), max_bytes)


def everything(folder: Path) -> bytes:
    """The content of all files of the log, oldest first."""
    packed = [folder / f"a.log.{index}.gz" for index in (5, 4, 3, 2)]
    plain = [folder / "a.log.1", folder / "a.log"]
    return b"".join(
        [gzip.decompress(path.read_bytes()) for path in packed if path.exists()]
        + [path.read_bytes() for path in plain if path.exists()]
    )


def entries(path: Path) -> list[tuple[int, float]]:
    pairs = [line.split() for line in path.read_text().splitlines()]
    return [(int(offset), float(seconds)) for offset, seconds in pairs]


def test_hostile_bytes_are_kept_unchanged(folder: Path) -> None:
    log = open_log(folder, 10 * 1024 * 1024)
    assert log.write(HOSTILE)
    log.close()
    assert (folder / "a.log").read_bytes() == HOSTILE
    assert (folder / "a.log").stat().st_mode & 0o777 == 0o600


def test_a_full_log_turns_over_at_the_end_of_a_line(folder: Path) -> None:
    log = open_log(folder)
    lines = [b"line %d %s\n" % (number, b"." * 20) for number in range(17)]
    for line in lines:
        log.write(line)
        log.close()
    assert everything(folder) == b"".join(lines)
    for name in ("a.log", "a.log.1"):
        content = (folder / name).read_bytes()
        assert len(content) <= 100
        assert content.endswith(b"\n")
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "times",
        "a.log",
        "a.log.1",
        *(f"a.log.{index}.gz" for index in (2, 3, 4, 5)),
    }


def test_only_the_last_five_older_files_are_kept(folder: Path) -> None:
    log = open_log(folder, 10)
    for number in range(30):
        log.write(b"%08d\n" % number)
        log.close()
    assert everything(folder) == b"".join(b"%08d\n" % number for number in range(24, 30))


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.binary(max_size=120), max_size=6))
def test_no_byte_is_lost_or_repeated_over_rotations(
    tmp_path_factory: pytest.TempPathFactory, chunks: list[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("log")
    (folder / "times").mkdir()
    log = open_log(folder, 150)
    for chunk in chunks:
        assert log.write(chunk)
        log.close()
    assert everything(folder) == b"".join(chunks)


def test_a_line_longer_than_the_log_is_cut_at_the_slack(folder: Path) -> None:
    log = open_log(folder)
    data = b"x" * (LINE_SLACK + 1000)
    log.write(data)
    log.close()
    assert (folder / "a.log.1").stat().st_size == LINE_SLACK + 100
    assert everything(folder) == data


def test_the_index_has_the_start_of_each_file_and_moves_along(folder: Path) -> None:
    before = time.time()
    log = open_log(folder)
    log.write(b"a" * 59 + b"\n")
    log.write(b"b" * 59 + b"\n")
    log.close()
    for name in ("a.log", "a.log.1"):
        (offset, seconds), *others = entries(folder / "times" / name)
        assert offset == 0
        assert before - 0.001 <= seconds <= time.time() + 0.001
        assert not others


def test_the_index_grows_at_most_once_a_second(folder: Path) -> None:
    log = open_log(folder, 10_000)
    index = folder / "times" / "a.log"
    wait_until(lambda: log.write(b"x\n") and len(entries(index)) > 1)
    found = entries(index)
    log.close()
    assert found[1][1] - found[0][1] >= 0.999
    assert (folder / "a.log").read_bytes()[found[1][0] - 1 : found[1][0]] == b"\n"


def test_an_existing_log_is_continued(folder: Path) -> None:
    for _ in range(2):
        log = open_log(folder)
        log.write(b"line\n")
        log.close()
    assert (folder / "a.log").read_bytes() == b"line\nline\n"
    assert [offset for offset, _ in entries(folder / "times" / "a.log")] == [0, 5]


def test_a_log_that_somebody_deleted_is_made_anew(folder: Path) -> None:
    log = open_log(folder)
    log.write(b"old\n")
    (folder / "a.log").unlink()
    log.write(b"new\n")
    log.close()
    assert (folder / "a.log").read_bytes() == b"new\n"
    assert [offset for offset, _ in entries(folder / "times" / "a.log")] == [0]


def test_a_compression_cut_short_is_finished_when_the_log_is_opened(folder: Path) -> None:
    (folder / "a.log.2").write_bytes(b"left over\n")
    log = open_log(folder)
    log.write(b"x\n")
    log.close()
    assert gzip.decompress((folder / "a.log.2.gz").read_bytes()) == b"left over\n"
    assert not (folder / "a.log.2").exists()


def test_a_link_in_place_of_the_log_is_not_followed(folder: Path) -> None:
    target = folder / "precious"
    target.write_bytes(b"keep")
    (folder / "a.log").symlink_to(target)
    log = open_log(folder)
    assert not log.write(b"x")
    log.close()
    assert target.read_bytes() == b"keep"


@contextmanager
def file_limit() -> Iterator[None]:
    """No file of this process may pass 64 bytes: the disk refuses, and recovers afterwards.

    A block and not a fixture: the report of the test itself may go to a file.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def test_bytes_that_the_disk_refuses_are_counted(folder: Path) -> None:
    log = open_log(folder, 10_000)
    with file_limit():
        assert log.write(b"a" * 60)
        assert not log.write(b"b" * 10)
        assert not log.write(b"c" * 10)
        log.close()
    assert log.dropped == 16
    assert "File too large" in log.failure
    assert (folder / "a.log").read_bytes() == b"a" * 60 + b"b" * 4


def test_a_log_without_a_folder_counts_and_recovers(folder: Path) -> None:
    log = RotatingLog(str(folder / "later" / "a.log"), str(folder / "times" / "a.log"))
    assert not log.write(b"lost")
    assert log.dropped == 4
    (folder / "later").mkdir()
    assert log.write(b"kept\n")
    log.close()
    assert (folder / "later" / "a.log").read_bytes() == b"kept\n"


def test_an_index_that_cannot_be_written_does_not_cost_the_log(tmp_path: Path) -> None:
    log = RotatingLog(str(tmp_path / "a.log"), str(tmp_path / "none" / "a.log"))
    assert log.write(b"kept\n")
    log.close()
    assert (tmp_path / "a.log").read_bytes() == b"kept\n"
