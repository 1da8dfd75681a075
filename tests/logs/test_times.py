"""The arrival index answers what arrived when, and knows nothing where it is broken."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.logs.times import ArrivalIndex

START = datetime(2026, 11, 20, 13, 0, tzinfo=UTC)


def write_index(path: Path, entries: list[tuple[int, float]]) -> Path:
    lines = [f"{offset} {START.timestamp() + seconds:.3f}\n" for offset, seconds in entries]
    path.write_text("".join(lines))
    return path


def test_every_byte_has_the_time_of_the_entry_before_it(tmp_path: Path) -> None:
    path = write_index(tmp_path / "times", [(0, 0), (100, 5), (250, 60)])
    with ArrivalIndex(path) as index:
        found = {offset: index.time_at(offset) for offset in (0, 99, 100, 249, 250, 10_000)}
    seconds = {0: 0, 99: 0, 100: 5, 249: 5, 250: 60, 10_000: 60}
    assert found == {offset: START + timedelta(seconds=late) for offset, late in seconds.items()}


def test_the_first_offset_after_a_time_is_found_among_many_entries(tmp_path: Path) -> None:
    entries = [(number * 1000, number * 2.0) for number in range(50_000)]
    with ArrivalIndex(write_index(tmp_path / "times", entries)) as index:
        assert index.offset_at(START - timedelta(days=1)) == 0
        assert index.offset_at(START + timedelta(seconds=40_001)) == 20_001_000
        assert index.offset_at(START + timedelta(days=30)) == 49_999_000
        assert index.time_at(30_000_500) == START + timedelta(seconds=60_000)


def test_an_entry_written_later_is_seen(tmp_path: Path) -> None:
    path = write_index(tmp_path / "times", [(0, 0)])
    with ArrivalIndex(path) as index:
        assert index.time_at(500) == START
        write_index(path, [(0, 0), (400, 9)])
        assert index.time_at(500) == START + timedelta(seconds=9)


def test_without_an_index_no_time_is_known(tmp_path: Path) -> None:
    with ArrivalIndex(tmp_path / "missing") as index:
        assert index.time_at(0) is None
        assert index.offset_at(START) == 0
    with ArrivalIndex(None) as index:
        assert index.time_at(7) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"garbage\n", b"\0" * 5000, b"5" * 5000, b"0 ", b"12 34 56\n" * 40, b"-1 nan\n"],
)
def test_a_broken_index_is_as_good_as_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "times"
    path.write_bytes(content)
    with ArrivalIndex(path) as index:
        assert index.time_at(3) is None
        assert index.offset_at(START) == 0
