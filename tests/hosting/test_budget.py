"""The calls of a minute, on a clock of their own."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.hosting.budget import (
    CALLS,
    KEPT_FOR_PEOPLE,
    LIMIT,
    PERIOD_SECONDS,
    Budget,
    Urgency,
)

requests = st.lists(st.tuples(st.floats(0, 3), st.sampled_from(Urgency)), max_size=150)


@given(requests)
@settings(max_examples=60, deadline=None)
def test_no_minute_ever_holds_more_calls_than_allowed(
    wishes: list[tuple[float, Urgency]],
) -> None:
    budget, now = Budget(), 0.0
    taken: list[tuple[float, Urgency]] = []
    for pause, urgency in wishes:
        now += pause
        wait = budget.wait(now, urgency)
        assert 0 <= wait <= PERIOD_SECONDS
        if not wait:
            budget.count(now)
            taken.append((now, urgency))
    for start, _ in taken:
        minute = [one for at, one in taken if start <= at < start + PERIOD_SECONDS]
        assert len(minute) <= CALLS < LIMIT
        assert len(minute) - minute.count(Urgency.PERSON) <= CALLS - KEPT_FOR_PEOPLE


others = st.sampled_from([Urgency.WORK, Urgency.POLLING])


@given(st.lists(st.tuples(st.floats(0, 3), others), max_size=200))
@settings(max_examples=40, deadline=None)
def test_all_others_always_leave_calls_for_people(wishes: list[tuple[float, Urgency]]) -> None:
    budget, now = Budget(), 0.0
    for pause, urgency in wishes:
        now += pause
        if not budget.wait(now, urgency):
            budget.count(now)
    for _ in range(KEPT_FOR_PEOPLE):
        assert budget.wait(now, Urgency.PERSON) == 0
        budget.count(now)


@given(st.integers(0, 60), st.integers(0, 60), st.sampled_from(Urgency))
@settings(max_examples=60, deadline=None)
def test_whoever_waits_as_long_as_told_gets_its_turn(
    calls: int, ahead: int, urgency: Urgency
) -> None:
    budget = Budget()
    for number in range(calls):
        budget.count(number / 10)
    now = calls / 10 + budget.wait(calls / 10, urgency, ahead) + 0.02
    for _ in range(min(ahead, CALLS - KEPT_FOR_PEOPLE - 1)):
        budget.count(now)
    allowed = ahead < CALLS - KEPT_FOR_PEOPLE
    assert not allowed or budget.wait(now, urgency) == 0


@pytest.mark.parametrize("seconds", [0.0, 59.9, 60.0, 61.0])
def test_a_call_counts_for_a_minute(seconds: float) -> None:
    budget = Budget()
    budget.count(100.0)
    assert budget.used(100.0 + seconds) == (1 if seconds < PERIOD_SECONDS else 0)
