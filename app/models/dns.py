"""What the DNS says about the domain of a site, in words for people."""

from dataclasses import dataclass
from enum import StrEnum


class DnsState(StrEnum):
    """Whether visitors find the site: they do, they do not, or nobody can say from here."""

    POINTS = "points"
    WRONG = "wrong"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DnsFinding:
    """`text` says what was found, `advice` what to do about it."""

    state: DnsState
    text: str
    advice: str = ""
