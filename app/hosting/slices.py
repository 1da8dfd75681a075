"""A stretch of a remote file, out of the three ways in which a host may answer for it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.errors import HostUnavailable

MAX_SLICE_BYTES = 1024 * 1024
MAX_FILE_BYTES = 32 * 1024 * 1024
_MUCH_BYTES = 64 * 1024
_CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,15})-(\d{1,15})|\*)/(\d{1,15}|\*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class FileSlice:
    """Bytes of a remote file from offset `start` on.

    `total` is the size of the file when it was read, None if the host does not tell. `is_whole`
    says that the host sent all of the file, whatever was asked for; `start` is 0 then.
    """

    data: bytes
    start: int
    total: int | None
    is_whole: bool = False


def range_header(start: int) -> str:
    """Asks for at most MAX_SLICE_BYTES from `start` on."""
    return f"bytes={start}-{start + MAX_SLICE_BYTES - 1}"


def body_limit(status: int) -> int:
    """How many bytes an answer with this status may have."""
    return MAX_FILE_BYTES if status == 200 else MAX_SLICE_BYTES


def is_much(received: int) -> bool:
    """Whether so many bytes, come by the end of a read's time, are those of a host that works.

    One that sends a byte now and then does not.
    """
    return received >= _MUCH_BYTES


def read_slice(status: int, headers: Mapping[str, str], data: bytes, start: int) -> FileSlice:
    """The slice in an answer 200, 206 or 416 to a question for bytes from `start` on.

    Raises HostUnavailable if it is not the part that was asked for, or no file at all.
    """
    if status == 416:
        return FileSlice(b"", start, _total_of_refused(headers.get("content-range")))
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("", "text/html", "application/json"):
        raise HostUnavailable("The host answered something that is not a file.")
    if status == 200:
        return FileSlice(data, 0, len(data), is_whole=True)
    match = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
    if match is None or match[1] is None or int(match[1]) != start:
        raise HostUnavailable("The host sent another part of the file than it was asked for.")
    if int(match[2]) + 1 - start != len(data):
        raise HostUnavailable("The host broke off in the middle of a file.")
    return FileSlice(data, start, None if match[3] == "*" else int(match[3]))


def _total_of_refused(header: str | None) -> int | None:
    match = _CONTENT_RANGE.fullmatch(header or "")
    return int(match[3]) if match is not None and match[3] != "*" else None
