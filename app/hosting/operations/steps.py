"""What an operation does next: decided from what is there now, never from what was hoped for.

Pure and free of time and calls: the worker looks, asks here, does one thing, and looks again. So an
operation goes on from wherever a crash, a lost answer or a slow host has left it.
"""

from dataclasses import dataclass
from enum import Enum
from math import inf

from app.models import Operation, OperationKind, OperationState, Specification

MAX_DELETIONS = 6
"""Refused or lost so often, a deletion is given up: the old site still stands."""
MAX_CREATIONS = 4
"""After so many calls without the new site standing, it is put back as it was."""

SWITCHED_OFF = "It is switched off now."


class Seen(Enum):
    """A site compared with what the operation knows of it. PARTIAL: there, without a command."""

    GONE = "gone"
    OLD = "old"
    NEW = "new"
    PARTIAL = "partial"
    OTHER = "other"


class Task(Enum):
    """Calls that the worker makes. COMPLETE sets what a new site lacks of its specification."""

    DELETE = "delete"
    CREATE_NEW = "create new"
    CREATE_OLD = "create old"
    COMPLETE_NEW = "complete new"
    COMPLETE_OLD = "complete old"
    SWITCH_ON = "switch on"


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds. Reads of the API may be older than the last write; how much is not known."""

    double_look: float = 1.0
    """Between two looks that have to agree before a site counts as gone or as somebody else's."""
    look_again: float = 2.0
    lag: float = 10.0
    """As long as a look may show what was before a call."""
    settle: float = 20.0
    """After it, one call whose answer was lost has had no effect."""
    patience: float = 60.0
    """After it, what contradicts a finished change is not an old read any more."""
    reserved: float = 600.0
    """A deleted domain can stay taken; after it, tries become rare."""
    given_up: float = 24 * 3600.0
    """After it, a domain that is still taken is somebody else's."""
    longest: float = 60.0
    unanswered: float = 8.0
    """A look that hangs takes 20 s, and a host that is back is to be noticed within 30 s."""
    rare: float = 300.0
    quiet: float = 130.0
    """Two calls that somebody waits for are over by then; before, nobody settles them."""


@dataclass(frozen=True, slots=True)
class Situation:
    """A look, and the seconds since: the last call, and the first look, of this process; and since
    the operation came into its state. Without a call there is no end to the first."""

    seen: Seen
    enabled: bool
    since_call: float
    since_start: float
    in_state: float


@dataclass(frozen=True, slots=True)
class Enter:
    """`reason` says why it cannot go as it was wanted; empty if it can."""

    state: OperationState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Do:
    task: Task


@dataclass(frozen=True, slots=True)
class Wait:
    """`seconds` until the next look; None for as long as usual."""

    note: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Close:
    state: OperationState
    reason: str = ""


Step = Enter | Do | Wait | Close

_GONE = "Somebody else deleted the site meanwhile."
_OTHER = "Somebody else changed the site meanwhile."
_TAKEN = "The host still keeps the domain of the deleted site. Sitedeck tries again."
_TAKEN_LONG = (
    "The host has kept the domain for more than ten minutes. Sitedeck goes on trying every five "
    "minutes; another account may have taken it."
)
_TAKEN_TOO_LONG = (
    "The host has kept the domain for a day, and another account may have taken it. Sitedeck has "
    "given up. How the site was made, with its command, is kept for 30 days: recreate it when the "
    "domain is free again."
)
_NOT_DELETED = "The host did not delete the site, however often it was asked to."
_NOT_CREATED = (
    "The host did not create the site with the new command, however often it was asked to."
)
_OLD_READ = "The host still shows what was before; looking again."


def classify(operation: Operation, found: Specification | None) -> Seen:
    """What a website object, or its absence, means to the operation."""
    if found is None:
        return Seen.GONE
    command = found.command.strip()
    if not command:
        return Seen.PARTIAL
    if operation.new is not None and command == operation.new.command.strip():
        return Seen.NEW
    if operation.old is not None and command == operation.old.command.strip():
        return Seen.OLD
    return Seen.OTHER


def next_step(operation: Operation, now: Situation, pace: Pace) -> Step:
    """Open operations only."""
    match operation.state:
        case OperationState.PLANNED:
            return _planned(now)
        case OperationState.DELETING:
            return _deleting(operation, now, pace)
        case OperationState.CREATING:
            return _creating(operation, now, pace)
        case OperationState.RESTORING:
            return _restoring(operation, now, pace)
        case OperationState.FINISHING:
            return _finishing(now, pace)
        case OperationState.SWITCHING_ON:
            return _switching_on(now, pace)
        case OperationState.ASKED:
            return _asked(operation, now, pace)
    raise ValueError(f"{operation.state} is an end")


def domain_taken(in_state: float, pace: Pace) -> Wait | Close:
    """When the host has just refused to make the site because its domain is taken. A deleted domain
    can stay reserved for a while."""
    if in_state < pace.reserved:
        # Each try costs three calls, so they become rarer the longer it takes.
        return Wait(_TAKEN, min(max(in_state / 2, pace.lag), pace.longest))
    if in_state < pace.given_up:
        return Wait(_TAKEN_LONG, pace.rare)
    return Close(OperationState.FAILED, _TAKEN_TOO_LONG)


def _planned(now: Situation) -> Step:
    match now.seen:
        case Seen.OLD:
            return Enter(OperationState.DELETING)
        case Seen.NEW:
            return Enter(OperationState.FINISHING)
        case Seen.GONE:
            return Close(OperationState.ABORTED, _GONE)
    return Close(OperationState.ABORTED, _OTHER)


def _deleting(operation: Operation, now: Situation, pace: Pace) -> Step:
    match now.seen:
        case Seen.GONE:
            return Enter(OperationState.CREATING)
        case Seen.NEW:
            return Enter(OperationState.FINISHING)
        case Seen.OTHER:
            return Close(OperationState.ABORTED, _OTHER)
    if now.since_call < pace.lag:
        return Wait(_OLD_READ)
    if operation.attempts >= MAX_DELETIONS:
        return Enter(OperationState.RESTORING, _NOT_DELETED)
    return Do(Task.DELETE)


def _creating(operation: Operation, now: Situation, pace: Pace) -> Step:
    match now.seen:
        case Seen.NEW:
            return Enter(OperationState.FINISHING)
        case Seen.OTHER:
            return Close(OperationState.ABORTED, _OTHER)
    if now.seen is Seen.GONE and now.since_call < pace.lag:
        return Wait(operation.note)
    if operation.attempts >= MAX_CREATIONS:
        return Enter(OperationState.RESTORING, _NOT_CREATED)
    if now.seen is Seen.GONE:
        return Do(Task.CREATE_NEW)
    return _clear_away(operation, now, pace)


def _restoring(operation: Operation, now: Situation, pace: Pace) -> Step:
    match now.seen:
        case Seen.OLD:
            # It may be what was there before it was deleted.
            is_sure = min(now.since_call, now.since_start, now.in_state) >= pace.lag
            return Do(Task.COMPLETE_OLD) if is_sure else Wait(_OLD_READ)
        case Seen.NEW:
            # Refused, and done all the same.
            return Enter(OperationState.FINISHING)
        case Seen.OTHER:
            return Close(OperationState.ABORTED, _OTHER)
        case Seen.GONE:
            return Wait("") if now.since_call < pace.lag else Do(Task.CREATE_OLD)
    return _clear_away(operation, now, pace)


def _clear_away(operation: Operation, now: Situation, pace: Pace) -> Step:
    """A site that stands in the way of the one to be made, unless it is only an old read. It is
    left standing longer each time, for a host that makes every site badly."""
    patience = min(pace.lag * max(operation.attempts // 2, 1), pace.rare)
    if min(now.since_call, now.since_start) < patience:
        return Wait(_OLD_READ)
    return Do(Task.DELETE)


def _finishing(now: Situation, pace: Pace) -> Step:
    if now.seen is Seen.NEW:
        return Do(Task.COMPLETE_NEW)
    if min(now.in_state, now.since_start) < pace.patience:
        return Wait(_OLD_READ)
    return Close(OperationState.ABORTED, _GONE if now.seen is Seen.GONE else _OTHER)


def _switching_on(now: Situation, pace: Pace) -> Step:
    """What switched it off may show late, so it is switched on once whatever is seen."""
    match now.seen:
        case Seen.GONE:
            return Close(OperationState.ABORTED, _GONE)
        case Seen.OTHER:
            return Close(OperationState.ABORTED, _OTHER)
    if now.since_call < pace.lag:
        return Wait("")
    if now.enabled and now.since_call < inf:
        return Close(OperationState.DONE)
    return Do(Task.SWITCH_ON)


def _asked(operation: Operation, now: Situation, pace: Pace) -> Step:
    """One call, never repeated: only what came of it is found out."""
    kind = operation.kind
    if kind is OperationKind.CREATE:
        wanted, otherwise = now.seen is Seen.NEW, "The site was not created."
    elif kind is OperationKind.DELETE:
        wanted = now.seen is Seen.GONE
        then = "Deleting it once more switches it off first." if now.enabled else SWITCHED_OFF
        otherwise = f"The site was not deleted. {then}"
    elif kind is OperationKind.CHANGE_COMMAND:
        wanted, otherwise = now.seen is Seen.NEW, "The command was not changed."
    else:
        is_there = now.seen is not Seen.GONE
        wanted = is_there and now.enabled == (kind is OperationKind.ENABLE)
        still = "disabled" if kind is OperationKind.ENABLE else "enabled"
        otherwise = f"It is still {still}." if is_there else "The site is gone."
    if wanted:
        makes = kind is OperationKind.CREATE
        return Enter(OperationState.FINISHING) if makes else Close(OperationState.DONE)
    if min(now.in_state, now.since_start) < pace.settle:
        return Wait("")
    if kind is OperationKind.CREATE and now.seen is Seen.PARTIAL:
        otherwise = "The host made the site without its command. Delete it and create it again."
    elif kind is OperationKind.CREATE and now.seen is Seen.OTHER:
        otherwise = "The domain already has a site with another command."
    return Close(OperationState.FAILED, otherwise)
