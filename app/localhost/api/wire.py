"""The JSON shapes of the API: PythonAnywhere's website object, and what only this host knows."""

from datetime import UTC, datetime
from typing import Any

from app.localhost.site import ManagedSite
from app.models import Exit, LogKind, LogName

USER = "local"
"""The one user in the API's addresses."""


def website(site: ManagedSite, sites_port: int) -> dict[str, Any]:
    """One site as the API shows it; `sites_port` is where the proxy listens."""
    spec = site.spec
    return {
        "id": spec.id,
        "user": USER,
        "domain_name": spec.domain_name,
        "enabled": spec.enabled,
        "webapp": {
            "id": spec.id,
            "command": spec.command,
            "domains": [{"domain_name": spec.domain_name, "enabled": spec.enabled}],
        },
        "logfiles": {
            kind.value: f"/var/log/{LogName(kind).file_name(spec.domain_name)}"
            for kind in (LogKind.ACCESS, LogKind.ERROR, LogKind.SERVER)
        },
        "working_directory": spec.working_directory,
        "status": _status(site, sites_port),
    }


def _status(site: ManagedSite, sites_port: int) -> dict[str, Any]:
    answer = site.answer
    return {
        "state": site.state.value,
        "reason": site.reason,
        "pid": site.pid,
        "generation": site.generation,
        "started_at": _time(site.started_at),
        "reloaded_at": _time(site.spec.reloaded_at),
        "answer": answer and {"status": answer.status, "seconds": round(answer.seconds, 3)},
        "last_exit": site.last_exit and _exit(site.last_exit),
        "url": site_url(site.domain_name, sites_port),
    }


def site_url(domain: str, port: int) -> str:
    return f"http://{domain}" if port == 80 else f"http://{domain}:{port}"


def _exit(ended: Exit) -> dict[str, Any]:
    return {
        "code": ended.code,
        "signal": ended.signal,
        "at": ended.at.isoformat(),
        "stderr": list(ended.stderr),
    }


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()
