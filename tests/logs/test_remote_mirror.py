"""The local copy of a remote log: its size, and what it knows after a restart."""

from pathlib import Path

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
