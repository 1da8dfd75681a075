"""Reads that are shared: one answer for all, and nobody kept by somebody else's wait."""

import asyncio

import pytest

from app.errors import CallHeldBack, HostUnavailable
from app.hosting.budget import Urgency
from app.hosting.flights import Flight, Flights

pytestmark = pytest.mark.anyio


class Reads:
    """Counts its reads; each leaves when allowed to and ends with its number."""

    def __init__(self) -> None:
        self.begun = 0
        self.cancelled = 0
        self.may_leave = asyncio.Event()
        self.may_end = asyncio.Event()
        self.flights = Flights()

    def ask(self, urgency: Urgency = Urgency.PERSON, key: str = "a") -> "asyncio.Task[int]":
        return asyncio.create_task(self.flights.share(key, urgency, self._read))

    async def _read(self, flight: Flight) -> int:
        self.begun += 1
        number = self.begun
        try:
            await self.may_leave.wait()
            flight.leave()
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return number

    async def settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)


async def test_all_who_ask_meanwhile_get_one_answer() -> None:
    reads = Reads()
    tasks = [reads.ask() for _ in range(3)] + [reads.ask(Urgency.POLLING)]
    await reads.settle()
    reads.may_leave.set()
    reads.may_end.set()
    answers = await asyncio.gather(*tasks, reads.ask(key="b"))
    assert list(answers) == [1, 1, 1, 1, 2]
    assert await reads.ask() == 3


@pytest.mark.parametrize(
    ("urgent", "patient"),
    [
        (Urgency.PERSON, Urgency.POLLING),
        (Urgency.PERSON, Urgency.WORK),
        (Urgency.WORK, Urgency.POLLING),
    ],
)
async def test_what_is_less_urgent_is_joined_only_when_it_has_left(
    urgent: Urgency, patient: Urgency
) -> None:
    reads = Reads()
    before = reads.ask(patient)
    await reads.settle()
    first = reads.ask(urgent)
    await reads.settle()
    assert reads.begun == 2
    reads.may_leave.set()
    await reads.settle()
    second = reads.ask(urgent)
    await reads.settle()
    reads.may_end.set()
    answers = await asyncio.gather(before, first, second)
    assert list(answers) == [1, 2, 2]


async def test_it_goes_on_while_anybody_waits_and_ends_with_the_last() -> None:
    reads = Reads()
    first, second = reads.ask(), reads.ask()
    await reads.settle()
    first.cancel()
    await reads.settle()
    assert reads.cancelled == 0
    second.cancel()
    third = reads.ask()
    await reads.settle()
    assert (reads.cancelled, reads.begun) == (1, 2)
    reads.may_leave.set()
    reads.may_end.set()
    assert await third == 2


async def test_an_error_reaches_everybody_and_is_not_kept() -> None:
    flights = Flights()

    async def fail(flight: Flight) -> int:
        await asyncio.sleep(0)
        raise HostUnavailable("Nothing answers.")

    asking = [flights.share("a", Urgency.PERSON, fail) for _ in range(2)]
    for error in await asyncio.gather(*asking, return_exceptions=True):
        assert isinstance(error, HostUnavailable)
    with pytest.raises(HostUnavailable):
        await flights.share("a", Urgency.PERSON, fail)


@pytest.mark.parametrize("urgent", [Urgency.PERSON, Urgency.WORK])
async def test_who_may_wait_longer_than_what_was_joined_begins_anew_together(
    urgent: Urgency,
) -> None:
    flights = Flights()
    begun: list[Flight] = []

    async def read(flight: Flight) -> str:
        begun.append(flight)
        await asyncio.sleep(0)
        if len(begun) == 1:
            raise CallHeldBack("Too many calls.", 20)
        return "read"

    callers = (urgent, urgent, Urgency.POLLING, Urgency.POLLING)
    asking = [flights.share("a", urgency, read) for urgency in callers]
    *hurried, first, second = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(answer) for answer in hurried] == [CallHeldBack, CallHeldBack]
    assert (first, second) == ("read", "read")
    assert len(begun) == 2
