"""Event streams of the dashboard: bounded in number, ended by sign-out and by shutdown."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from app.logs.sse import encode_event
from app.routes.services import services_of, session_of
from app.security.streams import TooManyStreams

# How soon an open stream notices that its session has expired or got a new password.
SESSION_CHECK_SECONDS = 5.0

Events = AsyncGenerator[bytes, None]


class EventStream(StreamingResponse):
    """Sends the events of all `sources` as they come, while the session lives."""

    def __init__(self, request: Request, *sources: Events) -> None:
        self._services = services_of(request)
        self._session_id = session_of(request).id_hash
        self._sources = sources
        super().__init__(
            (),
            media_type="text/event-stream",
            # nginx would hold events back in its buffer.
            headers={"x-accel-buffering": "no"},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with (
                self._services.slots.slot(self._session_id) as over,
                self._services.attention.gaze(),
            ):
                # A client that leaves in the middle of a send would leave the sources open.
                async with aclosing(merged(*self._sources, self._until(over))) as events:
                    self.body_iterator = events
                    await super().__call__(scope, receive, send)
        except TooManyStreams as error:
            await PlainTextResponse(str(error), 429)(scope, receive, send)

    async def _until(self, over: asyncio.Event) -> Events:
        """Says goodbye and ends at shutdown, or when the session is over."""
        while not over.is_set() and await self._services.sessions.is_alive(self._session_id):
            with suppress(TimeoutError):
                async with asyncio.timeout(SESSION_CHECK_SECONDS):
                    await over.wait()
        yield encode_event("{}", event="bye")


async def merged(*sources: Events) -> Events:
    """The items of all sources as they come; ends with the first source that ends."""
    waiting = {asyncio.ensure_future(anext(source)): source for source in sources}
    try:
        while True:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                source = waiting.pop(task)
                try:
                    item = task.result()
                except StopAsyncIteration:
                    return
                yield item
                waiting[asyncio.ensure_future(anext(source))] = source
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        for source in sources:
            await source.aclose()
