"""A log file as it is at this moment, in pieces: a file that grows meanwhile is cut at its size."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

from anyio import to_thread

from app.errors import NotFound

CHUNK_BYTES = 256 * 1024


class Download:
    """Opens the file at `path`; `size` is in bytes. Raises NotFound if there is none."""

    def __init__(self, path: Path) -> None:
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            raise NotFound("This log file does not exist yet.") from None
        self.size = os.fstat(self._descriptor).st_size

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes; closes the file at the end. A truncation meanwhile ends them early."""
        try:
            offset = 0
            while offset < self.size:
                wanted = min(CHUNK_BYTES, self.size - offset)
                chunk = await to_thread.run_sync(os.pread, self._descriptor, wanted, offset)
                if not chunk:
                    return
                offset += len(chunk)
                yield chunk
        finally:
            os.close(self._descriptor)
