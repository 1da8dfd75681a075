"""What can go wrong with an API: answers that a test switches on."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from enum import Enum
from functools import cache

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

PAGE = "<html><body><h1>Something went wrong :-(</h1></body></html>"
PACKED = {"content-encoding": "gzip"}


class Fault(Enum):
    HANG = "hang"
    HTML = "a web page with 200"
    GARBAGE = "no JSON with 200"
    EMPTY = "nothing with 200"
    RESET = "a closed connection"
    CUT = "half an answer"
    HTML_500 = "a web page with 500"
    HTML_502 = "a web page with 502"
    SILENT_429 = "429 without Retry-After"
    REDIRECT = "a redirect"
    BOMB = "256 MiB of nothing, packed"
    UNPACKABLE = "something that is not packed as it says"
    DRIP = "a body that comes byte by byte and never ends"
    ECHO = "the request's headers with 400"
    ECHO_200 = "the request's headers in an error object with 200"


async def faulty_answer(fault: Fault, request: Request) -> Response:
    """The answer that the fault gives; Fault.RESET has none and is not asked for one."""
    if fault is Fault.HANG:
        while (await request.receive())["type"] != "http.disconnect":
            pass
    echo = f"The host got {dict(request.headers)}"
    if fault is Fault.BOMB:
        # Whatever the client accepts.
        return Response(bomb(), headers=PACKED, media_type="application/octet-stream")
    if fault is Fault.DRIP:
        return StreamingResponse(_drip(), media_type="application/octet-stream")
    answers = {
        Fault.HANG: Response(),
        Fault.HTML: HTMLResponse(PAGE),
        Fault.GARBAGE: Response(b'{"domain_name": [', media_type="application/json"),
        Fault.EMPTY: Response(b""),
        Fault.CUT: Response(b"[", headers={"content-length": "5000"}),
        Fault.UNPACKABLE: Response(b"[]", headers=PACKED),
        Fault.HTML_500: HTMLResponse(PAGE, 500),
        Fault.HTML_502: HTMLResponse(PAGE, 502),
        Fault.SILENT_429: Response(b'{"detail":"Request was throttled."}', 429),
        Fault.ECHO: Response(echo, 400),
        Fault.ECHO_200: JSONResponse({"status": "ERROR", "error_message": echo}),
        Fault.REDIRECT: Response(status_code=302, headers={"location": "/login/"}),
    }
    return answers[fault]


@cache
def bomb() -> bytes:
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    zeros = bytes(2**20)
    return b"".join([*(packer.compress(zeros) for _ in range(256)), packer.flush()])


async def _drip() -> AsyncIterator[bytes]:
    while True:
        yield b" "
        await asyncio.sleep(0.02)
