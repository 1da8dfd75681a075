"""One look after the other at a remote log that does what logs and hosts may do."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.errors import (
    AnswerTooLarge,
    HostingError,
    HostRefused,
    HostThrottled,
    HostUnavailable,
    TokenRefused,
)
from app.hosting.slices import MAX_SLICE_BYTES, FileSlice
from app.logs.remote.copying import MAX_GAP_PIECES, OLD_FILE_TRIES, LogCopy
from app.logs.remote.mirror import MAX_LIVE_BYTES, TAIL_BYTES, MirroredLog

pytestmark = pytest.mark.anyio
LIVE, OLD = "/var/log/x.error.log", "/var/log/x.error.log.1"


@dataclass
class Remote:
    """Files of a host: their bytes, or what it answers instead."""

    files: dict[str, bytes | HostingError] = field(default_factory=dict)
    knows_ranges: bool = False
    slice_bytes: int = MAX_SLICE_BYTES
    calls: list[str] = field(default_factory=list)

    async def fetch(self, path: str, start: int) -> FileSlice | None:
        self.calls.append(path)
        data = self.files.get(path)
        if isinstance(data, HostingError):
            raise data
        if data is None:
            return None
        if not self.knows_ranges:
            return FileSlice(data, 0, len(data), is_whole=True)
        return FileSlice(data[start : start + self.slice_bytes], start, len(data))


class Copied:
    """The copy of one remote log in a folder."""

    def __init__(
        self, remote: Remote, folder: Path, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.path = folder / "x.error.log"
        self.remote = remote
        mirror = MirroredLog(self.path, folder / "x.times")
        self._copy = LogCopy(LIVE, mirror, remote.fetch, clock)

    async def look(self) -> None:
        await self._copy.advance()

    @property
    def live(self) -> bytes:
        return self.path.read_bytes() if self.path.exists() else b""

    @property
    def old(self) -> bytes:
        return self.path.with_name("x.error.log.1").read_bytes()


@pytest.fixture(params=[False, True], ids=["whole files", "ranges"])
def copied(request: pytest.FixtureRequest, tmp_path: Path) -> Copied:
    return Copied(Remote(knows_ranges=request.param), tmp_path)


async def rotated(copied: Copied, old: bytes | HostingError) -> None:
    """A log of one line was copied and then rotated; what its `.1` now is."""
    copied.remote.files[LIVE] = b"one\n"
    await copied.look()
    copied.remote.files[OLD] = old
    copied.remote.files[LIVE] = b"new\n"


@pytest.mark.parametrize(
    "answer",
    [AnswerTooLarge("It is larger than 32 MiB."), HostRefused("forbidden", 403)],
    ids=["too large", "forbidden"],
)
async def test_an_old_file_that_cannot_be_read_keeps_nobody_from_the_new_one(
    copied: Copied, answer: HostingError
) -> None:
    await rotated(copied, answer)
    await copied.look()
    await copied.look()
    assert copied.live == b"new\n"
    assert copied.old.startswith(b"one\n[Sitedeck: the rest of this file could not be read. ")
    assert copied.remote.calls.count(OLD) == 1


async def test_an_old_file_without_an_answer_is_asked_for_a_few_times(copied: Copied) -> None:
    await rotated(copied, HostUnavailable("The host did not answer in time."))
    for _ in range(OLD_FILE_TRIES - 1):
        with pytest.raises(HostUnavailable):
            await copied.look()
    assert copied.live == b"one\n"
    copied.remote.files[OLD] = b"one\ntwo\n"
    await copied.look()
    await copied.look()
    assert (copied.old, copied.live) == (b"one\ntwo\n", b"new\n")


async def test_after_these_tries_the_gap_is_said(copied: Copied) -> None:
    await rotated(copied, HostUnavailable("The host did not answer in time."))
    for _ in range(OLD_FILE_TRIES - 1):
        with pytest.raises(HostUnavailable):
            await copied.look()
    await copied.look()
    await copied.look()
    assert copied.live == b"new\n"
    assert copied.old.endswith(b"could not be read. The host gives no usable answer.]\n")


@pytest.mark.parametrize("answer", [TokenRefused("no"), HostThrottled("wait", 5.0)], ids=repr)
async def test_who_may_not_call_at_all_asks_for_the_old_file_later(
    copied: Copied, answer: HostingError
) -> None:
    await rotated(copied, answer)
    for _ in range(OLD_FILE_TRIES + 1):
        with pytest.raises(type(answer)):
            await copied.look()
    copied.remote.files[OLD] = b"one\ntwo\n"
    await copied.look()
    await copied.look()
    assert (copied.old, copied.live) == (b"one\ntwo\n", b"new\n")


async def test_of_a_line_that_was_cut_off_the_gap_is_told_on_a_line_of_its_own(
    copied: Copied,
) -> None:
    copied.remote.files[LIVE] = b"half a li"
    await copied.look()
    copied.remote.files |= {LIVE: b"new\n", OLD: HostRefused("forbidden", 403)}
    await copied.look()
    assert copied.old.startswith(b"half a li\n[Sitedeck: ")


async def test_an_old_file_sent_in_pieces_without_news_ends_the_look(tmp_path: Path) -> None:
    copied = Copied(Remote(knows_ranges=True), tmp_path)
    lines = b"".join(b"line %06d\n" % number for number in range(1000))
    copied.remote.files[LIVE] = lines
    await copied.look()
    copied.remote.files |= {LIVE: b"new\n", OLD: lines + b"the end\n"}
    copied.remote.slice_bytes = TAIL_BYTES
    await copied.look()
    await copied.look()
    assert copied.live == b"new\n"
    assert copied.old == lines + b"[Sitedeck: 8 bytes of this log are missing here.]\n"


async def test_of_an_old_file_sent_in_small_pieces_some_are_fetched(tmp_path: Path) -> None:
    copied = Copied(Remote(knows_ranges=True), tmp_path)
    await rotated(copied, b"one\n" + b"two\n" * 1000)
    copied.remote.slice_bytes = 2 * TAIL_BYTES
    await copied.look()
    assert copied.remote.calls.count(OLD) == MAX_GAP_PIECES
    assert b"bytes of this log are missing here" in copied.old


async def test_what_is_too_much_to_be_copied_is_said_to_be_missing(copied: Copied) -> None:
    copied.remote.files[LIVE] = b"one\n"
    await copied.look()
    grown = b"one\n" + b"x" * (2 * MAX_LIVE_BYTES) + b"\nthe end\n"
    copied.remote.files[LIVE] = grown
    await copied.look()
    left_out = len(grown) - len(b"one\n") - len(copied.live)
    assert copied.live == b"the end\n"
    assert copied.old == b"one\n[Sitedeck: %s bytes of this log are missing here.]\n" % (
        f"{left_out:,}".encode()
    )


SAME = b'INFO:      - "GET /health HTTP/1.1" 200 OK\n'
NEW = b"a new process".ljust(len(SAME) - 1) + b"\n"


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ranged(tmp_path: Path, clock: Clock) -> Copied:
    """A copy from a host that knows ranges, at the times of `clock`."""
    return Copied(Remote(knows_ranges=True), tmp_path, clock)


@pytest.mark.parametrize("lines", [3, 3000, 60_000], ids=["tiny", "small", "large"])
async def test_a_rotation_is_seen_though_the_new_file_is_larger_and_has_the_same_lines(
    ranged: Copied, clock: Clock, lines: int
) -> None:
    ranged.remote.files[LIVE] = SAME * lines
    await ranged.look()
    await ranged.look()
    ranged.remote.files |= {
        LIVE: SAME + NEW + SAME * (lines + 1000),
        OLD: SAME * lines + b"the end of the old one\n",
    }
    clock.now += 3600
    await ranged.look()
    assert ranged.old.endswith(b"the end of the old one\n")
    for _ in range(5):
        await ranged.look()
    assert ranged.live.endswith(SAME)
    assert ranged.live.startswith(SAME + NEW)


async def test_lines_that_are_all_the_same_cost_no_call_more_while_they_are_watched(
    ranged: Copied, clock: Clock
) -> None:
    content = SAME
    for _ in range(20):
        content += SAME * 1500
        ranged.remote.files[LIVE] = content
        clock.now += 2.2
        await ranged.look()
    assert ranged.live == content
    assert len(ranged.remote.calls) == 20


async def test_after_a_pause_a_log_whose_last_bytes_tell_their_place_costs_one_call(
    ranged: Copied, clock: Clock
) -> None:
    content = b"".join(b"line %09d of this log\n" % number for number in range(30_000))
    ranged.remote.files[LIVE] = content
    await ranged.look()
    clock.now += 3600
    ranged.remote.files[LIVE] = content + b"more\n"
    await ranged.look()
    assert ranged.live == content + b"more\n"
    assert len(ranged.remote.calls) == 2
