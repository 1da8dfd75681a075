"""The call budget, on a clock of its own."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import HostThrottled
from app.hosting.governor import (
    CALLS,
    KEPT_FOR_PEOPLE,
    PERIOD_SECONDS,
    Budget,
    Endpoint,
    Governor,
    Urgency,
)

pytestmark = pytest.mark.anyio


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def governor() -> tuple[Governor, Clock]:
    clock = Clock()
    return Governor(clock, clock.sleep), clock


requests = st.lists(
    st.tuples(st.floats(0, 30), st.sampled_from(Urgency), st.floats(0, 20)), max_size=150
)


@given(requests)
@settings(max_examples=60, deadline=None)
def test_no_minute_ever_holds_more_calls_than_allowed(
    wishes: list[tuple[float, Urgency, float]],
) -> None:
    budget, now = Budget(), 0.0
    taken: list[tuple[float, Urgency]] = []
    for pause, urgency, stop in wishes:
        now += pause / 10
        if stop > 19:
            budget.pause(now, stop)
        wait = budget.take(now, urgency)
        assert 0 <= wait <= PERIOD_SECONDS
        if not wait:
            taken.append((now, urgency))
    for start, _ in taken:
        minute = [one for at, one in taken if start <= at < start + PERIOD_SECONDS]
        assert len(minute) <= CALLS


@given(st.lists(st.floats(0, 3), max_size=200))
@settings(max_examples=40, deadline=None)
def test_polling_always_leaves_calls_for_people(pauses: list[float]) -> None:
    budget, now = Budget(), 0.0
    for pause in pauses:
        now += pause
        budget.take(now, Urgency.POLLING)
    for _ in range(KEPT_FOR_PEOPLE):
        assert budget.take(now, Urgency.PERSON) == 0


@given(st.integers(0, 120))
@settings(max_examples=40, deadline=None)
def test_whoever_waits_as_long_as_told_gets_its_turn(calls: int) -> None:
    budget, now = Budget(), 0.0
    for _ in range(calls):
        wait = budget.take(now, Urgency.POLLING)
        now += wait
        assert not wait or budget.take(now + 0.01, Urgency.POLLING) == 0


async def test_polling_waits_until_the_minute_has_room() -> None:
    governed, clock = governor()
    for _ in range(CALLS - KEPT_FOR_PEOPLE + 1):
        await governed.turn(Endpoint.FILES, Urgency.POLLING)
    assert PERIOD_SECONDS <= clock.now - 1000 < PERIOD_SECONDS + 1


async def test_classes_do_not_share_a_budget() -> None:
    governed, clock = governor()
    for endpoint in Endpoint:
        for _ in range(CALLS):
            await governed.turn(endpoint, Urgency.PERSON)
    assert clock.now == 1000


async def test_a_person_is_told_rather_than_kept_waiting() -> None:
    governed, clock = governor()
    governed.pause(Endpoint.WEBSITES, 30)
    with pytest.raises(HostThrottled, match="30 s"):
        await governed.turn(Endpoint.WEBSITES, Urgency.PERSON)
    clock.now += 25
    await governed.turn(Endpoint.WEBSITES, Urgency.PERSON)
    assert clock.now == 1030


async def test_a_pause_without_a_length_lasts_a_minute() -> None:
    governed, clock = governor()
    governed.pause(Endpoint.FILES, None)
    await governed.turn(Endpoint.FILES, Urgency.POLLING)
    assert clock.now == 1060
