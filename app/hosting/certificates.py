"""The certificates of custom domains: read seldom and in the background, requested by people."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from anyio import to_thread

from app.errors import HostingError, HostRefused, HostThrottled, NotFound, TokenRefused
from app.hosting.budget import Urgency
from app.hosting.changes import CertificateRead, Changes
from app.hosting.client import HostingClient
from app.hosting.known import KnownSites
from app.models import Actor, CertificateRecord, Site, SiteKey
from app.store.activity import ActivityLog
from app.store.certificates import Certificates

REQUEST = "request certificate"
"""The action's name in the record."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CertificatePace:
    """Seconds: between two looks at what is `due`; until a certificate is read again by itself
    (`interval`), after a failure (`failed`), and when somebody opens its page (`opened`); from a
    request to the second look at what came of it (`issued`)."""

    step: float = 15.0
    interval: float = 6 * 3600.0
    failed: float = 600.0
    opened: float = 600.0
    issued: float = 60.0


def utc_now() -> datetime:
    return datetime.now(UTC)


class CertificateWatch:
    """Sites below the host's own domain are left out: their certificate is the host's.

    To be used on the event loop. `clock` is given by tests.
    """

    def __init__(
        self,
        clients: Mapping[str, HostingClient],
        known: KnownSites,
        store: Certificates,
        activity: ActivityLog,
        changes: Changes,
        pace: CertificatePace | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._clients = clients
        self._known = known
        self._store = store
        self._activity = activity
        self._changes = changes
        self._pace = pace or CertificatePace()
        self._clock = clock
        self._wake = asyncio.Event()
        # Looks before their time: when, by site.
        self._appointments: dict[SiteKey, list[datetime]] = {}

    async def run(self) -> None:
        """Runs until cancelled."""
        while True:
            self._wake.clear()
            try:
                await self._read_what_is_due()
            except Exception:
                # A locked database or a full disk passes.
                _log.exception("Reading the certificates failed; trying again.")
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pace.step):
                    await self._wake.wait()

    async def open(self, site: Site) -> CertificateRecord | None:
        """What is known for a page; what is not fresh is read soon."""
        record = await to_thread.run_sync(self._store.get, site.key)
        is_fresh = record is not None and self._age(record) < self._pace.opened
        if site.is_custom_domain and not is_fresh:
            self._read_at(site.key, self._clock())
        return record

    async def request(self, site: Site, actor: Actor) -> None:
        """Asks the host for one that renews itself. Raises HostingError, NotFound.

        Waits for the call alone: what came of it is read in the background.
        """
        client = self._clients.get(site.account_id)
        if client is None or not site.is_custom_domain:
            raise NotFound("The certificate of this site is not for its owner to request.")
        try:
            await client.request_certificate(site.domain_name)
        except HostingError as error:
            await self._record(site, actor, f"failed: {error}")
            raise
        finally:
            now = self._clock()
            self._read_at(site.key, now, now + timedelta(seconds=self._pace.issued))
        await self._record(site, actor, "done")

    async def _record(self, site: Site, actor: Actor, result: str) -> None:
        target = "/".join(site.key)
        record = partial(self._activity.record, actor.name, actor.address)
        await to_thread.run_sync(record, REQUEST, target, result)

    def _read_at(self, key: SiteKey, *times: datetime) -> None:
        self._appointments.setdefault(key, []).extend(times)
        self._wake.set()

    async def _read_what_is_due(self) -> None:
        records = await to_thread.run_sync(self._store.all)
        sites = await self._known.all()
        now = self._clock()
        due: dict[str, list[Site]] = {}
        for site in sites:
            if self._is_due(site, records.get(site.key), now):
                due.setdefault(site.account_id, []).append(site)
        self._keep_appointments((site.key for site in sites), now)
        # An account that does not answer holds up no other.
        async with asyncio.TaskGroup() as group:
            for account_id, its_sites in due.items():
                group.create_task(self._read_all(self._clients[account_id], its_sites))

    def _is_due(self, site: Site, record: CertificateRecord | None, now: datetime) -> bool:
        if not site.is_custom_domain or site.is_gone or site.account_id not in self._clients:
            return False
        if record is None:
            return True
        appointments = self._appointments.get(site.key, ())
        # Several people may have opened the page while it was being read.
        if any(record.tried_at < at <= now for at in appointments):
            return True
        return self._age(record) >= (self._pace.failed if record.failure else self._pace.interval)

    def _keep_appointments(self, keys: Iterable[SiteKey], now: datetime) -> None:
        """Those that are still to come, of sites that are still there."""
        left = {key: [at for at in self._appointments.get(key, ()) if at > now] for key in keys}
        self._appointments = {key: times for key, times in left.items() if times}

    def _age(self, record: CertificateRecord) -> float:
        return (self._clock() - record.tried_at).total_seconds()

    async def _read_all(self, client: HostingClient, sites: Sequence[Site]) -> None:
        for site in sites:
            if not await self._read(client, site):
                return

    async def _read(self, client: HostingClient, site: Site) -> bool:
        """Asks and keeps; returns whether the account can be asked about its other sites, too."""
        goes_on = True
        try:
            certificate = await client.certificate(site.domain_name, Urgency.POLLING)
        except HostingError as error:
            # What a host says about one domain says nothing about the next.
            goes_on = isinstance(error, HostRefused) and not isinstance(
                error, TokenRefused | HostThrottled
            )
            note = partial(self._store.note_failure, site.key, str(error), self._clock())
            await to_thread.run_sync(note)
        else:
            keep = partial(self._store.keep, site.key, certificate, self._clock())
            await to_thread.run_sync(keep)
            if await self._known.get(*site.key) != site:
                await self._known.announce(site.key)
        self._changes.publish(CertificateRead(*site.key))
        return goes_on
