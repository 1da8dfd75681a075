"""Who gets its turn when, with many waiting, in a time of its own."""

import asyncio
import heapq
import re
from collections.abc import Awaitable
from dataclasses import dataclass, field
from functools import partial
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import CallHeldBack, HostingError, HostRefused, HostThrottled, HostUnavailable
from app.hosting.breaker import FAILURES, MAX_SECONDS
from app.hosting.budget import CALLS, KEPT_FOR_PEOPLE, PERIOD_SECONDS, Urgency
from app.hosting.governor import (
    PATIENCE_SECONDS,
    POLLS_AT_ONCE,
    WORK_AT_ONCE,
    Endpoint,
    Governor,
)
from app.models import CallBudget

PERSON, WORK, POLLING = Urgency


class Timeline:
    """Time that leaps to whatever somebody sleeps for, in order."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = count()

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._numbers), future))
        await future

    async def settle(self) -> None:
        """Until everybody sleeps or has ended."""
        for _ in range(8):
            await asyncio.sleep(0)

    async def run(self, until: float = float("inf")) -> None:
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= until:
            self.now, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                future.set_result(None)
                await self.settle()


@dataclass
class Office:
    """A governor and the calls that go through it: when each began, and what came of it."""

    time: Timeline = field(default_factory=Timeline)
    began: list[tuple[float, Urgency]] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    held_back: list[tuple[float, Urgency]] = field(default_factory=list)
    pauses: list[tuple[float, float]] = field(default_factory=list)
    people_at_others: list[int] = field(default_factory=list)
    out: dict[Urgency, int] = field(default_factory=lambda: dict.fromkeys(Urgency, 0))
    most_out: dict[Urgency, int] = field(default_factory=lambda: dict.fromkeys(Urgency, 0))

    def __post_init__(self) -> None:
        self.governor = Governor(self.time, self.time.sleep)

    def state(self) -> CallBudget:
        return self.governor.state()[list(Endpoint).index(Endpoint.FILES)]

    async def call(
        self, urgency: Urgency, seconds: float = 0.0, error: HostingError | None = None
    ) -> None:
        arrived = self.time.now
        try:
            async with self.governor.turn(Endpoint.FILES, urgency):
                self._note(urgency, arrived)
                try:
                    await self.time.sleep(seconds)
                finally:
                    self.out[urgency] -= 1
                if isinstance(error, HostThrottled):
                    self.pauses.append((self.time.now, error.retry_seconds or 15.0))
                if error is not None:
                    raise error
        except CallHeldBack:
            self.held_back.append((self.time.now, urgency))
        except HostingError:
            pass

    def _note(self, urgency: Urgency, arrived: float) -> None:
        self.began.append((self.time.now, urgency))
        self.out[urgency] += 1
        self.most_out[urgency] = max(self.most_out[urgency], self.out[urgency])
        if urgency is not PERSON:
            self.people_at_others.append(self.state().people)
        if urgency is not POLLING:
            self.waited.append(self.time.now - arrived)

    def begin(self, *calls: Awaitable[None]) -> "list[asyncio.Future[None]]":
        return [asyncio.ensure_future(call) for call in calls]


errors = st.sampled_from(
    [
        None,
        None,
        None,
        HostRefused("No.", 403),
        HostUnavailable("Nothing."),
        HostThrottled("Too many.", 12.0),
        HostThrottled("Too many.", None),
    ]
)
wishes = st.lists(
    st.tuples(st.floats(0, 1), st.sampled_from(Urgency), st.floats(0, 12), errors),
    min_size=40,
    max_size=60,
)


@given(wishes, st.booleans())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.data_too_large])
def test_whatever_comes_the_rules_hold(
    calls: list[tuple[float, Urgency, float, HostingError | None]], has_errors: bool
) -> None:
    async def scenario() -> Office:
        office = Office()

        async def arrive(
            at: float, urgency: Urgency, seconds: float, error: HostingError | None
        ) -> None:
            await office.time.sleep(at)
            await office.call(urgency, seconds, error if has_errors else None)

        at, arrivals = 0.0, []
        for gap, urgency, seconds, error in calls:
            at += gap
            arrivals.append(arrive(at, urgency, seconds, error))
        tasks = office.begin(*arrivals)
        await office.time.run()
        assert all(task.done() for task in tasks)
        await asyncio.gather(*tasks)
        return office

    office = asyncio.run(scenario())
    for start, _ in office.began:
        minute = [one for at, one in office.began if start <= at < start + PERIOD_SECONDS]
        assert len(minute) <= CALLS
        assert len(minute) - minute.count(PERSON) <= CALLS - KEPT_FOR_PEOPLE
    assert not any(office.people_at_others), "somebody went before a person"
    assert all(wait <= PATIENCE_SECONDS + 0.01 for wait in office.waited)
    assert office.most_out[POLLING] <= POLLS_AT_ONCE
    assert office.most_out[WORK] <= WORK_AT_ONCE
    for began, seconds in office.pauses:
        assert not [at for at, _ in office.began if began < at < began + seconds - 0.001]
    assert len(office.began) + len(office.held_back) == len(calls)
    assert (office.state().people, office.state().polls) == (0, 0)


def run(scenario: Awaitable[None]) -> None:
    async def main() -> None:
        await scenario

    asyncio.run(main())


def test_a_person_goes_before_a_poll_that_has_waited_longer() -> None:
    async def scenario() -> None:
        office = Office()
        office.begin(*(office.call(PERSON) for _ in range(CALLS)))
        await office.time.run()
        office.begin(office.call(POLLING))
        await office.time.run(office.time.now + 55)
        office.begin(office.call(PERSON))
        await office.time.settle()
        assert (office.state().polls, office.state().people) == (1, 1)
        assert "used up" in office.state().held
        await office.time.run()
        assert [urgency for _, urgency in office.began[CALLS:]] == [PERSON, POLLING]

    run(scenario())


def test_work_goes_before_a_poll_that_has_waited_longer() -> None:
    async def scenario() -> None:
        office = Office()
        office.begin(*(office.call(PERSON) for _ in range(CALLS - KEPT_FOR_PEOPLE)))
        await office.time.run()
        office.begin(office.call(POLLING))
        await office.time.run(office.time.now + 55)
        office.begin(office.call(WORK))
        await office.time.settle()
        assert (office.state().people, office.state().polls) == (0, 2)
        await office.time.run()
        assert [urgency for _, urgency in office.began[-2:]] == [WORK, POLLING]

    run(scenario())


def test_work_leaves_people_their_calls_and_is_told_rather_than_kept_waiting() -> None:
    async def scenario() -> None:
        office = Office()
        for _ in range(CALLS):
            office.begin(office.call(WORK))
            await office.time.settle()
        assert [urgency for _, urgency in office.held_back] == [WORK] * KEPT_FOR_PEOPLE
        office.begin(*(office.call(PERSON) for _ in range(KEPT_FOR_PEOPLE)))
        await office.time.settle()
        assert office.began[-KEPT_FOR_PEOPLE:] == [(1000.0, PERSON)] * KEPT_FOR_PEOPLE

    run(scenario())


def test_work_is_turned_away_while_the_host_fails() -> None:
    async def scenario() -> None:
        office = Office()
        for _ in range(FAILURES):
            office.begin(office.call(WORK, 0.0, HostUnavailable("Nothing.")))
            await office.time.run()
        office.begin(office.call(WORK))
        await office.time.run()
        assert office.held_back == [(1000.0, WORK)]

    run(scenario())


def test_an_operation_begins_only_with_room_to_end_and_is_told_what_is_in_its_way() -> None:
    async def scenario() -> None:
        office = Office()
        check = partial(office.governor.check_room, Endpoint.FILES)
        check(CALLS - KEPT_FOR_PEOPLE)
        office.begin(office.call(PERSON))
        await office.time.run()
        with pytest.raises(CallHeldBack, match="takes only 29 more calls in this minute"):
            check(CALLS - KEPT_FOR_PEOPLE)
        office.begin(office.call(PERSON, 0.0, HostThrottled("Too many.", 30.0)))
        await office.time.run()
        with pytest.raises(CallHeldBack, match=r"too many calls\. Try again in 30 s"):
            check(1)
        office.time.now += 30
        for _ in range(FAILURES):
            office.begin(office.call(PERSON, 0.0, HostUnavailable("It answered 502.")))
            await office.time.run()
        with pytest.raises(CallHeldBack, match=r"does not answer at the moment\. It answered 502"):
            check(1)

    run(scenario())


def test_classes_do_not_share_a_budget() -> None:
    async def scenario() -> None:
        office = Office()
        for endpoint in Endpoint:
            for _ in range(CALLS):
                async with office.governor.turn(endpoint, PERSON):
                    pass
        assert office.time.now == 1000
        assert [state.used for state in office.governor.state()] == [CALLS] * len(Endpoint)

    run(scenario())


def test_a_person_is_told_rather_than_kept_waiting() -> None:
    async def scenario() -> None:
        office = Office()
        office.begin(office.call(PERSON, 0.0, HostThrottled("Too many.", 30.0)))
        await office.time.run()
        with pytest.raises(CallHeldBack, match="Try again in 30 s"):
            async with office.governor.turn(Endpoint.FILES, PERSON):
                pass
        assert office.state().held == "PythonAnywhere asked to wait 30 s; 30 s are left."
        office.time.now += 25
        office.begin(office.call(PERSON))
        await office.time.run()
        assert office.began[-1] == (1030.0, PERSON)
        assert office.state().held == ""

    run(scenario())


def test_polling_is_turned_away_without_a_call_while_the_host_fails() -> None:
    async def scenario() -> None:
        office = Office()
        for _ in range(FAILURES):
            office.begin(office.call(POLLING, 0.0, HostUnavailable("Nothing.")))
            await office.time.run()
        office.begin(office.call(POLLING))
        await office.time.run()
        assert office.held_back == [(1000.0, POLLING)]
        assert office.state().held == "5 calls failed in a row; next try in 2 s."
        office.begin(office.call(PERSON, 3.0))
        await office.time.settle()
        assert "trying again now" in office.state().held
        second = office.begin(office.call(PERSON))[0]
        await office.time.run()
        assert second.done() and office.began[-1] == (1003.0, PERSON)
        office.begin(office.call(POLLING))
        await office.time.run()
        assert office.began[-1] == (1003.0, POLLING)

    run(scenario())


def test_an_api_that_is_back_is_in_use_again_within_half_a_minute() -> None:
    """Polled every second, for as long as it was away, failing at once or after hanging."""

    async def scenario(away: float, hang: float) -> None:
        office = Office()
        back = office.time.now + away

        async def poll() -> None:
            while True:
                is_away = office.time.now < back
                error = HostUnavailable("Nothing.") if is_away else None
                await office.call(POLLING, hang if is_away else 0.1, error)
                await office.time.sleep(1.0)

        task = office.begin(poll())[0]
        await office.time.run(back + 60)
        task.cancel()
        first = min(at for at, _ in office.began if at >= back)
        assert first - back < 30
        while_away = [at for at, _ in office.began if at < back]
        assert len(while_away) <= FAILURES + 2 + away / (MAX_SECONDS + hang)

    for away in (7.0, 61.0, 333.0, 1000.0):
        for hang in (0.0, 15.0, 20.0):
            run(scenario(away, hang))


def test_an_api_that_is_back_is_found_so_while_a_persons_change_hangs() -> None:
    async def scenario() -> None:
        office = Office()
        for _ in range(FAILURES):
            office.begin(office.call(POLLING, 0.0, HostUnavailable("Nothing.")))
            await office.time.run()
        office.begin(office.call(PERSON, 60.0, HostUnavailable("Nothing.")))
        await office.time.settle()
        back = office.time.now

        async def poll() -> None:
            while office.time.now < back + 60:
                await office.call(POLLING)
                await office.time.sleep(1.0)

        office.begin(poll())
        await office.time.run()
        first = min(at for at, urgency in office.began if at > back and urgency is POLLING)
        assert first - back < 30

    run(scenario())


def test_a_probe_that_nobody_waits_for_any_more_makes_room_for_another() -> None:
    async def scenario() -> None:
        office = Office()
        for _ in range(FAILURES):
            office.begin(office.call(PERSON, 0.0, HostUnavailable("Nothing.")))
            await office.time.run()
        probe = office.begin(office.call(PERSON, 100.0))[0]
        await office.time.settle()
        probe.cancel()
        await asyncio.gather(probe, return_exceptions=True)
        assert re.search(r"next try in \d s", office.state().held)
        office.begin(office.call(PERSON))
        await office.time.run()
        assert office.state().held == ""

    run(scenario())
