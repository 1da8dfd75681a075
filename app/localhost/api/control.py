"""The calls that only the local host has: about itself, its events, its end."""

import getpass
import os

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from app.localhost.api.answers import read_object, switch_of
from app.localhost.api.context import context_of
from app.localhost.api.websites import draw_all


async def show_host(request: Request) -> Response:
    context = context_of(request)
    return JSONResponse(
        {
            "version": context.version,
            "pid": os.getpid(),
            "user": _user_name(),
            "sites_address": context.listener.address,
            "sites_error": context.listener.error,
        }
    )


async def stream_events(request: Request) -> Response:
    context = context_of(request)
    lines = context.events.listen(lambda: {"websites": draw_all(context)})
    return StreamingResponse(lines, media_type="application/x-ndjson")


async def stop_host(request: Request) -> Response:
    """Only asks for the end: the server sends this answer before it closes."""
    context = context_of(request)
    context.end(switch_of(await read_object(request), "stop_sites", False))
    return JSONResponse({"status": "OK"})


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
