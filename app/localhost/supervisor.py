"""All sites of the local host: creates, finds, deletes them, and hands them over at the end."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol

from app.errors import InvalidInput, NotFound, SitedeckError
from app.localhost.launch import Launcher
from app.localhost.site import ManagedSite, SiteSeams
from app.localhost.specs import (
    SiteSpec,
    SpecStore,
    check_command,
    check_domain,
    check_folder,
    check_folder_exists,
)

MAX_SITES = 50
TAKEN = "domain with this domain name already exists."


class TooManySites(SitedeckError):
    """The local host is full."""


class Listener(Protocol):
    """Whoever has to know of changes."""

    def site_changed(self, site: ManagedSite) -> None: ...

    def site_deleted(self, domain: str) -> None: ...


class Supervisor:
    """The sites by domain. `listener` hears of every change, `forget` of deleted domains."""

    def __init__(
        self,
        launcher: Launcher,
        start_seconds: float,
        listener: Listener,
        forget: Callable[[str], None],
    ) -> None:
        self._paths = launcher.paths
        self._launcher = launcher
        self._listener = listener
        self._forget = forget
        self._store = SpecStore(launcher.paths)
        self._seams = SiteSeams(launcher, self._store, start_seconds, listener.site_changed)
        self._sites: dict[str, ManagedSite] = {}

    def load(self) -> None:
        """Take over every site on disk: adopt what runs, start what should, end what is gone."""
        for spec in self._store.load_all():
            site = self._sites[spec.domain_name] = ManagedSite(spec, self._seams)
            site.begin()
        self._end_unknown_runs()

    def find(self, host: str) -> ManagedSite | None:
        """The site of a host name in lower case without port, for the proxy."""
        return self._sites.get(host)

    def get(self, domain: str) -> ManagedSite:
        """Raises NotFound."""
        site = self._sites.get(domain)
        if site is None:
            raise NotFound(domain)
        return site

    def sites(self) -> Iterable[ManagedSite]:
        """Oldest first."""
        return self._sites.values()

    def create(self, domain: str, command: str, enabled: bool, folder: str) -> ManagedSite:
        """Add a site and start it if enabled. Raises InvalidInput, TooManySites, OSError."""
        domain = check_domain(domain)
        if domain in self._sites:
            raise InvalidInput(TAKEN, "domain_name")
        if len(self._sites) >= MAX_SITES:
            raise TooManySites(f"The local host runs at most {MAX_SITES} sites. Delete one first.")
        number = max((site.spec.id for site in self._sites.values()), default=0) + 1
        folder = check_folder_exists(check_folder(folder))
        spec = SiteSpec(number, domain, check_command(command), enabled, folder)
        self._store.save(spec)
        site = self._sites[domain] = ManagedSite(spec, self._seams)
        site.begin()
        self._listener.site_changed(site)
        return site

    async def delete(self, domain: str) -> None:
        """Stop the site and forget it; its logs stay. Raises NotFound, OSError."""
        site = self.get(domain)
        # First, so that a daemon that dies meanwhile does not bring the site back.
        self._store.delete(domain)
        await site.hold()
        if self._sites.pop(domain, None) is None:
            return
        self._paths.record_file(domain).unlink(missing_ok=True)
        self._launcher.clean(domain)
        self._forget(domain)
        self._listener.site_deleted(domain)

    async def stop_all(self) -> None:
        """Stop every process, side by side. Enabled sites stay enabled for the next daemon."""
        await asyncio.gather(*(site.hold() for site in self._sites.values()))

    async def detach_all(self) -> None:
        """Leave every process running for the next daemon."""
        await asyncio.gather(*(site.detach() for site in self._sites.values()))

    def _end_unknown_runs(self) -> None:
        """Runs of sites whose deletion was cut short."""
        known = {self._paths.record_file(domain) for domain in self._store.domains()}
        for path in set(self._paths.run.glob("*.json")) - known:
            self._launcher.end_stray(path)
