"""What the proxy needs to know of a site; the supervisor provides it."""

from typing import Protocol

from app.models import HostState

SWITCHED_OFF = frozenset({HostState.DISABLED, HostState.STOPPING})
COMING_UP = frozenset({HostState.STARTING, HostState.RELOADING})
NOT_TRIED = frozenset({HostState.BACKOFF, HostState.CRASH_LOOP})


class SiteEntry(Protocol):
    """One site as it is now: read anew for each request, because a reload changes the socket."""

    @property
    def domain_name(self) -> str: ...

    @property
    def state(self) -> HostState: ...

    @property
    def socket_path(self) -> str:
        """The Unix socket of the current process."""

    async def wait_until_ready(self, seconds: float) -> bool:
        """True as soon as the site answers, False when it cannot or `seconds` have passed."""


class SiteDirectory(Protocol):
    """Finds the site of a host name."""

    def find(self, host: str) -> SiteEntry | None:
        """The site of `host` (lower case, without port), or None."""
