"""What one look at a remote log leads to: grown, rotated, truncated, gone, or too far ahead."""

import math
import time
from collections.abc import Awaitable, Callable

from app.errors import AnswerTooLarge, HostRefused, HostThrottled, HostUnavailable, TokenRefused
from app.hosting.slices import MAX_SLICE_BYTES, FileSlice
from app.logs.remote.mirror import MAX_LIVE_BYTES, MirroredLog
from app.logs.remote.threads import in_thread

# A host that always sends the whole file is asked less often the larger the file is.
WHOLE_BYTES_PER_SECOND = 512 * 1024
# Of a log that is further ahead, only the end is fetched.
MAX_GAP_PIECES = 4
MAX_GAP_BYTES = MAX_GAP_PIECES * MAX_SLICE_BYTES
# A new file that is taken for the old one must have outgrown it since the last look. None does at
# more than this pace, and up to this size it is soon fetched whole to be compared.
FASTEST_BYTES_PER_SECOND = 64 * 1024
SOON_FETCHED_BYTES = 256 * 1024
# So often an old file is asked for that gets no answer, while the new one waits.
OLD_FILE_TRIES = 3

Fetch = Callable[[str, int], Awaitable[FileSlice | None]]


class LogCopy:
    """Keeps `mirror` in step with the file at `remote_path`.

    `fetch` reads a file's bytes from an offset on, None if there is no such file; its errors pass
    through, and what was not copied then is copied by the next look.
    """

    def __init__(
        self,
        remote_path: str,
        mirror: MirroredLog,
        fetch: Fetch,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.mirror = mirror
        self._remote_path = remote_path
        self._fetch = fetch
        self._clock = clock
        self._looked_at = -math.inf
        self._failures = 0

    async def advance(self) -> float:
        """Looks once and copies what is new. Returns the seconds the next look should wait for.

        Raises what `fetch` raises, and OSError for the local files.
        """
        now = self._clock()
        wait = await self._look()
        self._looked_at = now
        return wait

    async def _look(self) -> float:
        piece = await self._fetch_live()
        if not self.mirror.is_begun:
            return await self._begin(piece)
        if piece is None:
            await self._leave_old_file()
            return 0.0
        if await self._continues(piece):
            return await self._append(piece)
        await self._leave_old_file()
        return await self._append(piece) if piece.is_whole else 0.0

    async def _fetch_live(self) -> FileSlice | None:
        """From a little before the place where the copy ends.

        First from the start, where another file may hold the same bytes at that place: that is one
        call as well, unless the file is large.
        """
        if await self._may_be_another():
            piece = await self._fetch(self._remote_path, 0)
            if piece is None or not await in_thread(self.mirror.agrees, piece.data, 0):
                return piece
            size = math.inf if piece.total is None else piece.total
            if len(piece.data) >= min(self.mirror.position, size):
                return piece
        return await self._fetch_on(self._remote_path)

    async def _may_be_another(self) -> bool:
        """Whether a new file can have outgrown the copied one since the last look, unseen."""
        seconds = self._clock() - self._looked_at
        if self.mirror.position > max(SOON_FETCHED_BYTES, seconds * FASTEST_BYTES_PER_SECOND):
            return False
        return not await in_thread(lambda: self.mirror.tells_its_place)

    async def _continues(self, piece: FileSlice) -> bool:
        if piece.total is not None and piece.total < self.mirror.position:
            return False
        return await in_thread(self.mirror.continues, piece.data, piece.start)

    async def _begin(self, piece: FileSlice | None) -> float:
        """The first look of all: of a large log only the end is of interest."""
        if piece is None:
            await in_thread(self.mirror.begin_anew)
            return 0.0
        return await (self._jump(piece) if _missing(piece) else self._take_end(piece, piece.data))

    async def _jump(self, piece: FileSlice) -> float:
        """Leaves out all but the last slice of the file."""
        start = max(0, (piece.total or 0) - MAX_SLICE_BYTES)
        end = await self._fetch(self._remote_path, start)
        return 0.0 if end is None else await self._take_end(end, self._head_of(piece))

    def _head_of(self, piece: FileSlice) -> bytes:
        """The first bytes of its file, which is the one that is copied."""
        return self.mirror.head if piece.start else piece.data

    async def _take_end(self, piece: FileSlice, head: bytes) -> float:
        """Begins anew with the whole lines at the end of the piece, of unknown age."""
        cut = max(0, len(piece.data) - MAX_LIVE_BYTES)
        if piece.start or cut:
            cut = piece.data.find(b"\n", cut) + 1 or len(piece.data)
        base = piece.start + cut
        gap = _left_out(base - self.mirror.position if self.mirror.is_begun else 0)
        await in_thread(self.mirror.begin_anew, base, head, gap)
        await in_thread(self.mirror.append, piece.data[cut:], False)
        return _wait_after(piece)

    async def _append(self, piece: FileSlice) -> float:
        if _missing(piece) > MAX_GAP_BYTES:
            return await self._jump(piece)
        return await self._append_or_take_end(piece)

    async def _append_or_take_end(self, piece: FileSlice) -> float:
        new = piece.data[self.mirror.position - piece.start :]
        if len(new) > MAX_LIVE_BYTES:
            return await self._take_end(piece, self._head_of(piece))
        await in_thread(self.mirror.append, new)
        return _wait_after(piece)

    async def _leave_old_file(self) -> None:
        """Adds what the old file got after the last look, or says that it is missing."""
        if self.mirror.position:
            gap = await self._finish_old_file()
            await in_thread(self.mirror.begin_anew, 0, b"", gap)
        self._failures = 0

    async def _finish_old_file(self) -> str:
        """Returns what is missing all the same, in words.

        An old file that cannot be read must not keep the new one from being read. Whoever was
        refused as a caller is told so by the new one too.
        """
        try:
            return await self._copy_old_file()
        except (TokenRefused, HostThrottled):
            raise
        except HostRefused as error:
            reason = f"The host refuses it with {error.status}."
        except AnswerTooLarge as error:
            reason = str(error)
        except HostUnavailable:
            self._failures += 1
            if self._failures < OLD_FILE_TRIES:
                raise
            reason = "The host gives no usable answer."
        return f"the rest of this file could not be read. {reason}"

    async def _copy_old_file(self) -> str:
        """Adds the rest of `.1`, if that is the old file; in words, how much of it is left out."""
        left_out = 0
        for _ in range(MAX_GAP_PIECES):
            piece = await self._fetch_on(f"{self._remote_path}.1")
            if piece is None or not await self._continues(piece):
                break
            before = self.mirror.position
            await self._append_or_take_end(piece)
            left_out = _missing(piece)
            # A host may send less than was asked for, and nothing new at all.
            if not left_out or self.mirror.position == before:
                break
        return _left_out(left_out)

    async def _fetch_on(self, path: str) -> FileSlice | None:
        """From a little before the place where the copy ends, to compare."""
        return await self._fetch(path, self.mirror.position - self.mirror.overlap)


def _wait_after(piece: FileSlice) -> float:
    return len(piece.data) / WHOLE_BYTES_PER_SECOND if piece.is_whole else 0.0


def _missing(piece: FileSlice) -> int:
    """How many bytes of the file stand behind the piece, as far as is known."""
    return max(0, (piece.total or 0) - piece.start - len(piece.data)) if piece.data else 0


def _left_out(count: int) -> str:
    """In words; empty for no byte."""
    return f"{count:,} bytes of this log are missing here." if count > 0 else ""
