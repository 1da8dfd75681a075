"""The rules of the next step, for every state, sight and age."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hosting.operations.steps import (
    MAX_CREATIONS,
    MAX_DELETIONS,
    Close,
    Do,
    Enter,
    Pace,
    Seen,
    Situation,
    Step,
    Task,
    Wait,
    classify,
    domain_taken,
    next_step,
)
from app.models import Operation, OperationKind, OperationState, Specification
from tests.operations.kit import ACTOR, NEW, OLD, OLD_SPEC, SHOP

PACE = Pace()
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CHANGE = Operation(
    id=1,
    account_id="pa1",
    login="alice@us",
    domain_name=SHOP,
    kind=OperationKind.CHANGE_COMMAND,
    state=OperationState.PLANNED,
    old=OLD_SPEC,
    new=replace(OLD_SPEC, command=NEW),
    actor=ACTOR,
    created_at=NOW,
    updated_at=NOW,
    entered_at=NOW,
    next_at=NOW,
)
OPEN = [state for state in OperationState if state.is_open]
RECREATING = [state for state in OPEN if state is not OperationState.ASKED]
IN_STEPS = (OperationKind.CHANGE_COMMAND, OperationKind.RELOAD)
KINDS = [kind for kind in OperationKind if kind not in IN_STEPS]

# Around each limit of the pace, so that every one of them is met often.
LIMITS = (PACE.lag, PACE.settle, PACE.patience, PACE.reserved, PACE.given_up)
seconds = st.sampled_from([0.0, *(at + by for at in LIMITS for by in (-1, 0, 1)), inf])
situations = st.builds(
    Situation,
    seen=st.sampled_from(Seen),
    enabled=st.booleans(),
    since_call=seconds,
    since_start=seconds,
    in_state=seconds,
)
changes = st.builds(
    lambda state, attempts: replace(CHANGE, state=state, attempts=attempts),
    st.sampled_from(RECREATING),
    st.integers(0, 10),
)


def step(state: OperationState, seen: Seen, attempts: int = 0, age: float = inf) -> Step:
    """The next one when so many seconds have passed since everything."""
    now = Situation(seen, True, age, age, age)
    return next_step(replace(CHANGE, state=state, attempts=attempts), now, PACE)


@given(changes, situations)
def test_a_site_is_only_made_where_there_is_none(operation: Operation, now: Situation) -> None:
    if next_step(operation, now, PACE) in (Do(Task.CREATE_NEW), Do(Task.CREATE_OLD)):
        assert now.seen is Seen.GONE


@given(changes, situations)
def test_only_the_old_site_or_a_broken_one_is_ever_deleted(
    operation: Operation, now: Situation
) -> None:
    if next_step(operation, now, PACE) == Do(Task.DELETE):
        assert now.seen in (Seen.OLD, Seen.PARTIAL)
        assert operation.state is not OperationState.PLANNED


@given(changes, situations)
def test_it_never_ends_while_the_site_is_gone_and_it_made_it_go(
    operation: Operation, now: Situation
) -> None:
    states = (OperationState.DELETING, OperationState.CREATING, OperationState.RESTORING)
    if now.seen is Seen.GONE and operation.state in states:
        assert not isinstance(next_step(operation, now, PACE), Close)


@given(changes, situations)
def test_somebody_elses_site_is_never_touched(operation: Operation, now: Situation) -> None:
    if now.seen is Seen.OTHER:
        assert not isinstance(next_step(operation, now, PACE), Do)


@given(changes, situations)
def test_nothing_is_done_twice_before_a_read_can_show_it(
    operation: Operation, now: Situation
) -> None:
    taken = next_step(operation, now, PACE)
    if now.since_call < PACE.lag and isinstance(taken, Do):
        assert taken.task in (Task.COMPLETE_NEW, Task.COMPLETE_OLD)


@given(st.sampled_from(KINDS), situations)
def test_a_single_call_is_never_repeated(kind: OperationKind, now: Situation) -> None:
    operation = replace(CHANGE, kind=kind, state=OperationState.ASKED)
    assert not isinstance(next_step(operation, now, PACE), Do)


@given(st.sampled_from(list(OperationKind)), situations)
def test_a_single_call_is_settled_when_its_time_is_over(
    kind: OperationKind, now: Situation
) -> None:
    operation = replace(CHANGE, kind=kind, state=OperationState.ASKED)
    late = replace(now, since_start=PACE.settle, in_state=PACE.settle)
    assert not isinstance(next_step(operation, late, PACE), Wait)


@given(changes, situations)
def test_when_all_time_has_passed_there_is_something_to_do(
    operation: Operation, now: Situation
) -> None:
    late = replace(now, since_call=inf, since_start=inf, in_state=inf)
    assert not isinstance(next_step(operation, late, PACE), Wait)


@pytest.mark.parametrize(
    ("state", "seen", "expected"),
    [
        (OperationState.PLANNED, Seen.OLD, Enter(OperationState.DELETING)),
        (OperationState.DELETING, Seen.OLD, Do(Task.DELETE)),
        (OperationState.DELETING, Seen.GONE, Enter(OperationState.CREATING)),
        (OperationState.CREATING, Seen.GONE, Do(Task.CREATE_NEW)),
        (OperationState.CREATING, Seen.NEW, Enter(OperationState.FINISHING)),
        (OperationState.CREATING, Seen.PARTIAL, Do(Task.DELETE)),
        (OperationState.FINISHING, Seen.NEW, Do(Task.COMPLETE_NEW)),
        (OperationState.RESTORING, Seen.GONE, Do(Task.CREATE_OLD)),
        (OperationState.RESTORING, Seen.OLD, Do(Task.COMPLETE_OLD)),
        (OperationState.RESTORING, Seen.NEW, Enter(OperationState.FINISHING)),
        (OperationState.SWITCHING_ON, Seen.OLD, Do(Task.SWITCH_ON)),
    ],
)
def test_the_way_of_a_change(state: OperationState, seen: Seen, expected: Step) -> None:
    assert step(state, seen) == expected


def test_a_deletion_without_effect_is_given_up_in_the_end() -> None:
    taken = step(OperationState.DELETING, Seen.OLD, MAX_DELETIONS)
    assert isinstance(taken, Enter) and taken.state is OperationState.RESTORING
    assert "did not delete" in taken.reason


@pytest.mark.parametrize("seen", [Seen.GONE, Seen.PARTIAL, Seen.OLD])
def test_a_creation_without_effect_gets_the_old_site_back(seen: Seen) -> None:
    before = step(OperationState.CREATING, seen, MAX_CREATIONS - 1)
    assert isinstance(before, Do)
    taken = step(OperationState.CREATING, seen, MAX_CREATIONS)
    assert isinstance(taken, Enter) and taken.state is OperationState.RESTORING
    assert "did not create" in taken.reason


def test_the_last_creation_is_given_the_time_to_show() -> None:
    taken = step(OperationState.CREATING, Seen.GONE, MAX_CREATIONS, PACE.lag - 1)
    assert isinstance(taken, Wait)


@given(st.integers(0, 1000))
def test_the_old_site_is_tried_for_however_often_it_was_in_vain(attempts: int) -> None:
    assert step(OperationState.RESTORING, Seen.GONE, attempts) == Do(Task.CREATE_OLD)


def test_a_host_that_makes_every_site_badly_is_left_alone_longer_and_longer() -> None:
    def cleared_after(attempts: int) -> int:
        ages = range(int(PACE.rare) + 1)
        state, seen = OperationState.RESTORING, Seen.PARTIAL
        return next(age for age in ages if isinstance(step(state, seen, attempts, age), Do))

    waits = [cleared_after(attempts) for attempts in (1, 9, 29, 1001)]
    assert waits[0] == PACE.lag and waits[-1] == PACE.rare
    assert waits == sorted(set(waits))


def test_an_old_read_right_after_a_call_is_waited_out() -> None:
    for state in (OperationState.DELETING, OperationState.CREATING, OperationState.RESTORING):
        assert isinstance(step(state, Seen.PARTIAL, age=PACE.lag - 1), Wait)
    for state in (OperationState.CREATING, OperationState.RESTORING):
        assert isinstance(step(state, Seen.GONE, age=PACE.lag - 1), Wait)
    assert isinstance(step(OperationState.FINISHING, Seen.GONE, age=PACE.patience - 1), Wait)


@pytest.mark.parametrize("young", ["since_call", "since_start", "in_state"])
def test_an_old_site_is_completed_when_it_cannot_be_an_old_read(young: str) -> None:
    operation = replace(CHANGE, state=OperationState.RESTORING)
    ages = {"since_call": inf, "since_start": inf, "in_state": inf}
    now = Situation(Seen.OLD, True, **(ages | {young: PACE.lag - 1}))
    assert isinstance(next_step(operation, now, PACE), Wait)


@pytest.mark.parametrize(
    ("command", "seen"),
    [(OLD, Seen.OLD), (f" {NEW} ", Seen.NEW), ("", Seen.PARTIAL), ("/bin/other", Seen.OTHER)],
)
def test_a_site_is_known_by_its_command(command: str, seen: Seen) -> None:
    assert classify(CHANGE, Specification(SHOP, command, True)) is seen
    assert classify(CHANGE, None) is Seen.GONE


@given(seconds)
def test_a_domain_that_is_taken_is_tried_again_for_a_day(in_state: float) -> None:
    taken = domain_taken(in_state, PACE)
    assert isinstance(taken, Close) == (in_state >= PACE.given_up)
    if isinstance(taken, Wait):
        assert taken.seconds is not None and PACE.lag <= taken.seconds <= PACE.rare
        assert (taken.seconds == PACE.rare) == (in_state >= PACE.reserved)
        assert "domain" in taken.note


def test_tries_for_a_domain_that_is_taken_become_rarer() -> None:
    at, tries = 0.0, []
    while at < PACE.reserved:
        tries.append(at)
        taken = domain_taken(at, PACE)
        assert isinstance(taken, Wait) and taken.seconds is not None
        at += taken.seconds
    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert gaps == sorted(gaps)
    assert (gaps[0], gaps[-1]) == (PACE.lag, PACE.longest)


def test_giving_up_says_what_is_kept() -> None:
    end = domain_taken(PACE.given_up, PACE)
    assert isinstance(end, Close) and end.state is OperationState.FAILED
    assert "kept for 30 days" in end.reason and "command" in end.reason


def test_a_closed_operation_has_no_next_step() -> None:
    with pytest.raises(ValueError, match="is an end"):
        step(OperationState.DONE, Seen.NEW)
