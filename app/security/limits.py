"""Bounds on what a client may send: body size and time, and no ambiguous framing."""

import asyncio

from starlette.datastructures import Headers
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 1024 * 1024
BODY_SECONDS = 15.0


class RequestLimits:
    """A body of at most 1 MiB within 15 seconds. (uvicorn's h11 bounds the head at 64 KiB.)"""

    def __init__(self, app: ASGIApp, *, body_seconds: float = BODY_SECONDS) -> None:
        self.app = RequestBodyLimitMiddleware(app, MAX_BODY_BYTES)
        self.body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        # h11 lets chunked win over Content-Length; a proxy in front may not (request smuggling).
        if "content-length" in headers and "transfer-encoding" in headers:
            refusal = PlainTextResponse(
                "Send either Content-Length or Transfer-Encoding.", 400, {"connection": "close"}
            )
            await refusal(scope, receive, send)
            return
        try:
            await self.app(scope, _with_deadline(receive, self.body_seconds), send)
        except _BodyTooSlow:
            refusal = PlainTextResponse(
                "The request body took too long.", 408, {"connection": "close"}
            )
            await refusal(scope, receive, send)


class _BodyTooSlow(Exception):
    pass


def _with_deadline(receive: Receive, seconds: float) -> Receive:
    """Bounds the wait for the body; waiting for the client to leave, afterwards, has no bound."""
    deadline = asyncio.get_running_loop().time() + seconds
    is_complete = False

    async def receive_in_time() -> Message:
        nonlocal is_complete
        if is_complete:
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise _BodyTooSlow from None
        is_complete = not message.get("more_body", False)
        return message

    return receive_in_time
