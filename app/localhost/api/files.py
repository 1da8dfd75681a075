"""The files calls below `/api/v0/user/USER/files/`: the log folder as `/var/log`, and no more.

Logs can be listed, read and deleted; nothing can be written.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from app.errors import NotFound
from app.localhost.api.answers import detail
from app.localhost.api.context import HostContext, context_of
from app.localhost.api.wire import USER
from app.localhost.logfiles import delete_log, find_log, list_logs

LOG_FOLDER = "/var/log"
BLOCK = 256 * 1024
MAX_TREE = 1000
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


class UnsatisfiableRange(Exception):
    """The range begins behind the end of the file."""


async def read_path(request: Request) -> Response:
    """A log file's bytes, or the list of log files."""
    context = context_of(request)
    path = _path_of(request)
    if path.rstrip("/") == LOG_FOLDER:
        return _listing(request, context)
    try:
        log = find_log(context.paths, _name_in_log_folder(path))
        descriptor = os.open(log, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (NotFound, OSError):
        return detail(f"No such file or directory: {path[:300]}", 404)
    return _file(request, descriptor)


async def delete_path(request: Request) -> Response:
    """Delete one log file. Whoever writes to it goes on with a new one."""
    path = _path_of(request).removesuffix("/")
    if not path.startswith(f"{LOG_FOLDER}/"):
        refusal = {"message": "You do not have permission to delete this", "code": "forbidden"}
        return JSONResponse(refusal, 403)
    try:
        delete_log(context_of(request).paths, _name_in_log_folder(path))
    except NotFound:
        return JSONResponse({"message": "File does not exist", "code": "not_found"}, 404)
    return Response(status_code=204)


async def show_tree(request: Request) -> Response:
    """The paths of all files below a folder, which can only be the log folder."""
    context = context_of(request)
    path = request.query_params.get("path", "")
    names = list_logs(context.paths)
    if path.rstrip("/") == LOG_FOLDER:
        return JSONResponse([f"{LOG_FOLDER}/{name}" for name in names[:MAX_TREE]])
    is_log = path in {f"{LOG_FOLDER}/{name}" for name in names}
    return detail(f"{path[:300]} {'is not a directory' if is_log else 'does not exist'}", 400)


def _path_of(request: Request) -> str:
    """The path that a call names; the route's own parameter lacks a line break at the end."""
    path: str = request.scope["path"].partition("/files/path")[2]
    return path


def _name_in_log_folder(path: str) -> str:
    """The name of a file directly in the log folder. Raises NotFound."""
    folder, _, name = path.rpartition("/")
    if folder != LOG_FOLDER:
        raise NotFound(path)
    return name


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """First byte and the one behind the last; None if the whole file is meant.

    Several ranges and other units are ignored, as the standard allows. Raises UnsatisfiableRange.
    """
    match = _RANGE.fullmatch((header or "").strip())
    if match is None or match.group(1) == match.group(2) == "":
        return None
    if not match[1]:
        length = min(int(match[2]), size)
        if not length:
            raise UnsatisfiableRange
        return size - length, size
    first, last = int(match[1]), int(match[2]) if match[2] else size - 1
    if match[2] and last < first:
        return None
    if first >= size:
        raise UnsatisfiableRange
    return first, min(last, size - 1) + 1


def _listing(request: Request, context: HostContext) -> Response:
    root = f"{request.base_url}api/v0/user/{USER}/files/path{LOG_FOLDER}"
    return JSONResponse(
        {
            name: {"type": "file", "url": f"{root}/{quote(name)}"}
            for name in list_logs(context.paths)
        }
    )


def _file(request: Request, descriptor: int) -> Response:
    size = os.fstat(descriptor).st_size
    try:
        wanted = parse_range(request.headers.get("range"), size)
    except UnsatisfiableRange:
        os.close(descriptor)
        return detail("The range is not in the file.", 416, {"Content-Range": f"bytes */{size}"})
    first, end = wanted or (0, size)
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Length": str(end - first),
        "Content-Type": "application/octet-stream; charset=utf-8",
    }
    if wanted:
        headers["Content-Range"] = f"bytes {first}-{end - 1}/{size}"
    status = 206 if wanted else 200
    if request.method == "HEAD":
        os.close(descriptor)
        return Response(status_code=status, headers=headers)
    return StreamingResponse(_blocks(descriptor, first, end), status, headers)


async def _blocks(descriptor: int, first: int, end: int) -> AsyncIterator[bytes]:
    try:
        while first < end:
            block = await asyncio.to_thread(os.pread, descriptor, min(BLOCK, end - first), first)
            if not block:
                # Cut short meanwhile: breaking the connection is all that is left to say so.
                raise ConnectionAbortedError("The log was truncated while it was sent.")
            first += len(block)
            yield block
    finally:
        os.close(descriptor)
