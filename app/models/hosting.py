"""What an account's API tells besides its sites, and how much of it may be asked."""

from dataclasses import dataclass
from datetime import datetime

AUTO_RENEWED = "letsencrypt-auto-renew"
"""The kind of certificate that the host requests and renews itself."""


# Of a certificate with more, the rest of its names is left out.
MAX_CERTIFICATE_NAMES = 100


@dataclass(frozen=True, slots=True)
class Certificate:
    """The TLS certificate of a domain. What the host does not say is None or empty.

    `kind` is the host's word for how it was made, for example AUTO_RENEWED.
    """

    expires_at: datetime | None
    issuer: str = ""
    subject: str = ""
    names: tuple[str, ...] = ()
    kind: str = ""

    @property
    def renews_itself(self) -> bool:
        return renews_itself(self.kind)

    def covers(self, domain_name: str) -> bool:
        """Whether a browser takes it for the domain: a wildcard stands for one label.

        True as well where the host does not say the names, or not all of them.
        """
        if not self.names or len(self.names) >= MAX_CERTIFICATE_NAMES:
            return True
        domain = domain_name.lower()
        matching = {domain, f"*.{domain.partition('.')[2]}"}
        return any(name.lower().rstrip(".") in matching for name in self.names)

    @property
    def likely_kind(self) -> str:
        """Never empty. Not every answer names the kind; one of Let's Encrypt renews itself."""
        if self.kind:
            return self.kind
        return AUTO_RENEWED if "let's encrypt" in self.issuer.lower() else self.issuer or "unknown"


def renews_itself(kind: str) -> bool:
    """Whether the host renews certificates of this kind before they expire."""
    return kind.endswith("-auto-renew")


@dataclass(frozen=True, slots=True)
class CpuUsage:
    """CPU seconds of an account since its day began, and when (UTC) the next day begins."""

    used_seconds: float
    limit_seconds: float
    resets_at: datetime | None


@dataclass(frozen=True, slots=True)
class Folder:
    """The names in a folder of an account's disk, each tuple sorted."""

    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CallBudget:
    """The calls of one class in the last minute: `used` of the `limit` that the host allows.

    `people` and `polls` wait for their turn. `held` says why nothing goes out at the moment, in
    words for people; empty if nothing is held.
    """

    name: str
    used: int
    limit: int
    people: int = 0
    polls: int = 0
    held: str = ""
