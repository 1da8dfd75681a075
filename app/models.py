"""The vocabulary of Sitedeck as values: frozen, typed, free of I/O. Open to every layer."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.errors import InvalidInput

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LOG_NAME = re.compile(r"(error|server|access)(?:\.(?:(1)|([2-9])\.gz))?")


class AccountKind(StrEnum):
    """Where an account's sites live."""

    LOCAL = "local"
    PYTHONANYWHERE = "pythonanywhere"


class Role(StrEnum):
    """What a signed-in person may do; each role may do all that the ones before it may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def includes(self, needed: "Role") -> bool:
        order = list(Role)
        return order.index(self) >= order.index(needed)


class SiteStatus(StrEnum):
    """What Sitedeck observed of a site, in the order in which lists sort it."""

    FAILING = "failing"
    UNKNOWN = "unknown"
    RELOADING = "reloading"
    STARTING = "starting"
    RUNNING = "running"
    DISABLED = "disabled"

    @property
    def word(self) -> str:
        return self.value.capitalize()

    @property
    def is_settled(self) -> bool:
        return self not in (SiteStatus.RELOADING, SiteStatus.STARTING)


class HostState(StrEnum):
    """What the local host's supervisor does with a site (extra field `status.state` of its API)."""

    DISABLED = "disabled"
    STARTING = "starting"
    RUNNING = "running"
    RELOADING = "reloading"
    STOPPING = "stopping"
    FAILED = "failed"
    BACKOFF = "backoff"
    CRASH_LOOP = "crash_loop"

    @property
    def status(self) -> SiteStatus:
        return _STATUS_OF_STATE[self]


_STATUS_OF_STATE = {
    HostState.DISABLED: SiteStatus.DISABLED,
    HostState.STARTING: SiteStatus.STARTING,
    HostState.RUNNING: SiteStatus.RUNNING,
    HostState.RELOADING: SiteStatus.RELOADING,
    HostState.STOPPING: SiteStatus.DISABLED,
    HostState.FAILED: SiteStatus.FAILING,
    HostState.BACKOFF: SiteStatus.FAILING,
    HostState.CRASH_LOOP: SiteStatus.FAILING,
}


class Secret:
    """A text that shows itself only to who asks for it by name: never in a page, log or repr."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "***"

    def __reduce__(self) -> str:
        raise TypeError("A secret is not to be copied or stored.")


@dataclass(frozen=True, slots=True)
class Account:
    """One place where sites live. `username` is the user in the API's addresses.

    `api_host` names the API address (`us`, `eu`, or one that the server's configuration adds),
    `token_end` the last characters of the token; both are empty for the local host.
    """

    id: str
    kind: AccountKind
    label: str
    username: str
    api_host: str = ""
    token_end: str = ""


@dataclass(frozen=True, slots=True)
class Exit:
    """How a site's process ended: exit `code`, or the number of the `signal` that ended it.

    `stderr` holds its last lines, oldest first, decoded with replacement.
    """

    at: datetime
    code: int | None
    signal: int | None
    stderr: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The first answer after a start: HTTP `status` after `seconds`."""

    status: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Site:
    """One domain with its command in one account, as last seen at `seen_at` (UTC).

    `enabled` is what the owner set, `status` what was observed, `reason` why it is not running.
    `error_count` is of the last 24 hours, None where nobody counts.
    """

    account_id: str
    domain_name: str
    command: str
    enabled: bool
    status: SiteStatus
    url: str
    seen_at: datetime = field(compare=False)  # seeing the same again is no change
    reason: str = ""
    pid: int | None = None
    started_at: datetime | None = None
    reloaded_at: datetime | None = None
    answer: Answer | None = None
    last_exit: Exit | None = None
    error_count: int | None = 0

    @property
    def key(self) -> tuple[str, str]:
        return self.account_id, self.domain_name


@dataclass(frozen=True, slots=True)
class SiteTemplate:
    """A kind of site: how it is served, what to install, and a file to start from.

    `command` is a format string with the fields `virtualenv`, `folder` and `application`.
    """

    id: str
    name: str
    server: str
    command: str
    application: str
    install: str
    starter_file: str
    starter: str


class SiteAction(StrEnum):
    """What one click does to a site."""

    RELOAD = "reload"
    ENABLE = "enable"
    DISABLE = "disable"

    @property
    def past(self) -> str:
        return "reloaded" if self is SiteAction.RELOAD else f"{self.value}d"

    @property
    def opposite(self) -> "SiteAction | None":
        """What undoes it, where something does."""
        pairs = {SiteAction.ENABLE: SiteAction.DISABLE, SiteAction.DISABLE: SiteAction.ENABLE}
        return pairs.get(self)


@dataclass(frozen=True, slots=True)
class Toast:
    """The result of an action: a sentence and a fact. `undo` acts on the site `site_key`."""

    text: str
    detail: str = ""
    is_error: bool = False
    undo: SiteAction | None = None
    site_key: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class HostNotice:
    """Something about the local host that a person should know; `action` is what a button offers.

    The action is `start` or `restart` (which leaves the sites running), or empty.
    """

    title: str
    detail: str
    action: str = ""
    button: str = ""


@dataclass(frozen=True, slots=True)
class Activity:
    """One entry of the record: `result` is `done`, or `failed: ` and why.

    `target` is `ACCOUNT/DOMAIN`, `ACCOUNT`, or the name of a user.
    """

    id: int
    at: datetime
    actor: str
    address: str
    action: str
    target: str
    result: str

    @property
    def has_failed(self) -> bool:
        return self.result.startswith("failed")

    @property
    def site_key(self) -> tuple[str, str] | None:
        account_id, slash, domain_name = self.target.partition("/")
        return (account_id, domain_name) if slash else None


class LogKind(StrEnum):
    """The three logs of a site: its stderr, its stdout, the proxy's request lines."""

    ERROR = "error"
    SERVER = "server"
    ACCESS = "access"


@dataclass(frozen=True, slots=True)
class LogName:
    """The name of one log file from the closed set `error`, `error.1`, `error.2.gz` ... `.9.gz`.

    `index` 0 is the live file. Raises InvalidInput for anything else.
    """

    kind: LogKind
    index: int = 0

    @classmethod
    def parse(cls, text: str) -> "LogName":
        match = _LOG_NAME.fullmatch(text)
        if match is None:
            raise InvalidInput(f"There is no log called {text[:40]!r}.")
        return cls(LogKind(match[1]), int(match[2] or match[3] or 0))

    def __str__(self) -> str:
        return f"{self.kind.value}{self._suffix}"

    def file_name(self, domain_name: str) -> str:
        """The file's name in the log folder, `DOMAIN.error.log.1` in PythonAnywhere's pattern."""
        return f"{domain_name}.{self.kind.value}.log{self._suffix}"

    @property
    def _suffix(self) -> str:
        return {0: "", 1: ".1"}.get(self.index, f".{self.index}.gz")


class Level(StrEnum):
    """Severity of a log line as the log view groups it; `error` includes everything above it."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    OTHER = "other"


class TracebackPart(StrEnum):
    """What a line is to the tracebacks around it.

    A `first` line is an entry with the `more` lines that follow it; without any it is a line like
    others.
    """

    NONE = "none"
    FIRST = "first"
    MORE = "more"


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a log file.

    `offset` and `length` are bytes in the file called `identity` (length includes the newline),
    `number` counts its lines from 1. `text` is at most 4 KiB of the line, decoded with
    replacement, still with escapes; `is_cut` says that there is more. `time` is the line's own,
    else that of its arrival (`is_arrival`).
    """

    identity: str
    offset: int
    length: int
    number: int
    text: str
    level: Level
    time: datetime | None = None
    is_arrival: bool = False
    is_cut: bool = False
    starts_traceback: bool = False
    part: TracebackPart = TracebackPart.NONE


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as written: its `File` line and the source and marks below it.

    `package` names the library it belongs to; it is empty for the site's own code.
    """

    lines: tuple[str, ...]
    package: str = ""


@dataclass(frozen=True, slots=True)
class Raised:
    """One exception of a traceback: its `Type: message` lines, none where they are missing.

    `relation` says in words what it is to the one before it; `depth` counts the exception groups
    around it.
    """

    message: tuple[str, ...]
    frames: tuple[Frame, ...]
    relation: str = ""
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Traceback:
    """The lines of one traceback; `raised` has the last exception first, the oldest cause last.

    `header` is the line above it as its program wrote it, with level, or empty.
    """

    lines: tuple[LogLine, ...]
    header: str
    raised: tuple[Raised, ...]

    @property
    def level(self) -> Level:
        return Level.ERROR


LogEntry = LogLine | Traceback


def parse_domain(text: str) -> str:
    """The domain in lower case, if it is a host name that a site may have.

    Labels of letters, digits and inner hyphens, at least two, 253 characters in all (RFC 1123).
    Raises InvalidInput with the reason.
    """
    domain = text.strip().lower().rstrip(".")
    if not domain:
        raise InvalidInput("Type a domain, for example shop.localhost.", "domain_name")
    labels = domain.split(".")
    if len(domain) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise InvalidInput(
            "This is not a host name: use letters, digits, hyphens and dots.", "domain_name"
        )
    if len(labels) < 2:
        raise InvalidInput(
            f"A domain has at least two parts, for example {domain}.localhost.", "domain_name"
        )
    return domain
