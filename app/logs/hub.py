"""Shares the followed logs: one follower per log while anybody listens, one rendering per batch.

A viewer first gets what it missed since its cursor, read from the files, then the same bytes as
every other viewer of that log.
"""

import asyncio
import json
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from app.logs.catchup import CatchUp, plan_catch_up
from app.logs.channel import Channel, Receiver
from app.logs.follow import POLL_SECONDS
from app.logs.identity import Cursor
from app.logs.sse import encode_event
from app.logs.viewer import BYE, Renderer, Viewer
from app.logs.watch import FolderWatch

HEARTBEAT_SECONDS = 15.0
_RETRY_MILLISECONDS = 3000
_RESET = encode_event("{}", event="reset")


class Listening(NamedTuple):
    """`cursor` is where the batches begin (None: the file is not there yet); `stop` ends them."""

    cursor: Cursor | None
    generation: int
    stop: Callable[[], None]


class LogHub:
    """`render` turns lines into the markup of their rows, without line breaks."""

    def __init__(
        self,
        render: Renderer,
        *,
        use_inotify: bool = True,
        poll_seconds: float = POLL_SECONDS,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        self._render = render
        self._use_inotify = use_inotify
        self._poll_seconds = poll_seconds
        self._heartbeat_seconds = heartbeat_seconds
        self._channels: dict[Path, Channel] = {}
        self._watch: FolderWatch | None = None
        self._heart: asyncio.Task[None] | None = None
        self._is_closed = False

    @property
    def followed(self) -> int:
        """How many files are being followed."""
        return len(self._channels)

    @property
    def longest_queue(self) -> int:
        """Bytes that wait for the viewer who is furthest behind."""
        viewers = (viewer for channel in self._channels.values() for viewer in channel.viewers)
        return max((viewer.queued_bytes for viewer in viewers), default=0)

    async def subscribe(
        self, path: Path, times: Path | None = None, after: Cursor | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Ready events for one viewer, endless until `end_streams`.

        Events: `lines` (rows), `rotated`, `skipped` (count, from, to), `hb` (age of the newest
        line in seconds, or null), `reset` (the cursor's file is gone: load the end of the log
        anew) and `bye`; the last two end the stream. Without `after` it begins with what comes
        next.
        """
        if self._is_closed:
            yield BYE
            return
        channel = await self._enter(path)
        viewer = Viewer()
        try:
            yield self._greeting(channel)
            missed = self._join(channel, viewer, times, after)
            if missed is None:
                yield _RESET
                return
            with missed:
                for event in missed.events(self._render):
                    if viewer.is_closing:
                        break
                    yield event
                    await asyncio.sleep(0)
            async with aclosing(viewer.events()) as events:
                async for event in events:
                    yield event
        finally:
            channel.viewers.discard(viewer)
            self._leave(channel)

    async def listen(self, path: Path, receive: Receiver) -> Listening:
        """Calls `receive` with every batch of the log, unrendered, from now on."""
        channel = await self._enter(path)
        channel.catch_up()
        channel.receivers.add(receive)

        def stop() -> None:
            channel.receivers.discard(receive)
            self._leave(channel)

        return Listening(channel.cursor, channel.generation, stop)

    def end_streams(self) -> None:
        """Ends every stream with `bye`, now; fit for a signal handler on the loop."""
        self._is_closed = True
        for channel in self._channels.values():
            for viewer in channel.viewers:
                viewer.close()

    async def close(self) -> None:
        """Ends the streams and stops following."""
        self.end_streams()
        tasks = [channel.stop() for channel in self._channels.values()]
        self._channels.clear()
        if self._heart is not None:
            self._heart.cancel()
            tasks.append(self._heart)
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._watch is not None:
            self._watch.close()

    def _join(
        self, channel: Channel, viewer: Viewer, times: Path | None, after: Cursor | None
    ) -> CatchUp | None:
        """From here on the viewer gets every new batch; what lies before is for the caller."""
        channel.catch_up()
        if after is None:
            missed: CatchUp | None = CatchUp([])
        else:
            missed = plan_catch_up(channel.path, times, after, channel.source)
        if missed is not None:
            channel.viewers.add(viewer)
        return missed

    async def _enter(self, path: Path) -> Channel:
        """The channel of a path, started; every call needs a `_leave`."""
        if self._heart is None:
            self._heart = asyncio.create_task(self._beat())
            self._watch = FolderWatch() if self._use_inotify else None
        channel = self._channels.get(path)
        if channel is None:
            channel = Channel(path, self._render, self._watch, self._poll_seconds)
            self._channels[path] = channel
        channel.users += 1
        try:
            await channel.started()
        except BaseException:
            self._leave(channel)
            raise
        return channel

    def _leave(self, channel: Channel) -> None:
        channel.users -= 1
        if channel.users == 0 and self._channels.get(channel.path) is channel:
            del self._channels[channel.path]
            channel.stop()

    def _greeting(self, channel: Channel) -> bytes:
        # Spread out, so that a restart is not answered by all browsers in the same instant.
        retry = _RETRY_MILLISECONDS + random.randrange(1000)
        return encode_event(_age(channel), event="hb", retry=retry)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._heartbeat_seconds)
            for channel in self._channels.values():
                event = encode_event(_age(channel), event="hb")
                for viewer in channel.viewers:
                    viewer.beat(event)


def _age(channel: Channel) -> str:
    newest = channel.newest_at
    age = None if newest is None else round((datetime.now(UTC) - newest).total_seconds(), 1)
    return json.dumps({"age": age})
