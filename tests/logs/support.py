"""What the tests of the log code share: reading event streams, waiting, running the writer."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.logs.hub import LogHub
from app.logs.identity import Cursor
from app.models import LogLine


def render_texts(lines: Sequence[LogLine]) -> bytes:
    """One line of text per log line: enough to see what a viewer gets."""
    return "\n".join(line.text for line in lines).encode()


@dataclass
class Event:
    name: str = ""
    id: str = ""
    retry: int | None = None
    data: list[str] = field(default_factory=list)

    def json(self) -> Any:
        return json.loads("\n".join(self.data))


def parse_events(chunk: bytes) -> list[Event]:
    """Splits as a browser does: fields end at CR, LF or both, events at an empty line."""
    events = []
    text = chunk.decode().replace("\r\n", "\n").replace("\r", "\n")
    for block in text.split("\n\n")[:-1]:
        event = Event()
        for line in block.split("\n"):
            name, _, value = line.partition(": ")
            if name == "data":
                event.data.append(value)
            elif name == "retry":
                event.retry = int(value)
            elif name == "id":
                event.id = value
            elif name == "event":
                event.name = value
        events.append(event)
    return events


class Reader:
    """One viewer of a hub, read by a task of its own; remembers everything it got."""

    def __init__(
        self, hub: LogHub, path: Path, after: Cursor | None = None, times: Path | None = None
    ) -> None:
        self.events: list[Event] = []
        self._stream = hub.subscribe(path, times, after)
        self._arrived = asyncio.Event()
        self._task = asyncio.create_task(self._read(self._stream))

    @property
    def lines(self) -> list[str]:
        return [line for event in self.events if event.name == "lines" for line in event.data]

    @property
    def last_cursor(self) -> Cursor | None:
        ids = [event.id for event in self.events if event.id]
        return Cursor.parse(ids[-1]) if ids else None

    def named(self, name: str) -> list[Event]:
        return [event for event in self.events if event.name == name]

    async def until(self, is_true: Callable[[], bool], seconds: float = 60.0) -> None:
        async with asyncio.timeout(seconds):
            while not is_true():
                self._arrived.clear()
                await self._arrived.wait()

    async def until_lines(self, count: int, seconds: float = 60.0) -> None:
        await self.until(lambda: len(self.lines) >= count, seconds)

    async def opened(self) -> "Reader":
        await self.until(lambda: bool(self.events))
        return self

    async def ended(self) -> None:
        await self._task

    async def leave(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _read(self, stream: AsyncGenerator[bytes, None]) -> None:
        try:
            async for chunk in stream:
                self.events += parse_events(chunk)
                self._arrived.set()
        finally:
            await stream.aclose()


async def start_writer(
    path: Path, lines: int, pace: int, rotations: int, how: str
) -> asyncio.subprocess.Process:
    arguments = [str(path), str(lines), str(pace), str(rotations), how]
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.logs.writer", *arguments
    )


def written_lines(count: int) -> list[str]:
    return [f"line {number:06d} of the writer" for number in range(count)]
