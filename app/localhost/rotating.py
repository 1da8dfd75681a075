"""A log file that only grows: appended byte for byte, turned over by size, stamped by arrival.

Shared by the shim (error and server log) and the daemon (access log). Standard library only,
because the shim lives as long as its site and should stay small.
"""

import os
import threading
import time

MAX_LOG_BYTES = 10 * 1024 * 1024
KEPT_FILES = 5
LINE_SLACK = 1024 * 1024
"""How far a log may pass its size while it waits for the end of a line."""
STAMP_SECONDS = 1.0
COPY_BYTES = 64 * 1024


class RotatingLog:
    """One log file, its arrival index, and their older files.

    Past `max_bytes` the file becomes `.1` at the end of a line, the old `.1` becomes `.2.gz` and
    so on to `.5.gz`. The index at `times_path` has a line `OFFSET UNIX_SECONDS` at most once a
    second, always written before the bytes at that offset, and always one at offset 0.
    """

    def __init__(self, path: str, times_path: str, max_bytes: int = MAX_LOG_BYTES) -> None:
        self.path = path
        self.times_path = times_path
        self.max_bytes = max_bytes
        self.dropped = 0
        """Bytes the disk refused since somebody last set this to 0; `failure` says why."""
        self.failure = ""
        self._file = -1
        self._unwritten = 0
        self._stamped_at = 0.0
        self._compressor: threading.Thread | None = None

    def write(self, data: bytes) -> bool:
        """Append `data`. What the disk refuses is counted in `dropped`; True if all is written."""
        self._unwritten = len(data)
        try:
            self._write(data)
        except OSError as error:
            self.dropped += self._unwritten
            self.failure = str(error)
            return False
        return True

    def close(self) -> None:
        """Release the file; a compression that still runs is finished first."""
        self._release()
        if self._compressor is not None:
            self._compressor.join()

    def position(self) -> tuple[int, int]:
        """Inode and size of the live file, (0, 0) while it cannot be opened."""
        try:
            status = self._status()
        except OSError:
            return 0, 0
        return status.st_ino, status.st_size

    def _write(self, data: bytes) -> None:
        while data:
            size = self._status().st_size
            cut = self._room(data, size)
            self._append(data[:cut], size)
            data = data[cut:]
            if data and not self._rotate():
                self._append(data, size + cut)
                return

    def _room(self, data: bytes, size: int) -> int:
        """How many bytes of `data` still belong to the live file of `size` bytes."""
        room = self.max_bytes - size
        if len(data) <= room:
            return len(data)
        whole_lines = data.rfind(b"\n", 0, max(room, 0)) + 1
        if whole_lines or (size and os.pread(self._file, 1, size - 1) == b"\n"):
            return whole_lines
        line_end = data.find(b"\n") + 1
        return line_end or max(0, min(len(data), room + LINE_SLACK))

    def _append(self, data: bytes, offset: int) -> None:
        if not data:
            return
        self._stamp(offset)
        rest = memoryview(data)
        while rest:
            written = os.write(self._file, rest)
            self._unwritten -= written
            rest = rest[written:]

    def _stamp(self, offset: int) -> None:
        now = time.time()
        if offset and 0 <= now - self._stamped_at < STAMP_SECONDS:
            return
        fresh = 0 if offset else os.O_TRUNC
        try:
            index = _open(self.times_path, os.O_WRONLY | os.O_APPEND | fresh)
            try:
                os.write(index, b"%d %.3f\n" % (offset, now))
            finally:
                os.close(index)
        except OSError:
            # The log matters more than its index: a missing entry only makes times coarser.
            return
        self._stamped_at = now

    def _status(self) -> os.stat_result:
        """Of the live file, which is opened (again) if nobody has or somebody deleted it."""
        if self._file >= 0:
            status = os.fstat(self._file)
            if status.st_nlink:
                return status
            self._release()
        self._file = _open(self.path, os.O_RDWR | os.O_APPEND)
        if os.path.exists(f"{self.path}.2"):
            self._compress()
        return os.fstat(self._file)

    def _release(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _rotate(self) -> bool:
        """Make room for a new live file. False if the log has to grow on for now."""
        if self._compressor is not None and self._compressor.is_alive():
            return False
        try:
            for index in range(KEPT_FILES - 1, 1, -1):
                _rename(f"{self.path}.{index}.gz", f"{self.path}.{index + 1}.gz")
            _rename(f"{self.path}.1", f"{self.path}.2")
            os.rename(self.path, f"{self.path}.1")
            _rename(self.times_path, f"{self.times_path}.1")
        except OSError:
            return False
        self._release()
        return True

    def _compress(self) -> None:
        # In a thread, so that the pipes of the site are read on meanwhile.
        self._compressor = threading.Thread(target=compress, args=(f"{self.path}.2",))
        self._compressor.start()


def compress(path: str) -> None:
    """Replace the file by `PATH.gz`. It stays as it is if the disk refuses the copy."""
    # Imported late: most shims never get here, and zlib's module would stay with each of them.
    import gzip

    unfinished = f"{path}.gz.new"
    try:
        with open(path, "rb") as plain, gzip.open(unfinished, "wb") as packed:
            while block := plain.read(COPY_BYTES):
                packed.write(block)
        os.replace(unfinished, f"{path}.gz")
        os.unlink(path)
    except OSError:
        # The plain copy is found and packed when the log is next opened.
        return


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _rename(source: str, target: str) -> None:
    if os.path.lexists(source):
        os.replace(source, target)
