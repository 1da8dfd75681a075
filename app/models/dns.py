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
    """`text` says what was found, `advice` what to do about it.

    `is_naked`: whether the domain is a naked one (example.org), which cannot have a CNAME; None if
    that is not known.
    """

    state: DnsState
    text: str
    advice: str = ""
    is_naked: bool | None = False
