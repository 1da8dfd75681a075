"""PythonAnywhere's website object and the local host's extra fields, turned into our models.

Everything is checked on the way in: an answer of another shape is HostUnavailable, not a crash.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.errors import HostUnavailable
from app.models import Account, Answer, Exit, HostState, Site, SiteStatus

# Wider than what a site may be called here, but no path and no markup.
_DOMAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}")


@dataclass(frozen=True, slots=True)
class HostInfo:
    """What the local host says of itself. `sites_error` is why its proxy does not listen."""

    version: str
    pid: int
    sites_address: str
    sites_error: str


def parse_listing(data: object) -> list[str]:
    """The names of the files of a folder, sorted. Raises HostUnavailable if it is no listing."""
    try:
        entries = {name: _mapping(entry) for name, entry in _mapping(data).items()}
    except TypeError:
        raise HostUnavailable("The host answered something that is not a folder.") from None
    return sorted(name for name, entry in entries.items() if entry.get("type") == "file")


def parse_site(account: Account, data: object) -> Site:
    """One website object, seen now. Raises HostUnavailable if it is not one."""
    try:
        fields = _mapping(data)
        domain_name = _domain(fields["domain_name"])
        enabled = fields["enabled"]
        if not isinstance(enabled, bool):
            raise TypeError("enabled")
        observed = _mapping(fields.get("status") or {})
        state = HostState(observed["state"]) if observed else None
        return Site(
            account_id=account.id,
            domain_name=domain_name,
            command=_text(_mapping(fields["webapp"])["command"]),
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
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise HostUnavailable(
            f"The host described a website in a way Sitedeck does not know ({error})."
        ) from None


def parse_sites(account: Account, data: object) -> list[Site]:
    """A list of website objects. Raises HostUnavailable if it is not one."""
    if not isinstance(data, list):
        raise HostUnavailable("The host answered something that is not a list of websites.")
    return [parse_site(account, item) for item in data]


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


def _domain(value: object) -> str:
    domain_name = _text(value)
    if _DOMAIN.fullmatch(domain_name) is None:
        raise ValueError("the domain is no host name")
    return domain_name


def _url(value: object) -> str:
    url = _text(value)
    if not url.startswith(("https://", "http://")):
        raise ValueError("the address is no web address")
    return url


def _time(value: object) -> datetime | None:
    if value is None:
        return None
    at = datetime.fromisoformat(_text(value))
    return at if at.tzinfo else at.replace(tzinfo=UTC)


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
