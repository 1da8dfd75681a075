"""Tells any number of listeners what has changed, without waiting for the slow ones."""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

from app.localhost.site import ManagedSite

PING_SECONDS = 15.0
MAX_QUEUED = 256
Message = dict[str, Any]


class _Listener:
    """The queue of one listener; `is_behind` if it was too slow and needs a fresh start."""

    def __init__(self) -> None:
        self.messages: deque[Message] = deque()
        self.is_behind = False
        self.wakeup = asyncio.Event()

    def add(self, message: Message) -> None:
        if len(self.messages) >= MAX_QUEUED:
            self.messages.clear()
            self.is_behind = True
        if not self.is_behind:
            self.messages.append(message)
        self.wakeup.set()


class EventHub:
    """Turns changes into lines of JSON. `draw` makes the object of one site."""

    def __init__(self, draw: Callable[[ManagedSite], Message]) -> None:
        self._draw = draw
        self._listeners: set[_Listener] = set()
        self._is_closed = False

    def site_changed(self, site: ManagedSite) -> None:
        if self._listeners:
            self._publish({"website": self._draw(site)})

    def site_deleted(self, domain: str) -> None:
        self._publish({"deleted": domain})

    def close(self) -> None:
        """End every stream at once, with `{"stopping": true}`: this is no crash."""
        self._is_closed = True
        for listener in self._listeners:
            listener.wakeup.set()

    async def listen(self, snapshot: Callable[[], Message]) -> AsyncIterator[bytes]:
        """Lines of JSON: all sites first (again after falling behind), then each change."""
        listener = _Listener()
        self._listeners.add(listener)
        try:
            # Whoever comes while the host ends gets no list, which would look like a new start.
            if not self._is_closed:
                yield _line(snapshot())
            while not self._is_closed:
                try:
                    async with asyncio.timeout(PING_SECONDS):
                        await listener.wakeup.wait()
                except TimeoutError:
                    yield _line({"ping": int(time.time())})
                    continue
                listener.wakeup.clear()
                if listener.is_behind:
                    listener.is_behind = False
                    yield _line(snapshot())
                while listener.messages:
                    yield _line(listener.messages.popleft())
            yield _line({"stopping": True})
        finally:
            self._listeners.discard(listener)

    def _publish(self, message: Message) -> None:
        for listener in self._listeners:
            listener.add(message)


def _line(message: Message) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"
