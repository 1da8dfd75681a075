"""When what a site answered and logged since a click is enough to say that it crashes."""

from app.hosting.evidence import Evidence
from app.hosting.inquiry import Patience
from app.models import Crash

CRASH = Crash("KeyError: 'x'")


def evidence(bad: int, crash: Crash | None = CRASH, good_at: float = 0.0) -> Evidence:
    """Of a reload: a good answer, and so many bad ones later."""
    seen = Evidence(settling=10.0, crashing=10.0)
    seen.note_good(200, good_at)
    if crash is not None:
        seen.note_crash(crash, good_at)
    for _ in range(bad):
        seen.note_bad()
    return seen


def test_an_exception_and_bad_answers_of_a_while_are_a_crash() -> None:
    assert evidence(2).is_crashing(10.0)


def test_one_bad_answer_is_none() -> None:
    assert not evidence(1).is_crashing(20.0)


def test_bad_answers_that_began_a_moment_ago_are_none() -> None:
    assert not evidence(2, good_at=7.0).is_crashing(11.0)


def test_bad_answers_alone_are_none() -> None:
    assert not evidence(2, crash=None).is_crashing(10.0)


def test_a_good_answer_begins_the_while_anew() -> None:
    seen = evidence(2)
    seen.note_good(200, 12.0)
    seen.note_bad()
    seen.note_bad()
    assert not seen.is_crashing(16.0)


def test_a_crash_at_the_start_is_told_within_a_quarter_of_a_minute() -> None:
    patience = Patience()
    assert patience.crashing + 2 * patience.step < 15
