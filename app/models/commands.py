"""What a look at a command line found, and what a look at the files it names found."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class CommandFinding:
    """One thing that is wrong with a command, in plain words. What is no error is a warning."""

    text: str
    is_error: bool = True


@dataclass(frozen=True, slots=True)
class CommandReport:
    """All findings; `corrected` is the line with everything mended that can be, else empty."""

    findings: tuple[CommandFinding, ...] = ()
    corrected: str = ""

    @property
    def first_error(self) -> str:
        """Empty if there are only warnings."""
        return next((finding.text for finding in self.findings if finding.is_error), "")


class PathState(StrEnum):
    """Whether a file or folder is there, as far as the account says."""

    EXISTS = "exists"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PathFinding:
    """One file or folder that a command needs, and in words what was found."""

    path: str
    state: PathState
    text: str
