"""Tries a background read again when the host gave no usable answer."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from app.errors import AnswerTooLarge, HostUnavailable

RETRIES = 2
SHORTEST_SECONDS = 0.5
LONGEST_SECONDS = 8.0

Answer = TypeVar("Answer")


class Retries:
    """`clock`, `sleep` and `uniform` are given by tests that neither wait nor throw dice."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._uniform = uniform

    async def run(self, read: Callable[[float], Awaitable[Answer]], seconds: float) -> Answer:
        """What `read` gives, called with how many of the `seconds` are left for it.

        The waits between are drawn at random, so that many dashboards do not come back together.
        """
        ends = self._clock() + seconds
        for _ in range(RETRIES):
            try:
                return await read(ends - self._clock())
            except AnswerTooLarge:
                raise
            except HostUnavailable:
                wait = self._uniform(SHORTEST_SECONDS, LONGEST_SECONDS)
                if self._clock() + wait >= ends:
                    raise
            await self._sleep(wait)
        return await read(ends - self._clock())
