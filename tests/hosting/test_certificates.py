"""When certificates are read, what stays when they cannot be, and how one is requested."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.errors import HostingError, HostRefused, NotFound
from app.hosting.breaker import FAILURES
from app.hosting.certificates import CertificatePace, CertificateWatch
from app.hosting.changes import CertificateRead, Changes, SiteChanged
from app.hosting.client import HostingClient
from app.hosting.governor import Governor
from app.hosting.known import KnownSites
from app.models import Actor, CertificateAlert, CertificateRecord, Site
from app.store.accounts import Accounts
from app.store.activity import ActivityLog
from app.store.certificates import Certificates
from app.store.database import Database
from app.store.sites import Sites
from tests.fakes.faults import Fault
from tests.fakes.pythonanywhere import FakePythonAnywhere
from tests.hosting.conftest import NOW, REMOTE, SHOP, SHORT, client_of, unhurried_governor, until
from tests.support import running

pytestmark = pytest.mark.anyio
ANNA = Actor("anna", "127.0.0.1", "s1")
BLOG = replace(SHOP, domain_name="blog.example.org")
PLAIN = {"not_after": "20261125T120000Z", "issuer_name": "R3", "cert_type": "custom"}


class Place:
    """A store with remote sites, a clock that a test moves, and a watch over a fake."""

    def __init__(self, folder: Path, fake: FakePythonAnywhere) -> None:
        self.fake = fake
        self.now = NOW
        self.database = Database(folder / "sitedeck.db")
        Accounts(self.database).add(REMOTE, "")
        self.changes = Changes()
        self.known = KnownSites(Sites(self.database, lambda: self.now), self.changes)
        self.certificates = Certificates(self.database)
        self.activity = ActivityLog(self.database)
        self.clients: dict[str, HostingClient] = {}
        self.governor = unhurried_governor()

    @asynccontextmanager
    async def watching(self, *sites: Site) -> AsyncIterator[CertificateWatch]:
        for site in sites:
            await self.known.save(site)
        async with client_of(self.fake.address, deadlines=SHORT, governor=self.governor) as client:
            self.clients[REMOTE.id] = client
            watch = CertificateWatch(
                self.clients,
                self.known,
                self.certificates,
                self.activity,
                self.changes,
                CertificatePace(step=0.01),
                lambda: self.now,
            )
            async with running(watch.run()):
                yield watch

    async def until_asked(self, times: int) -> None:
        async def is_so() -> bool:
            return self.fake.count("certificates") >= times

        await until(is_so, f"{times} calls")

    async def until_read(self, site: Site, at: datetime) -> CertificateRecord:
        async def is_so() -> bool:
            record = self.certificates.get(site.key)
            return record is not None and record.tried_at == at

        await until(is_so, f"{site.domain_name} read at {at}")
        record = self.certificates.get(site.key)
        assert record is not None
        return record

    async def asked_after_a_while(self) -> int:
        """The number of calls after several steps of the watch."""
        await asyncio.sleep(0.1)
        return self.fake.count("certificates")


@pytest.fixture
def place(tmp_path: Path, fake: FakePythonAnywhere) -> Iterator[Place]:
    fake.limit = None
    place = Place(tmp_path, fake)
    yield place
    place.database.close()


async def test_every_custom_domain_is_read_once_and_again_after_hours(place: Place) -> None:
    place.fake.certificates[SHOP.domain_name] = PLAIN
    async with place.watching(SHOP, BLOG):
        record = await place.until_read(SHOP, NOW)
        assert record.certificate is not None and record.certificate.issuer == "R3"
        assert (await place.until_read(BLOG, NOW)).certificate is None
        place.now = NOW + timedelta(hours=5, minutes=59)
        assert await place.asked_after_a_while() == 2
        place.now = NOW + timedelta(hours=6)
        await place.until_read(SHOP, place.now)
        await place.until_read(BLOG, place.now)
        assert await place.asked_after_a_while() == 4


@pytest.mark.parametrize(
    "site",
    [
        replace(SHOP, domain_name="alice.pythonanywhere.com"),
        replace(SHOP, domain_name="alice.eu.pythonanywhere.com"),
        replace(SHOP, domain_name="shop-alice.PythonAnywhere.com"),
        replace(SHOP, is_gone=True),
    ],
    ids=["us", "eu", "subdomain", "gone"],
)
async def test_what_is_not_the_owners_is_never_asked_for(place: Place, site: Site) -> None:
    async with place.watching(site) as watch:
        with pytest.raises(NotFound):
            await watch.request(replace(site, domain_name="alice.pythonanywhere.com"), ANNA)
        await watch.open(site)
        assert await place.asked_after_a_while() == 0


async def test_an_opened_page_has_it_read_soon_unless_it_is_fresh(place: Place) -> None:
    async with place.watching(SHOP) as watch:
        await place.until_read(SHOP, NOW)
        place.now = NOW + timedelta(minutes=9)
        record = await watch.open(SHOP)
        assert record is not None and record.read_at == NOW
        assert await place.asked_after_a_while() == 1
        place.now = NOW + timedelta(minutes=10)
        for _ in range(5):
            await watch.open(SHOP)
        await place.until_read(SHOP, place.now)
        assert await place.asked_after_a_while() == 2


@pytest.mark.parametrize("fault", [Fault.HTML_502, Fault.GARBAGE, Fault.HANG, Fault.ECHO], ids=str)
async def test_what_is_known_outlives_a_failure_and_is_read_again(
    place: Place, fault: Fault
) -> None:
    place.fake.certificates[SHOP.domain_name] = PLAIN
    async with place.watching(SHOP):
        before = await place.until_read(SHOP, NOW)
        place.fake.fail(fault)
        place.now = NOW + timedelta(hours=6)
        after = await place.until_read(SHOP, place.now)
        assert after.failure
        assert (after.certificate, after.read_at) == (before.certificate, NOW)
        place.fake.fail(None)
        place.now += timedelta(minutes=9)
        asked = await place.asked_after_a_while()
        assert await place.asked_after_a_while() == asked
        place.now += timedelta(minutes=1)
        assert (await place.until_read(SHOP, place.now)).failure == ""


async def test_an_account_that_does_not_answer_is_left_alone(place: Place) -> None:
    place.governor = Governor()
    sites = [replace(SHOP, domain_name=f"s{number}.example.org") for number in range(20)]
    place.fake.fail(Fault.HTML_502)
    async with place.watching(*sites):
        for site in sites:
            await place.until_read(site, NOW)
    assert place.fake.count("certificates") == FAILURES
    assert "502" in place.certificates.all()[sites[-1].key].failure


async def test_a_domain_that_the_host_does_not_show_holds_up_no_other(place: Place) -> None:
    async with place.watching(SHOP, BLOG):
        await place.until_read(SHOP, NOW)
        await place.until_read(BLOG, NOW)
        place.fake.certificates[BLOG.domain_name] = {
            "status": "ERROR",
            "error_message": "certificates are not for you",
        }
        place.fake.certificates[SHOP.domain_name] = PLAIN
        place.now = NOW + timedelta(hours=6)
        assert "not for you" in (await place.until_read(BLOG, place.now)).failure
        assert (await place.until_read(SHOP, place.now)).certificate is not None


async def test_an_end_that_is_near_is_announced(place: Place) -> None:
    place.fake.certificates[SHOP.domain_name] = PLAIN
    await place.known.save(SHOP)
    with place.changes.subscribe() as queue:
        async with place.watching():
            await place.until_read(SHOP, NOW)
            changed = await asyncio.wait_for(queue.get(), 10)
            assert isinstance(changed, SiteChanged)
            assert changed.site.certificate_alert == CertificateAlert(5)
            assert await asyncio.wait_for(queue.get(), 10) == CertificateRead(*SHOP.key)


async def test_a_requested_certificate_is_recorded_and_looked_for_twice(place: Place) -> None:
    async with place.watching(SHOP) as watch:
        assert (await place.until_read(SHOP, NOW)).certificate is None
        place.now = NOW + timedelta(seconds=5)
        await watch.request(SHOP, ANNA)
        record = await place.until_read(SHOP, place.now)
        assert record.certificate is not None and record.certificate.renews_itself
        calls = await place.asked_after_a_while()
        place.now = NOW + timedelta(seconds=65)
        await place.until_read(SHOP, place.now)
        assert await place.asked_after_a_while() == calls + 1
    (entry,) = place.activity.page()
    assert (entry.actor, entry.action, entry.result) == ("anna", "request certificate", "done")
    assert entry.target == "pa1/shop.example.org"


async def test_a_refused_request_is_said_in_the_hosts_own_words(place: Place) -> None:
    place.fake.certificate_refusal = "DNS for shop.example.org does not point here"
    async with place.watching(SHOP) as watch:
        with pytest.raises(HostRefused, match="does not point here"):
            await watch.request(SHOP, ANNA)
    (entry,) = place.activity.page()
    assert entry.has_failed and "does not point here" in entry.result


async def test_a_lost_answer_is_looked_up(place: Place) -> None:
    async with place.watching(SHOP) as watch:
        await place.until_read(SHOP, NOW)
        place.fake.fail(Fault.HTML_502)
        place.now = NOW + timedelta(seconds=5)
        with pytest.raises(HostingError):
            await watch.request(SHOP, ANNA)
        await place.until_read(SHOP, place.now)
        place.fake.fail(None)
        place.fake.certificates[SHOP.domain_name] = PLAIN
        place.now = NOW + timedelta(seconds=65)
        assert (await place.until_read(SHOP, place.now)).certificate is not None
