"""The core of following, look by look: half lines, huge lines, hostile bytes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.logs.tail import HALF_LINE_SECONDS, LOOK_LINES, LogTail
from app.models import LogLine


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    log = tmp_path / "log"
    log.touch()
    return log


@pytest.fixture
def tail(path: Path, clock: Clock) -> Iterator[LogTail]:
    following = LogTail(path, monotonic=clock)
    following.start()
    yield following
    following.close()


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as log:
        log.write(data)


def look_all(tail: LogTail) -> list[LogLine]:
    lines: list[LogLine] = []
    while (batch := tail.look()) is not None:
        lines += batch.lines
    return lines


def test_an_overdue_half_line_is_shown_and_its_rest_is_a_piece_of_its_own(
    tail: LogTail, path: Path, clock: Clock
) -> None:
    append(path, b"Password: ")
    assert look_all(tail) == []
    clock.seconds += HALF_LINE_SECONDS + 0.1
    (half,) = look_all(tail)
    append(path, b"accepted\nnext\n")
    rest, following = look_all(tail)
    assert [half.text, rest.text, following.text] == ["Password: ", "accepted", "next"]
    assert [half.number, rest.number, following.number] == [1, 0, 2]
    assert rest.offset == half.offset + half.length


def test_lines_arrive_with_the_time_of_the_look(path: Path) -> None:
    moment = datetime(2026, 11, 20, 13, 0, tzinfo=UTC)
    tail = LogTail(path, now=lambda: moment)
    tail.start()
    append(path, b"no time of its own\n")
    (line,) = look_all(tail)
    tail.close()
    assert (line.time, line.is_arrival) == (moment, True)


def test_hostile_bytes_are_shown_harmlessly_and_none_is_lost(tail: LogTail, path: Path) -> None:
    data = (
        b"<script>alert(1)</script>\n"
        b"\x1b[31mred\x1b[0m\n"
        b"a\0\0\0b\n" + b"\0" * 100_000 + b"after the hole\n"
        b"broken \xff\xfe utf-8 \xe2\x82\n"
        b"lone\rreturn\r\n" + b"x" * 1_000_000 + b"\n"
        b"\n"
        b"last\n"
    )
    append(path, data)
    lines = look_all(tail)
    assert [line.text for line in lines] == [
        "<script>alert(1)</script>",
        "\x1b[31mred\x1b[0m",
        "a[3 NUL bytes]b",
        "[100,000 NUL bytes]after the hole",
        "broken \ufffd\ufffd utf-8 \ufffd",
        "lone\rreturn",
        "x" * 4096,
        "",
        "last",
    ]
    assert [line.is_cut for line in lines] == [False] * 6 + [True, False, False]
    assert sum(line.length for line in lines) == len(data)
    assert [line.number for line in lines] == list(range(1, 10))


def test_a_line_of_many_megabytes_is_read_in_bounded_steps(tail: LogTail, path: Path) -> None:
    append(path, b"x" * 3_000_000)
    steps = 0
    while (batch := tail.look()) is not None:
        assert batch.lines == ()
        steps += 1
    assert steps >= 2
    append(path, b"\nnext\n")
    long, following = look_all(tail)
    assert (long.length, long.is_cut) == (3_000_001, True)
    assert following.text == "next"


def test_a_flood_of_short_lines_comes_in_batches(tail: LogTail, path: Path) -> None:
    append(path, b"\n" * 20_000 + b"end\n")
    sizes = []
    while (batch := tail.look()) is not None:
        sizes.append(len(batch.lines))
        last = batch.lines[-1]
    assert max(sizes) == LOOK_LINES
    assert sum(sizes) == 20_001
    assert (last.text, last.number) == ("end", 20_001)


def test_a_truncated_log_without_a_copy_goes_on_from_its_beginning(
    tail: LogTail, path: Path
) -> None:
    append(path, b"one\ntwo\nhalf")
    assert [line.text for line in look_all(tail)] == ["one", "two"]
    path.write_bytes(b"new\n")
    assert [line.text for line in look_all(tail)] == ["half", "new"]


def test_a_log_rewritten_to_more_than_it_was_is_noticed(tail: LogTail, path: Path) -> None:
    append(path, b"first version\n")
    look_all(tail)
    path.write_bytes(b"second version, and longer than the first\n")
    assert [line.text for line in look_all(tail)] == ["second version, and longer than the first"]


def test_two_rotations_between_two_looks_lose_nothing(tail: LogTail, path: Path) -> None:
    append(path, b"one\n")
    look_all(tail)
    append(path, b"two\n")
    path.rename(path.with_name("log.2"))
    append(path, b"three\n")
    path.rename(path.with_name("log.1"))
    append(path, b"four\n")
    assert [line.text for line in look_all(tail)] == ["two", "three", "four"]


def test_lines_that_come_late_to_the_renamed_file_are_read(tail: LogTail, path: Path) -> None:
    with path.open("ab") as old:
        old.write(b"one\n")
        old.flush()
        path.rename(path.with_name("log.1"))
        path.touch()
        assert [line.text for line in look_all(tail)] == ["one"]
        old.write(b"late\n")
    append(path, b"new\n")
    assert [line.text for line in look_all(tail)] == ["late", "new"]
