"""Reads under way: who asks for the same thing meanwhile gets the same answer."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

from app.errors import CallHeldBack
from app.hosting.budget import Urgency

Answer = TypeVar("Answer")


class Flight:
    """One read and who waits for it. It ends with its answer, or when nobody waits any more."""

    def __init__(self, urgency: Urgency) -> None:
        self.task: asyncio.Task[Any]
        self._urgency = urgency
        self._has_left = False
        self._waiting = 0

    def leave(self) -> None:
        """Its turn has come: the request is being sent."""
        self._has_left = True

    def may_carry(self, urgency: Urgency) -> bool:
        """Whether one more may join. Nobody queues up behind what is less urgent."""
        if self.task.done() or self.task.cancelling():
            return False
        return self._has_left or self._urgency <= urgency

    def is_more_urgent_than(self, urgency: Urgency) -> bool:
        """Whether it was begun by somebody who may wait less long for a turn."""
        return self._urgency < urgency

    async def answer(self) -> Any:
        self._waiting += 1
        try:
            return await asyncio.shield(self.task)
        finally:
            self._waiting -= 1
            if not self._waiting:
                self.task.cancel()


class Flights:
    """The reads of one account. To be used on the event loop."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, Flight] = {}

    async def share(
        self, key: Hashable, urgency: Urgency, read: Callable[[Flight], Awaitable[Answer]]
    ) -> Answer:
        """The answer of the read under way for this key, or of `read` if there is none to join.

        `read` calls `leave` of its flight when it sends the request.
        """
        while True:
            flight = self._flights.get(key)
            if flight is None or not flight.may_carry(urgency):
                flight = self._begin(key, urgency, read)
            try:
                answer: Answer = await flight.answer()
            except CallHeldBack:
                # Only those who began it have lost their patience.
                if flight.is_more_urgent_than(urgency):
                    continue
                raise
            return answer

    def _begin(
        self, key: Hashable, urgency: Urgency, read: Callable[[Flight], Awaitable[Answer]]
    ) -> Flight:
        flight = Flight(urgency)

        async def fly() -> Answer:
            return await read(flight)

        def forget(_: "asyncio.Task[Answer]") -> None:
            if self._flights.get(key) is flight:
                del self._flights[key]

        flight.task = asyncio.create_task(fly())
        flight.task.add_done_callback(forget)
        self._flights[key] = flight
        return flight
