"""The vocabulary of Sitedeck as values: frozen, typed, free of I/O. Open to every layer."""

from app.models.accounts import (
    LOCAL_ID,
    Account,
    AccountKind,
    Role,
    Secret,
)
from app.models.certificates import (
    CertificateAlert,
    CertificateRecord,
    certificate_alert,
    days_left,
)
from app.models.commands import (
    CommandFinding,
    CommandReport,
    PathFinding,
    PathState,
)
from app.models.dns import DnsFinding, DnsState
from app.models.hosting import (
    AUTO_RENEWED,
    CallBudget,
    Certificate,
    CpuUsage,
    Folder,
    renews_itself,
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
from app.models.operations import (
    CERTIFICATE_NOT_KNOWN,
    Actor,
    Operation,
    OperationKind,
    OperationState,
    Specification,
)
from app.models.records import (
    Activity,
    HostNotice,
    Toast,
)
from app.models.sites import (
    Answer,
    Check,
    Crash,
    Exit,
    HostState,
    Site,
    SiteAction,
    SiteKey,
    SiteStatus,
    parse_domain,
)
from app.models.templates import (
    SetupStep,
    SiteTemplate,
    fill_pattern,
)
from app.models.words import counted

__all__ = [
    "AUTO_RENEWED",
    "CERTIFICATE_NOT_KNOWN",
    "LOCAL_ID",
    "Account",
    "AccountKind",
    "Activity",
    "Actor",
    "Answer",
    "CallBudget",
    "Certificate",
    "CertificateAlert",
    "CertificateRecord",
    "Check",
    "CommandFinding",
    "CommandReport",
    "CpuUsage",
    "Crash",
    "DnsFinding",
    "DnsState",
    "Exit",
    "Folder",
    "Frame",
    "HostNotice",
    "HostState",
    "Level",
    "LogEntry",
    "LogKind",
    "LogLine",
    "LogName",
    "Operation",
    "OperationKind",
    "OperationState",
    "PathFinding",
    "PathState",
    "Raised",
    "Role",
    "Secret",
    "SetupStep",
    "Site",
    "SiteAction",
    "SiteKey",
    "SiteStatus",
    "SiteTemplate",
    "Specification",
    "Toast",
    "Traceback",
    "TracebackPart",
    "certificate_alert",
    "counted",
    "days_left",
    "fill_pattern",
    "parse_domain",
    "renews_itself",
]
