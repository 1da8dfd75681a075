"""Pages of a log: the end, further back, further on, one line whole."""

import os
import time
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.errors import NotFound
from app.logs.files import read_after, read_before, read_line, read_tail
from app.logs.identity import Cursor


def texts(page_lines: tuple) -> list[str]:
    return [line.text for line in page_lines]


def write_numbered(path: Path, count: int) -> Path:
    path.write_text("".join(f"line {number}\n" for number in range(1, count + 1)))
    return path


def test_the_tail_holds_the_last_lines_with_their_numbers(tmp_path: Path) -> None:
    page = read_tail(write_numbered(tmp_path / "log", 2000), 3)
    assert texts(page.lines) == ["line 1998", "line 1999", "line 2000"]
    assert [line.number for line in page.lines] == [1998, 1999, 2000]
    assert page.before.offset == page.lines[0].offset
    assert page.after.offset == (tmp_path / "log").stat().st_size


def test_a_missing_log_is_an_empty_page(tmp_path: Path) -> None:
    page = read_tail(tmp_path / "missing")
    assert page.lines == ()
    assert page.after.offset == 0
    assert Cursor.parse(str(page.after)) == page.after


def test_an_empty_log_is_an_empty_page(tmp_path: Path) -> None:
    (tmp_path / "log").touch()
    assert read_tail(tmp_path / "log").lines == ()


def test_an_unfinished_last_line_waits_for_its_end(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"whole\nhalf a li")
    page = read_tail(path)
    assert texts(page.lines) == ["whole"]
    assert page.after.offset == 6


def test_a_rotated_file_shows_its_unfinished_last_line_too(tmp_path: Path) -> None:
    path = tmp_path / "log.1"
    path.write_bytes(b"one\ntwo\nnever finish")
    assert texts(read_tail(path, is_final=True).lines) == ["one", "two", "never finish"]
    assert texts(read_tail(path, 2, is_final=True).lines) == ["two", "never finish"]


def test_pages_back_to_the_beginning_meet_without_gap_or_overlap(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "log", 1234)
    page = read_tail(path, 100)
    collected = list(page.lines)
    while page.before.offset > 0:
        page = read_before(path, page.before, 100)
        collected[:0] = page.lines
    assert texts(tuple(collected)) == [f"line {number}" for number in range(1, 1235)]
    assert [line.number for line in collected] == list(range(1, 1235))
    assert read_before(path, page.before).lines == ()


def test_pages_forward_meet_the_end(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "log", 10)
    start = Cursor(read_tail(path).after.identity, 0)
    first = read_after(path, start, 7)
    second = read_after(path, first.after, 7)
    assert texts(first.lines + second.lines) == [f"line {number}" for number in range(1, 11)]
    assert read_after(path, second.after).lines == ()


def test_a_cursor_follows_its_file_into_rotation(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "log", 10)
    cursor = read_tail(path, 4).before
    path.rename(tmp_path / "log.1")
    path.write_bytes(b"new file\n")
    assert texts(read_before(path, cursor, 2).lines) == ["line 5", "line 6"]
    assert read_line(path, cursor) == ("line 7", False)


def test_a_cursor_whose_file_is_gone_is_not_found(tmp_path: Path) -> None:
    path = write_numbered(tmp_path / "log", 10)
    cursor = read_tail(path).after
    path.write_bytes(b"something else\n")
    for read in (read_before, read_after, read_line):
        with pytest.raises(NotFound):
            read(path, cursor)


def test_lines_without_a_time_have_that_of_their_arrival(tmp_path: Path) -> None:
    path, times = tmp_path / "log", tmp_path / "times"
    path.write_bytes(b"first\n2026-11-20 12:00:00 second\nthird\n")
    moment = datetime(2026, 11, 20, 13, 0, tzinfo=UTC)
    times.write_text(f"0 {moment.timestamp():.3f}\n")
    lines = read_tail(path, times=times).lines
    assert [line.is_arrival for line in lines] == [True, False, True]
    assert [line.time for line in lines] == [moment, moment.replace(hour=12), moment]
    assert read_tail(path).lines[0].time is None


def test_a_long_line_is_cut_at_a_character_and_can_be_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("short\n" + "ä" * 500_000 + "\nafter\n")
    lines = read_tail(path).lines
    assert [line.is_cut for line in lines] == [False, True, False]
    assert lines[1].text == "ä" * 2048
    assert lines[1].length == 1_000_001
    cursor = Cursor(read_tail(path).after.identity, lines[1].offset)
    assert read_line(path, cursor) == ("ä" * 500_000, False)
    assert read_line(path, cursor, 1001) == ("ä" * 500, True)


def test_a_line_that_fits_exactly_is_not_cut(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" * 4096 + b"\r\n" + b"y" * 4097 + b"\n")
    lines = read_tail(path).lines
    assert [line.is_cut for line in lines] == [False, True]
    assert [len(line.text) for line in lines] == [4096, 4096]


def test_the_tail_of_many_huge_lines_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("wb") as log:
        for _ in range(40):
            log.write(b"x" * 1_000_000 + b"\n")
    tracemalloc.start()
    page = read_tail(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 1024 * 1024
    assert 16 <= len(page.lines) <= 18
    assert page.before.offset == page.lines[0].offset > 0
    assert page.lines[-1].number == 40


def test_a_tail_of_a_large_log_is_quick_once_its_lines_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(
        b"an ordinary line of some eighty bytes, as they are in logs of sites\n" * 150_000
    )
    read_tail(path)
    started = time.perf_counter()
    page = read_tail(path)
    assert time.perf_counter() - started < 0.1
    assert page.lines[-1].number == 150_000


def test_a_link_that_leads_nowhere_is_a_missing_log(tmp_path: Path) -> None:
    path = tmp_path / "log"
    os.symlink(tmp_path / "nowhere", path)
    assert read_tail(path).lines == ()
