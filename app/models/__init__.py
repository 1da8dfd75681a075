"""The vocabulary of Sitedeck as values: frozen, typed, free of I/O. Open to every layer."""

from app.models.accounts import (
    LOCAL_ID,
    Account,
    AccountKind,
    Role,
    Secret,
)
from app.models.logs import (
    Frame,
    Level,
    LogEntry,
    LogKind,
    LogLine,
    LogName,
    Raised,
    Traceback,
    TracebackPart,
)
from app.models.records import (
    Activity,
    HostNotice,
    Toast,
)
from app.models.sites import (
    Answer,
    Check,
    Exit,
    HostState,
    Site,
    SiteAction,
    SiteStatus,
    SiteTemplate,
    parse_domain,
)

__all__ = [
    "LOCAL_ID",
    "Account",
    "AccountKind",
    "Activity",
    "Answer",
    "Check",
    "Exit",
    "Frame",
    "HostNotice",
    "HostState",
    "Level",
    "LogEntry",
    "LogKind",
    "LogLine",
    "LogName",
    "Raised",
    "Role",
    "Secret",
    "Site",
    "SiteAction",
    "SiteStatus",
    "SiteTemplate",
    "Toast",
    "Traceback",
    "TracebackPart",
    "parse_domain",
]
