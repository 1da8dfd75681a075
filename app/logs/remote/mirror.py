"""A local copy of the end of a remote log, kept so that it can be read like any local log.

What the live copy holds is byte for byte what stands in the remote file from some offset on. So the
copy itself proves whether that file is still the one it came from. Only of two files that are equal
as far as they were copied nobody can tell: a log that has said the same line from its first byte on
is taken to go on.
"""

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.logs.files import previous

HEAD_BYTES = 256
TAIL_BYTES = 512
# The last bytes of a copy tell their place in it, unless so many of them stand elsewhere too.
TELLING_BYTES = 64
# The live copy and the one before it: 20 MiB with the slack.
MAX_LIVE_BYTES = 9 * 1024 * 1024
LINE_SLACK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where the copy's first byte stands in the remote file, and that file's bytes around it.

    `head` holds its first bytes (of a copy from offset 0: nothing, the copy has them), `tail` the
    last ones before `base`. Both are hexadecimal.
    """

    base: int = 0
    head: str = ""
    tail: str = ""

    @classmethod
    def parse(cls, fields: dict[str, Any]) -> "_Origin":
        """Raises ValueError, KeyError or TypeError for what `asdict` would not give."""
        origin = cls(int(fields["base"]), str(fields["head"]), str(fields["tail"]))
        bytes.fromhex(origin.head + origin.tail)
        return origin


class MirroredLog:
    """The copy at `path` with its arrival index at `times`. All methods may raise OSError."""

    def __init__(self, path: Path, times: Path, max_bytes: int = MAX_LIVE_BYTES) -> None:
        self.path = path
        self.times = times
        self._state = times.with_name(f"{times.name}.json")
        self._max_bytes = max_bytes
        self._origin = _Origin()
        self.is_begun = False
        self._load()

    @property
    def position(self) -> int:
        """The offset in the remote file of the first byte that is still to be fetched."""
        return self._origin.base + self._size() if self.is_begun else 0

    @property
    def overlap(self) -> int:
        """How many bytes before `position` are known, to be compared with what is fetched."""
        return len(self._tail()) if self.is_begun else 0

    @property
    def head(self) -> bytes:
        """The first bytes of the remote file, as far as they are known."""
        return bytes.fromhex(self._origin.head) if self._origin.base else self._read(HEAD_BYTES, 0)

    @property
    def tells_its_place(self) -> bool:
        """Whether the last bytes stand nowhere else, so that they prove what is before them."""
        known = bytes.fromhex(self._origin.tail) + self._read(self._size(), 0)
        end = known[-TELLING_BYTES:]
        return len(known) >= TAIL_BYTES and known.find(end) == len(known) - len(end)

    def continues(self, data: bytes, start: int) -> bool:
        """Whether `data`, read at offset `start`, is from the file that has been copied so far, and
        reaches to the end of the copy.
        """
        is_reaching = start <= self.position - self.overlap and self.position <= start + len(data)
        return is_reaching and self.agrees(data, start)

    def agrees(self, data: bytes, start: int) -> bool:
        """Whether `data`, read at offset `start`, holds nothing else than what was copied there."""
        origin = self._origin
        head, tail = bytes.fromhex(origin.head), bytes.fromhex(origin.tail)
        first = max(0, start - origin.base)
        copied = self._read(max(0, start + len(data) - origin.base - first), first)
        known = ((0, head), (origin.base - len(tail), tail), (origin.base + first, copied))
        return all(_are_same(data, start, other, at) for at, other in known)

    def append(self, data: bytes, arrived: bool = True) -> None:
        """Adds the bytes at `position`; they have just arrived, or had been there before."""
        size = self._size()
        while data:
            cut = self._room(data, size)
            self._write(data[:cut], size, arrived)
            data = data[cut:]
            size = 0
            if data:
                tail = self._tail()
                self._turn_over(_Origin(self.position, self.head.hex(), tail.hex()))

    def begin_anew(self, base: int = 0, head: bytes = b"", gap: str = "") -> None:
        """Goes on with another remote file, or behind a gap, at offset `base`.

        What is missing of the old file is told by a line of its own at the end of its copy, which
        nothing is compared with any more.
        """
        self._turn_over(_Origin(base, head[:HEAD_BYTES].hex() if base else ""), gap)

    def remove(self) -> None:
        """Deletes the copy and the one before it."""
        self.is_begun, self._origin = False, _Origin()
        for path in (self.path, self.times):
            path.unlink(missing_ok=True)
            previous(path).unlink(missing_ok=True)
        self._state.unlink(missing_ok=True)

    def _turn_over(self, origin: _Origin, gap: str = "") -> None:
        """The intention is written first, so that a turn-over which was killed can be finished."""
        end = self._size()
        self._save({**asdict(self._origin), "next": asdict(origin), "gap": gap, "end": end})
        self._finish_turn_over(origin, gap, end)

    def _finish_turn_over(self, origin: _Origin, gap: str, end: int) -> None:
        """May be begun again after each step: as long as there is a live copy, it is the old one,
        which holds `end` bytes of its file.

        Its index goes first, because one without a copy would be taken for a remnant.
        """
        if self._size():
            if gap:
                self._tell(gap, end)
            if self.times.exists():
                os.replace(self.times, previous(self.times))
            os.replace(self.path, previous(self.path))
        self._save(asdict(origin))
        self._origin, self.is_begun = origin, True

    def _tell(self, gap: str, end: int) -> None:
        """Adds the line about the gap at `end`, unless it stands there; half of it does not count.

        Once it stands there, the index may be gone already and must not begin anew.
        """
        line_end = b"" if self._read(1, end - 1) == b"\n" else b"\n"
        line = b"%s[Sitedeck: %s]\n" % (line_end, gap.encode())
        if self._read(len(line), end) != line:
            os.truncate(self.path, end)
            self._write(line, end, True)

    def _save(self, state: dict[str, Any]) -> None:
        unfinished = self._state.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        with open(_create(unfinished), "w") as file:
            json.dump(state, file)
        os.replace(unfinished, self._state)

    def _load(self) -> None:
        """A state that cannot be read is none: the copy then begins anew."""
        try:
            fields = json.loads(self._state.read_text())
            self._origin, self.is_begun = _Origin.parse(fields), True
            if "next" in fields:
                origin = _Origin.parse(fields["next"])
                self._finish_turn_over(origin, str(fields["gap"]), int(fields["end"]))
        except (OSError, ValueError, KeyError, TypeError):
            self._origin, self.is_begun = _Origin(), False

    def _room(self, data: bytes, size: int) -> int:
        """How many bytes of `data` still belong to the live copy of `size` bytes."""
        room = self._max_bytes - size
        if len(data) <= room:
            return len(data)
        whole_lines = data.rfind(b"\n", 0, max(room, 0)) + 1
        if whole_lines or (size and self._read(1, size - 1) == b"\n"):
            return whole_lines
        return data.find(b"\n") + 1 or max(0, min(len(data), room + LINE_SLACK))

    def _write(self, data: bytes, offset: int, arrived: bool) -> None:
        if not data:
            return
        fresh = 0 if offset else os.O_TRUNC
        with open(_create(self.times, os.O_APPEND | fresh), "ab") as index:
            if arrived:
                index.write(b"%d %.3f\n" % (offset, time.time()))
        with open(_create(self.path, os.O_APPEND), "ab") as copy:
            copy.write(data)

    def _tail(self) -> bytes:
        size = self._size()
        end = self._read(TAIL_BYTES, max(0, size - TAIL_BYTES))
        return (bytes.fromhex(self._origin.tail) + end)[-TAIL_BYTES:]

    def _size(self) -> int:
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def _read(self, count: int, offset: int) -> bytes:
        try:
            with open(self.path, "rb") as copy:
                return os.pread(copy.fileno(), count, offset)
        except FileNotFoundError:
            return b""


def _create(path: Path, flags: int = 0) -> int:
    """A descriptor of a file that nobody else may read."""
    wanted = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | flags
    return os.open(path, wanted, 0o600)


def _are_same(data: bytes, start: int, other: bytes, other_start: int) -> bool:
    """Whether two stretches of a file are equal where both have bytes."""
    begin = max(start, other_start)
    end = min(start + len(data), other_start + len(other))
    return (
        end <= begin
        or data[begin - start : end - start] == (other[begin - other_start : end - other_start])
    )
