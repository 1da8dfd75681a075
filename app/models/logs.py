"""Logs: names of files, lines, tracebacks."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.errors import InvalidInput

_LOG_NAME = re.compile(r"(error|server|access)(?:\.(?:(1)|([2-9])\.gz))?")


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
class LogCopy:
    """The copy of a remote log: when it was last brought up to date, and why not since."""

    read_at: datetime | None
    problem: str = ""


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
