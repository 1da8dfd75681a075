"""The local copy of a remote log: its size, and what it knows after a restart."""

import os
from itertools import count
from pathlib import Path

import pytest

from app.logs.remote.mirror import MirroredLog


def test_a_copy_turns_over_at_a_line_end_and_stays_bounded(tmp_path: Path) -> None:
    path, times = tmp_path / "x.error.log", tmp_path / "x.times"
    mirror = MirroredLog(path, times, max_bytes=1000)
    mirror.begin_anew()
    written = b""
    for number in range(100):
        written += (line := b"line %03d of this log\n" % number)
        mirror.append(line)
        assert path.stat().st_size <= 1000
    assert mirror.position == len(written)
    rotated = path.with_name("x.error.log.1").read_bytes()
    assert rotated.endswith(b"\n")
    assert written.endswith(rotated + path.read_bytes())
    assert mirror.continues(written[-mirror.overlap :], mirror.position - mirror.overlap)
    reopened = MirroredLog(path, times, max_bytes=1000)
    assert reopened.position == mirror.position
    assert reopened.continues(written + b"more", 0)
    assert not reopened.continues(b"X" + written[1:], 0)
    assert not reopened.continues(b"X" * 64, reopened.position - 64)


def test_a_broken_state_makes_the_copy_begin_anew(tmp_path: Path) -> None:
    path, times = tmp_path / "x.error.log", tmp_path / "x.times"
    mirror = MirroredLog(path, times)
    mirror.begin_anew()
    mirror.append(b"one\n")
    for broken in ("", "[]", '{"base": 1, "head": "no hex", "tail": ""}'):
        (tmp_path / "x.times.json").write_text(broken)
        assert MirroredLog(path, times).position == 0


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", range(1, 5))
def test_a_turn_over_that_was_killed_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """It takes four renames, and may be killed before each of them."""
    path, times = tmp_path / "x.error.log", tmp_path / "x.times"
    mirror = MirroredLog(path, times, max_bytes=1000)
    mirror.begin_anew()
    for written in (b"old\n" * 250, b"one\n" * 250):
        mirror.append(written)
    renames = count(1)

    def rename(old: Path, new: Path) -> None:
        if next(renames) == step:
            raise Killed
        old.rename(new)

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(os, "replace", rename)
        mirror.append(b"two\n")
    again = MirroredLog(path, times, max_bytes=1000)
    assert again.position == 2000
    again.append(b"two\n")
    assert path.read_bytes() == b"two\n"
    assert path.with_name("x.error.log.1").read_bytes() == b"one\n" * 250
    assert times.read_text().startswith("0 ")
    assert times.with_name("x.times.1").read_text().startswith("0 ")
    assert MirroredLog(path, times).position == 2004


GAP = "8 bytes of this log are missing here."
TOLD = b"one\n[Sitedeck: 8 bytes of this log are missing here.]\n"


@pytest.mark.parametrize("step", range(1, 9))
def test_a_gap_whose_telling_was_killed_is_told_wholly_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Four files are opened and four are renamed; it may be killed before each of these."""
    path, times = tmp_path / "x.error.log", tmp_path / "x.times"
    mirror = MirroredLog(path, times)
    mirror.begin_anew()
    mirror.append(b"one\n")
    steps = count(1)
    open_file = os.open

    def end_at_step() -> None:
        if next(steps) == step:
            raise Killed

    def rename(old: Path, new: Path) -> None:
        end_at_step()
        old.rename(new)

    def open_one(path: Path, flags: int, mode: int) -> int:
        end_at_step()
        return open_file(path, flags, mode)

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(os, "replace", rename)
        patched.setattr(os, "open", open_one)
        mirror.begin_anew(12, b"one\n", GAP)
    again = MirroredLog(path, times)
    if again.position != 12:
        assert (again.position, path.read_bytes()) == (4, b"one\n")
        assert again.continues(b"one\ntwo\n", 0)
        again.begin_anew(12, b"one\n", GAP)
    assert path.with_name("x.error.log.1").read_bytes() == TOLD
    index = times.with_name("x.times.1").read_text().splitlines()
    assert [line.split()[0] for line in (index[0], index[-1])] == ["0", "4"]
    assert not path.exists() and not times.exists()


def test_half_a_line_about_a_gap_is_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, times = tmp_path / "x.error.log", tmp_path / "x.times"
    mirror = MirroredLog(path, times)
    mirror.begin_anew()
    mirror.append(b"one\n")
    renames = count(1)

    def rename(old: Path, new: Path) -> None:
        if next(renames) == 2:
            raise Killed
        old.rename(new)

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(os, "replace", rename)
        mirror.begin_anew(12, b"one\n", GAP)
    os.truncate(path, 9)
    assert MirroredLog(path, times).position == 12
    assert path.with_name("x.error.log.1").read_bytes() == TOLD
