"""What is left alone while an API fails, and how soon it is found to be back."""

import pytest

from app.hosting.breaker import (
    FAILURES,
    FIRST_SECONDS,
    LONGEST_PROBE_SECONDS,
    MAX_SECONDS,
    Breaker,
)
from app.hosting.budget import Urgency
from app.hosting.client import Deadlines
from app.hosting.pause import FIRST_SECONDS as FIRST_PAUSE
from app.hosting.pause import MAX_SECONDS as LONGEST_PAUSE
from app.hosting.pause import Pause


def opened(now: float = 0.0) -> Breaker:
    breaker = Breaker()
    for _ in range(FAILURES):
        breaker.failed(now, "502", is_probe=breaker.begin(now))
    return breaker


def test_failures_in_a_row_open_it_and_an_answer_between_does_not() -> None:
    breaker = Breaker()
    for _ in range(FAILURES - 1):
        breaker.failed(0.0, "502", is_probe=breaker.begin(0.0))
    breaker.answered()
    breaker.failed(0.0, "502", is_probe=breaker.begin(0.0))
    assert not breaker.is_open
    assert opened().is_open


@pytest.mark.parametrize("urgency", [Urgency.WORK, Urgency.POLLING])
def test_open_it_holds_all_back_but_a_person(urgency: Urgency) -> None:
    breaker = opened()
    assert breaker.held_seconds(1.0, urgency) == FIRST_SECONDS - 1
    assert breaker.held_seconds(1.0, Urgency.PERSON) == 0
    assert breaker.held_seconds(FIRST_SECONDS, urgency) == 0


@pytest.mark.parametrize("urgency", Urgency)
def test_there_is_one_probe_at_a_time(urgency: Urgency) -> None:
    breaker = opened()
    assert breaker.begin(FIRST_SECONDS)
    assert breaker.held_seconds(FIRST_SECONDS, urgency) > 0
    breaker.given_up(is_probe=True)
    assert breaker.held_seconds(FIRST_SECONDS, urgency) == 0


def test_a_probe_that_fails_keeps_it_open_longer_up_to_a_bound() -> None:
    breaker, now, lengths = opened(), 0.0, []
    for _ in range(5):
        left = breaker.left(now)
        lengths.append(left)
        now += left
        breaker.failed(now, "502", is_probe=breaker.begin(now))
    assert lengths == [2, 4, 5, 5, 5]
    assert (lengths[0], lengths[-1]) == (FIRST_SECONDS, MAX_SECONDS)
    breaker.answered()
    assert not breaker.is_open
    assert opened().left(0.0) == FIRST_SECONDS


@pytest.mark.parametrize("urgency", Urgency)
def test_a_probe_that_takes_longer_than_a_read_holds_nobody_up(urgency: Urgency) -> None:
    breaker = opened()
    breaker.begin(FIRST_SECONDS)
    later = FIRST_SECONDS + LONGEST_PROBE_SECONDS
    assert breaker.held_seconds(later - 1, urgency) > 0
    assert breaker.held_seconds(later, urgency) == 0
    assert breaker.begin(later), "the next one is a probe, too"
    assert breaker.held_seconds(later, urgency) > 0
    assert Deadlines().reading <= LONGEST_PROBE_SECONDS, "nobody asks before a read has ended"


def test_a_probe_that_hangs_and_the_wait_after_it_take_less_than_half_a_minute() -> None:
    assert Deadlines().reading + MAX_SECONDS < 30


def test_a_late_failure_of_a_call_from_before_does_not_prolong_it() -> None:
    breaker = opened()
    breaker.failed(1.0, "502", is_probe=False)
    assert breaker.left(0.0) == FIRST_SECONDS


def test_a_pause_without_a_length_doubles_until_a_call_is_answered() -> None:
    pause, now, lengths = Pause(), 0.0, []
    for _ in range(7):
        pause.begin(now, None)
        lengths.append(pause.left(now))
        now += pause.left(now)
    assert lengths == [15, 30, 60, 120, 240, 300, 300]
    assert (lengths[0], lengths[-1]) == (FIRST_PAUSE, LONGEST_PAUSE)
    pause.answered(now)
    pause.begin(now, None)
    assert pause.left(now) == FIRST_PAUSE


def test_a_pause_lasts_as_long_as_was_asked_and_a_shorter_one_does_not_end_it() -> None:
    pause = Pause()
    pause.begin(0.0, 40.0)
    pause.begin(1.0, 2.0)
    assert pause.left(1.0) == 39
    assert pause.asked_seconds == 40
    pause.begin(50.0, 0.0)
    assert pause.left(50.0) > 0
