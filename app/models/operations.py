"""Operations: changes of a site that are written down before they begin and seen through."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from app.models.sites import SiteKey

CERTIFICATE_NOT_KNOWN = "not known"
"""For the kind of a certificate whose description could not be read."""


@dataclass(frozen=True, slots=True)
class Specification:
    """All that is needed to make a site anew.

    `domains` are all names it answers to, `logs` the paths of its log files, `cname` what a custom
    domain has to point at, which the host chooses. `certificate` is the kind of its certificate as
    the host calls it, empty if it has none of its own, or CERTIFICATE_NOT_KNOWN.
    """

    domain_name: str
    command: str
    enabled: bool
    working_folder: str = ""
    domains: tuple[str, ...] = ()
    certificate: str = ""
    logs: tuple[str, ...] = ()
    cname: str = ""

    @property
    def more_domains(self) -> tuple[str, ...]:
        """The names besides its own, which a site that is made anew does not get."""
        return tuple(name for name in self.domains if name != self.domain_name)


class OperationKind(StrEnum):
    """What is to be done to a site."""

    CREATE = "create"
    DELETE = "delete"
    ENABLE = "enable"
    DISABLE = "disable"
    CHANGE_COMMAND = "change_command"
    RELOAD = "reload"

    @property
    def action(self) -> str:
        """What the record of activity calls it."""
        return self.value.replace("_", " ")


class OperationState(StrEnum):
    """How far an operation has come.

    One call to the host is `asked` and then `done` or `failed`. A command that the host cannot
    change goes from `planned` through `deleting`, `creating` and `finishing` to `done`, or through
    `restoring` to `restored`; it is `aborted` when the site is not what it was any more. A reload
    by switching the site off and on is `switching_on` from before it is switched off.
    """

    PLANNED = "planned"
    ASKED = "asked"
    SWITCHING_ON = "switching_on"
    DELETING = "deleting"
    CREATING = "creating"
    FINISHING = "finishing"
    RESTORING = "restoring"
    DONE = "done"
    RESTORED = "restored"
    ABORTED = "aborted"
    FAILED = "failed"

    @property
    def is_open(self) -> bool:
        return self not in CLOSED_STATES


CLOSED_STATES = frozenset(
    {
        OperationState.DONE,
        OperationState.RESTORED,
        OperationState.ABORTED,
        OperationState.FAILED,
    }
)


_ASKED_WORDS = {
    OperationKind.CREATE: "was being created",
    OperationKind.DELETE: "was being deleted",
    OperationKind.ENABLE: "was being enabled",
    OperationKind.DISABLE: "was being disabled",
    OperationKind.CHANGE_COMMAND: "was being given another command",
    OperationKind.RELOAD: "was being reloaded",
}
_STATE_WORDS = {
    OperationState.PLANNED: "is about to get another command",
    OperationState.SWITCHING_ON: "is switched off for its reload and is being switched on again",
    OperationState.DELETING: "is being deleted, to be created with its new command",
    OperationState.CREATING: "is being created with its new command",
    OperationState.FINISHING: "is there again and gets its settings",
    OperationState.RESTORING: "is being put back as it was",
    OperationState.DONE: "is done",
    OperationState.RESTORED: "is as it was",
    OperationState.ABORTED: "was left as it is",
    OperationState.FAILED: "was not changed",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the name and address for the record, the session for the announcement."""

    name: str
    address: str
    session_id: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One entry of the journal. Times are UTC.

    `login` is the account's user and host, so that an account of the same name that belongs to
    somebody else is never touched. `attempts` counts the calls of the present state, `next_at` is
    when the next step is due: None waits for a person. `note` says what it waits for, `reason` why
    it could not go as it was wanted, both in words for people. `without_since` is since when the
    site has not been there, `without_seconds` how long that was.
    """

    id: int
    account_id: str
    login: str
    domain_name: str
    kind: OperationKind
    state: OperationState
    old: Specification | None
    new: Specification | None
    actor: Actor
    created_at: datetime
    updated_at: datetime
    entered_at: datetime
    next_at: datetime | None
    attempts: int = 0
    note: str = ""
    reason: str = ""
    without_since: datetime | None = None
    without_seconds: float | None = None

    @property
    def key(self) -> SiteKey:
        return self.account_id, self.domain_name

    @property
    def is_away(self) -> bool:
        """The site has been taken away by it, as far as is known, and is not there again."""
        return self.without_since is not None and self.without_seconds is None

    @property
    def never_was(self) -> bool:
        """A creation that has failed: there is nothing of the site to be kept."""
        return self.kind is OperationKind.CREATE and self.state is OperationState.FAILED

    @property
    def is_failed_deletion(self) -> bool:
        return self.kind is OperationKind.DELETE and self.state is OperationState.FAILED

    @property
    def may_have_switched_off(self) -> bool:
        """Whether it may leave a site off that was on, if it ends here. A deletion that is tried
        again switches it off first."""
        states = (OperationState.SWITCHING_ON, OperationState.RESTORING)
        is_tried_again = self.state is OperationState.DELETING and self.attempts > 1
        was_on = self.old is not None and self.old.enabled
        return was_on and (is_tried_again or self.state in states)

    @property
    def is_stopped_change(self) -> bool:
        """A change of command that was given up halfway."""
        is_halfway = self.state is OperationState.FAILED and self.without_since is not None
        is_change = self.kind is OperationKind.CHANGE_COMMAND
        return is_change and (self.state is OperationState.ABORTED or is_halfway)

    @property
    def wanted_again(self) -> Specification | None:
        """What may be wanted after a change of command: the old one if it was carried out, else
        the new one. None for other operations."""
        if self.kind is not OperationKind.CHANGE_COMMAND or self.state.is_open:
            return None
        return self.old if self.state is OperationState.DONE else self.new

    @property
    def is_shown(self) -> bool:
        """A single call is shown only when its answer has been lost."""
        return self.state.is_open and (self.state is not OperationState.ASKED or bool(self.note))

    @property
    def doing(self) -> str:
        """What is being done now, in words that follow the name of the site."""
        if self.state is OperationState.ASKED:
            return _ASKED_WORDS[self.kind]
        return _STATE_WORDS[self.state]

    def enter(self, state: OperationState, now: datetime, reason: str = "") -> "Operation":
        """The same operation in another state, its next step due at once."""
        return replace(
            self,
            state=state,
            entered_at=now,
            next_at=now,
            attempts=0,
            note="",
            reason=reason or self.reason,
        )
