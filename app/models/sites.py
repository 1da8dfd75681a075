"""Sites: what their owners set and what was observed of them."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.errors import InvalidInput
from app.models.accounts import LOCAL_ID
from app.models.certificates import CertificateAlert

# PythonAnywhere serves the names below its own with a certificate of its own.
_HOST_DOMAIN = ".pythonanywhere.com"
_LISTED = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


SiteKey = tuple[str, str]
"""The id of a site's account and its domain."""


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
    """HTTP `status` after `seconds`: of one question, or since the click before a first answer."""

    status: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Crash:
    """Why a site ended, as its log says: `Type: message`, and the traceback if it wrote one."""

    words: str
    text: str = ""

    @property
    def is_exception(self) -> bool:
        """A lone line at ERROR may be of anything."""
        return bool(self.text)

    @property
    def as_end(self) -> str:
        """In a sentence about a site that does not answer."""
        return f"Its error log ends with: {self.words}"


@dataclass(frozen=True, slots=True)
class Check:
    """What asking the site at its own address came to at `at` (UTC).

    `answer` is None if it gave none; `problem` says why, or what it logs while it crashes.
    `failures` counts the checks in a row that were no good, `traceback` is the end of what it
    wrote, as it wrote it.
    """

    at: datetime = field(compare=False)
    answer: Answer | None
    problem: str = ""
    failures: int = 0
    traceback: str = ""

    @property
    def is_failing(self) -> bool:
        """One lost answer may be a hiccup of the network."""
        return self.failures >= 2


@dataclass(frozen=True, slots=True)
class Site:
    """One domain with its command in one account, as last seen at `seen_at` (UTC).

    `enabled` is what the owner set, `status` what was observed, `reason` why it is not running.
    `error_count` is of the last 24 hours, None before it has been counted. A site `is_gone` when
    its account does not list it any more; what was known of it stays. `cname` is the name that a
    custom domain has to point at, `certificate_alert` what is wrong with its certificate. A remote
    site is asked every `check_seconds` whether it answers, 0: never, None: Sitedeck asks no sites.
    `working_folder` is empty for its host's own choice: here the home folder.
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
    error_count: int | None = None
    is_gone: bool = False
    check: Check | None = None
    cname: str = ""
    certificate_alert: CertificateAlert | None = None
    working_folder: str = ""
    check_seconds: int | None = field(default=0, compare=False)  # chosen here, not observed

    @property
    def key(self) -> SiteKey:
        return self.account_id, self.domain_name

    @property
    def last_answer(self) -> Answer | None:
        """What it answered when it was asked last; of a local site, its first answer."""
        return self.check.answer if self.check else self.answer

    @property
    def is_local(self) -> bool:
        return self.account_id == LOCAL_ID

    @property
    def is_askable(self) -> bool:
        """Whether its own address can tell how it is: local sites are known better."""
        return not self.is_local and self.enabled and not self.is_gone

    @property
    def is_custom_domain(self) -> bool:
        """Whether its name is its owner's, and so are its DNS and its certificate."""
        return not self.is_local and not self.domain_name.lower().endswith(_HOST_DOMAIN)


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


def parse_domain(text: str) -> str:
    """The domain in lower case, if it is a host name that a site may have.

    Labels of letters, digits and inner hyphens, at least two, the last one no number, 253
    characters in all (RFC 1123). Raises InvalidInput with the reason.
    """
    domain = text.strip().lower().rstrip(".")
    if not domain:
        raise InvalidInput("Type a domain, for example shop.localhost.", "domain_name")
    labels = domain.split(".")
    if len(domain) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise InvalidInput(
            "This is not a host name: use letters, digits, hyphens and dots.", "domain_name"
        )
    if labels[-1].isdecimal():
        raise InvalidInput(
            "This is an IP address or a number: type a name, for example shop.localhost.",
            "domain_name",
        )
    if len(labels) < 2:
        name = "shop" if domain == "localhost" else domain
        raise InvalidInput(
            f"A domain has at least two parts, for example {name}.localhost.", "domain_name"
        )
    return domain


def is_listed_domain(text: str) -> bool:
    """Whether a host may list a site by this name: wider than what a site may be called here, but
    no path and no markup."""
    return _LISTED.fullmatch(text) is not None


def parse_listed_domain(text: str) -> str:
    """The name of a listed site. Raises InvalidInput for what no host lists."""
    if not is_listed_domain(text):
        raise InvalidInput("This is not a name that a host lists.", "domain_name")
    return text
