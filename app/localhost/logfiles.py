"""The log folder seen from the daemon: it writes access logs, and reads the files it shows."""

import asyncio
import logging
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path

from app.errors import InvalidInput, NotFound
from app.localhost.paths import HostPaths
from app.localhost.rotating import RotatingLog
from app.models import LogKind, LogName, parse_domain

FLUSH_SECONDS = 0.2
MAX_PENDING = 4 * 1024 * 1024
"""Bytes of access lines kept for a disk that is slower than the requests."""
TAIL_BYTES = 64 * 1024
TAIL_LINES = 50
MAX_LINE_CHARACTERS = 4096
_FILE_NAME = re.compile(
    r"(?P<domain>.+)\.(?P<kind>error|server|access)\.log(?P<index>\.1|\.[2-9]\.gz)?"
)
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Pending:
    """One access log and the lines that wait for its next write."""

    log: RotatingLog
    lines: list[bytes] = field(default_factory=list)
    size: int = 0


class AccessLogs:
    """Collects the proxy's lines and writes them every 200 ms, one file per site."""

    def __init__(self, paths: HostPaths) -> None:
        self._paths = paths
        self._pending: dict[str, _Pending] = {}

    def record(self, domain: str, line: bytes) -> None:
        """Keep one line (with its newline) for the next write."""
        pending = self._pending.get(domain)
        if pending is None:
            pending = self._pending[domain] = _Pending(self._open(domain))
        if pending.size + len(line) > MAX_PENDING:
            pending.log.dropped += len(line)
            return
        pending.lines.append(line)
        pending.size += len(line)

    async def flush_forever(self) -> None:
        """Write what has been recorded, until cancelled."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            self.flush()

    def flush(self) -> None:
        for domain, pending in self._pending.items():
            if not pending.lines:
                continue
            data = b"".join(pending.lines)
            pending.lines.clear()
            pending.size = 0
            if pending.log.write(data) and pending.log.dropped:
                logger.error(
                    "%d bytes of the access log of %s were not written: %s",
                    pending.log.dropped,
                    domain,
                    pending.log.failure,
                )
                pending.log.dropped = 0

    def forget(self, domain: str) -> None:
        """Close the log of a site that is gone."""
        self.flush()
        pending = self._pending.pop(domain, None)
        if pending is not None:
            pending.log.close()

    def close(self) -> None:
        """Write what is left and release the files."""
        for domain in list(self._pending):
            self.forget(domain)

    def _open(self, domain: str) -> RotatingLog:
        name = LogName(LogKind.ACCESS)
        return RotatingLog(
            str(self._paths.log_file(domain, name)), str(self._paths.times_file(domain, name))
        )


def list_logs(paths: HostPaths) -> list[str]:
    """Names of the log files that exist, sorted; nothing else in the folder is shown."""
    return sorted(name for name in os.listdir(paths.log_folder) if _is_log(paths, name))


def find_log(paths: HostPaths, file_name: str) -> Path:
    """The path of a log file by its name in the log folder. Raises NotFound for other names."""
    return paths.log_file(*_parse(file_name))


def delete_log(paths: HostPaths, file_name: str) -> None:
    """Delete a log file and its arrival index. Raises NotFound, OSError.

    A site's shim, or the proxy's writer, notices before its next write and makes a new file.
    """
    domain, name = _parse(file_name)
    path = paths.log_file(domain, name)
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise NotFound(file_name)
        # First, because with the log gone the writer may begin a new index at any time.
        paths.times_file(domain, name).unlink(missing_ok=True)
        path.unlink()
    except FileNotFoundError:
        raise NotFound(file_name) from None


def _parse(file_name: str) -> tuple[str, LogName]:
    """The domain and the log of a log file's name. Raises NotFound for other names."""
    match = _FILE_NAME.fullmatch(file_name)
    if match is not None:
        try:
            name = LogName.parse(match["kind"] + (match["index"] or ""))
            domain = parse_domain(match["domain"])
        except InvalidInput:
            raise NotFound(file_name) from None
        if name.file_name(domain) == file_name:
            return domain, name
    raise NotFound(file_name)


def last_lines(path: Path, start: tuple[int, int]) -> tuple[str, ...]:
    """The last lines written since `start` (inode and size then), oldest first.

    At most 50 lines out of the last 64 KiB, each cut at 4,096 characters.
    """
    try:
        with open(path, "rb") as file:
            status = os.fstat(file.fileno())
            inode, size = start
            # In another file than at the start, everything is new.
            begin = size if inode == status.st_ino and size <= status.st_size else 0
            file.seek(max(begin, status.st_size - TAIL_BYTES))
            text = file.read(TAIL_BYTES).decode("utf-8", "replace")
    except OSError:
        return ()
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return tuple(line.removesuffix("\r")[:MAX_LINE_CHARACTERS] for line in lines[-TAIL_LINES:])


def _is_log(paths: HostPaths, name: str) -> bool:
    try:
        return stat.S_ISREG(find_log(paths, name).lstat().st_mode)
    except (NotFound, OSError):
        return False
