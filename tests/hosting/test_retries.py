"""When a background read is tried again, on a clock of its own."""

import pytest

from app.errors import AnswerTooLarge, HostingError, HostRefused, HostUnavailable
from app.hosting.retries import LONGEST_SECONDS, SHORTEST_SECONDS, Retries
from tests.hosting.conftest import Clock

pytestmark = pytest.mark.anyio


class Reading:
    """A read that takes `seconds` and fails so many times."""

    def __init__(self, error: HostingError, failures: int = 9, seconds: float = 0.0) -> None:
        self.clock = Clock()
        self.left: list[float] = []
        self._error, self._failures, self._seconds = error, failures, seconds

    async def run(self, wait: float = LONGEST_SECONDS) -> str:
        retries = Retries(self.clock, self.clock.sleep, lambda shortest, longest: wait)
        return await retries.run(self._read, 20.0)

    async def _read(self, left: float) -> str:
        self.left.append(left)
        self.clock.now += self._seconds
        if len(self.left) <= self._failures:
            raise self._error
        return "read"


GONE = HostUnavailable("Nothing answers.")


async def test_it_is_read_at_most_three_times() -> None:
    reading = Reading(GONE)
    with pytest.raises(HostUnavailable):
        await reading.run()
    assert reading.left == [20, 12, 4]
    assert await Reading(GONE, failures=2).run() == "read"


async def test_a_try_that_would_begin_too_late_is_not_made() -> None:
    reading = Reading(GONE, seconds=13.0)
    with pytest.raises(HostUnavailable):
        await reading.run()
    assert reading.left == [20]


@pytest.mark.parametrize("error", [AnswerTooLarge("Too large."), HostRefused("No.", 403)])
async def test_what_will_not_change_is_not_tried_again(error: HostingError) -> None:
    reading = Reading(error)
    with pytest.raises(type(error)):
        await reading.run()
    assert len(reading.left) == 1


async def test_the_waits_are_drawn_between_half_a_second_and_eight() -> None:
    bounds: list[tuple[float, float]] = []
    clock = Clock()

    def draw(shortest: float, longest: float) -> float:
        bounds.append((shortest, longest))
        return shortest

    async def fail(left: float) -> None:
        raise GONE

    with pytest.raises(HostUnavailable):
        await Retries(clock, clock.sleep, draw).run(fail, 20.0)
    assert bounds == [(SHORTEST_SECONDS, LONGEST_SECONDS)] * 2 == [(0.5, 8.0)] * 2
