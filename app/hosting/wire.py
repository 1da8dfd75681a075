"""PythonAnywhere's website object and the local host's extra fields, turned into our models.

Everything is checked on the way in: an answer of another shape is HostUnavailable, not a crash.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.errors import HostUnavailable
from app.models import (
    MAX_CERTIFICATE_NAMES,
    Account,
    AccountKind,
    Answer,
    Certificate,
    CpuUsage,
    Exit,
    Folder,
    HostState,
    Site,
    SiteStatus,
    Specification,
    is_listed_domain,
)

# Characters of what is said of a certificate.
MAX_LABEL = 300
CERTIFICATE_FIELDS = {"not_after", "issuer_name", "subject_name", "cert_type"}
# More than anybody has: each costs a row, and its error log is counted.
MAX_SITES = 1_000
MAX_COMMAND = 8_192
# Certificates without an end are dated to the last second of this day (RFC 5280, 4.1.2.5), and with
# a fraction of a second more a time is none that can be read back from the database.
_LAST_TIME = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class HostInfo:
    """What the local host says of itself. `sites_error` is why its proxy does not listen."""

    version: str
    pid: int
    sites_address: str
    sites_error: str


def parse_folder(data: object) -> Folder:
    """What a folder holds. Raises HostUnavailable if it is no listing."""
    try:
        kinds = {_text(name): _mapping(entry)["type"] for name, entry in _mapping(data).items()}
    except (KeyError, TypeError):
        raise HostUnavailable("The host answered something that is not a folder.") from None
    return Folder(
        files=tuple(sorted(name for name, kind in kinds.items() if kind == "file")),
        folders=tuple(sorted(name for name, kind in kinds.items() if kind == "directory")),
    )


def parse_certificate(data: object) -> Certificate | None:
    """What the host says of a domain's certificate; None if it names none.

    How it says that there is none is not documented. Raises HostUnavailable for what is no object.
    """
    try:
        fields = _mapping({} if data is None else data)
        if not fields.keys() & CERTIFICATE_FIELDS:
            return None
        return Certificate(
            expires_at=_time(fields.get("not_after")),
            issuer=_label(fields.get("issuer_name")),
            subject=_label(fields.get("subject_name")),
            names=_names(fields.get("subject_alternate_names") or []),
            kind=_label(fields.get("cert_type")),
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        raise HostUnavailable(
            "The host described a certificate in a way Sitedeck does not know."
        ) from None


def parse_cpu(data: object) -> CpuUsage:
    """The CPU seconds of an account. Raises HostUnavailable if they are missing."""
    try:
        fields = _mapping(data)
        return CpuUsage(
            used_seconds=_amount(fields["daily_cpu_total_usage_seconds"]),
            limit_seconds=_amount(fields["daily_cpu_limit_seconds"]),
            resets_at=_time(fields.get("next_reset_time")),
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        raise HostUnavailable(
            "The host described the CPU seconds in a way Sitedeck does not know."
        ) from None


def parse_site(account: Account, data: object) -> Site:
    """One website object, seen now. Raises HostUnavailable if it is not one."""
    try:
        fields = _mapping(data)
        domain_name = _domain(fields["domain_name"])
        enabled = fields["enabled"]
        if not isinstance(enabled, bool):
            raise TypeError("enabled")
        # What only the local host tells; from elsewhere it would be somebody's word for an address.
        is_local = account.kind is AccountKind.LOCAL
        observed = _mapping(fields.get("status") or {}) if is_local else {}
        state = HostState(observed["state"]) if observed else None
        return Site(
            account_id=account.id,
            domain_name=domain_name,
            command=_command(fields["webapp"]),
            enabled=enabled,
            status=state.status if state else _assumed_status(enabled),
            url=_url(observed.get("url") or f"https://{domain_name}"),
            seen_at=datetime.now(UTC),
            reason=_text(observed.get("reason") or ""),
            pid=_number(observed.get("pid")),
            started_at=_time(observed.get("started_at")),
            reloaded_at=_time(observed.get("reloaded_at")),
            answer=_answer(observed.get("answer")),
            last_exit=_exit(observed.get("last_exit")),
            cname=_cname(fields["webapp"], domain_name),
            working_folder=_text(fields.get("working_directory") or ""),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise HostUnavailable(
            f"The host described a website in a way Sitedeck does not know ({error})."
        ) from None


def parse_sites(account: Account, data: object) -> list[Site]:
    """A list of website objects. Raises HostUnavailable if it is not one.

    What has a name that no site here can have is left out: it must not hide the others.
    """
    if not isinstance(data, list):
        raise HostUnavailable("The host answered something that is not a list of websites.")
    if len(data) > MAX_SITES:
        raise HostUnavailable(f"The host lists more than {MAX_SITES:,} websites.")
    return [parse_site(account, item) for item in data if not _has_foreign_name(item)]


def parse_described(account: Account, data: object) -> tuple[Site, Specification]:
    """One website object as what was seen and as how it was made. Raises HostUnavailable.

    Its certificate is not in there. Older hosts leave out the log files.
    """
    site = parse_site(account, data)
    try:
        fields = _mapping(data)
        domains = _mapping(fields["webapp"] or {}).get("domains") or ()
        specification = Specification(
            domain_name=site.domain_name,
            command=site.command,
            enabled=site.enabled,
            working_folder=site.working_folder,
            domains=tuple(_domain(_mapping(entry)["domain_name"]) for entry in domains),
            logs=tuple(_text(path) for path in _mapping(fields.get("logfiles") or {}).values()),
            cname=site.cname,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise HostUnavailable(
            f"The host described a website in a way Sitedeck does not know ({error})."
        ) from None
    return site, specification


def parse_host_info(data: object) -> HostInfo:
    """Raises HostUnavailable if this is not how a local host describes itself."""
    try:
        fields = _mapping(data)
        return HostInfo(
            version=_text(fields["version"]),
            pid=int(fields["pid"]),
            sites_address=_text(fields["sites_address"]),
            sites_error=_text(fields["sites_error"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        raise HostUnavailable("The program on the local host's socket is not Sitedeck's.") from None


def _assumed_status(enabled: bool) -> SiteStatus:
    # PythonAnywhere does not say whether a site runs.
    return SiteStatus.RUNNING if enabled else SiteStatus.DISABLED


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("an object is missing")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is missing")
    # JSON can hold half of a surrogate pair, which no database and no page takes.
    return value.encode("utf-8", "replace").decode()


def _number(value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or not -(2**31) <= value < 2**31:
        raise TypeError("a number is missing")
    return value


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("a list is missing")
    return tuple(_label(name) for name in value[:MAX_CERTIFICATE_NAMES])


def _label(value: object) -> str:
    """A text for one line of a page, empty if it is missing."""
    return _text(value or "")[:MAX_LABEL]


def _amount(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("a number is missing")
    if not math.isfinite(value) or not 0 <= value < 2**53:
        raise ValueError("the number cannot be")
    return float(value)


def _domain(value: object) -> str:
    domain_name = _text(value)
    if not is_listed_domain(domain_name):
        raise ValueError("the domain is no host name")
    return domain_name


def _has_foreign_name(data: object) -> bool:
    """Such as one with a wildcard or an umlaut."""
    name = data.get("domain_name") if isinstance(data, dict) else None
    return isinstance(name, str) and not is_listed_domain(name)


def _command(webapp: object) -> str:
    """Empty where a creation was left half done."""
    command = _text(_mapping(webapp)["command"] or "") if webapp is not None else ""
    if len(command) > MAX_COMMAND:
        raise ValueError("the command is too long")
    return command


def _cname(webapp: object, domain_name: str) -> str:
    """What the domain has to point at; empty if the host does not say, or nothing of use."""
    domains = webapp.get("domains") if isinstance(webapp, dict) else None
    for domain in domains if isinstance(domains, list) else ():
        if isinstance(domain, dict) and domain.get("domain_name") == domain_name:
            cname = domain.get("cname")
            return cname if isinstance(cname, str) and is_listed_domain(cname) else ""
    return ""


def _url(value: object) -> str:
    url = _text(value)
    if not url.startswith(("https://", "http://")):
        raise ValueError("the address is no web address")
    return url


def _time(value: object) -> datetime | None:
    """ISO 8601 with or without its signs between the digits; without a zone it is UTC."""
    if value is None:
        return None
    at = datetime.fromisoformat(_text(value))
    return min(at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC), _LAST_TIME)


def _answer(value: object) -> Answer | None:
    if value is None:
        return None
    fields = _mapping(value)
    return Answer(int(fields["status"]), float(fields["seconds"]))


def _exit(value: object) -> Exit | None:
    if value is None:
        return None
    fields = _mapping(value)
    at = _time(fields["at"])
    if at is None:
        raise TypeError("the time of an exit is missing")
    stderr = tuple(_text(line) for line in fields.get("stderr") or ())
    return Exit(at, _number(fields["code"]), _number(fields["signal"]), stderr)
