"""What is known of certificates comes back as it was kept, and only near its end is it an alert."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.models import (
    Certificate,
    CertificateAlert,
    CertificateRecord,
    Site,
    SiteStatus,
    certificate_alert,
)
from app.store.accounts import Accounts
from app.store.certificates import Certificates
from app.store.database import Database
from app.store.sites import GONE_AFTER, Sites
from tests.hosting.conftest import REMOTE

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=6)
SHOP = Site(
    REMOTE.id,
    "shop.example.org",
    "/bin/serve",
    True,
    SiteStatus.RUNNING,
    "https://shop.example.org",
    NOW,
    cname="webapp-1.pythonanywhere.com",
)
CERTIFICATE = Certificate(
    NOW + timedelta(days=61, hours=1),
    "Let's Encrypt",
    "shop.example.org",
    ("shop.example.org", "<b>"),
    "letsencrypt-auto-renew",
)


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Place:
    sites: Sites
    certificates: Certificates
    clock: Clock

    def shop(self) -> Site:
        site = self.sites.get(*SHOP.key)
        assert site is not None
        return site


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    database = Database(tmp_path / "sitedeck.db")
    Accounts(database).add(REMOTE, "")
    clock = Clock()
    place = Place(Sites(database, clock), Certificates(database), clock)
    place.sites.save(SHOP)
    yield place
    database.close()


def test_what_was_said_of_a_certificate_comes_back(place: Place) -> None:
    assert place.certificates.get(SHOP.key) is None
    place.certificates.keep(SHOP.key, CERTIFICATE, NOW)
    record = CertificateRecord(CERTIFICATE, NOW, NOW)
    assert place.certificates.get(SHOP.key) == record
    assert place.certificates.all() == {SHOP.key: record}


def test_a_failure_leaves_what_was_said_before_it(place: Place) -> None:
    place.certificates.keep(SHOP.key, CERTIFICATE, NOW)
    place.certificates.note_failure(SHOP.key, "no answer", LATER)
    record = CertificateRecord(CERTIFICATE, NOW, LATER, "no answer")
    assert place.certificates.get(SHOP.key) == record
    place.certificates.keep(SHOP.key, None, LATER)
    assert place.certificates.get(SHOP.key) == CertificateRecord(None, LATER, LATER)


def test_a_first_look_that_failed_says_nothing_about_a_certificate(place: Place) -> None:
    place.certificates.note_failure(SHOP.key, "no answer", NOW)
    assert place.certificates.get(SHOP.key) == CertificateRecord(None, None, NOW, "no answer")


def test_a_certificate_of_a_site_that_is_gone_by_then_is_dropped(place: Place) -> None:
    place.certificates.keep(("pa1", "other.example.org"), CERTIFICATE, NOW)
    assert place.certificates.all() == {}
    place.certificates.keep(SHOP.key, CERTIFICATE, NOW)
    place.sites.delete(*SHOP.key)
    assert place.certificates.all() == {}


def test_the_name_to_point_at_is_kept_with_the_site(place: Place) -> None:
    assert place.shop() == SHOP


def test_a_site_says_when_its_certificate_is_about_to_end(place: Place) -> None:
    place.certificates.keep(SHOP.key, CERTIFICATE, NOW)
    assert place.shop().certificate_alert is None
    place.clock.now = NOW + timedelta(days=57)
    assert place.shop().certificate_alert == CertificateAlert(4)
    assert place.sites.all()[0].certificate_alert == CertificateAlert(4)
    place.clock.now = NOW + timedelta(days=62)
    alert = place.shop().certificate_alert
    assert alert is not None and alert.is_expired


def test_a_site_that_is_gone_has_no_certificate_to_look_after(place: Place) -> None:
    place.certificates.keep(SHOP.key, CERTIFICATE, NOW)
    place.clock.now = NOW + timedelta(days=62)
    for _ in range(GONE_AFTER):
        (site,) = place.sites.save_list(REMOTE.id, [], keep_missing=True)
    assert site.is_gone and site.certificate_alert is None


@pytest.mark.parametrize(
    ("left", "renews_itself", "expected"),
    [
        (timedelta(days=90), False, None),
        (timedelta(days=15), False, None),
        (timedelta(days=14, hours=23), False, 14),
        (timedelta(days=14, hours=23), True, None),
        (timedelta(days=8), True, None),
        (timedelta(days=7), True, 7),
        (timedelta(minutes=1), True, 0),
        (-timedelta(minutes=1), True, -1),
        (-timedelta(days=40), False, -40),
    ],
)
def test_an_end_is_worth_a_word_when_it_is_near(
    left: timedelta, renews_itself: bool, expected: int | None
) -> None:
    alert = certificate_alert(NOW + left, NOW, renews_itself=renews_itself)
    assert alert == (None if expected is None else CertificateAlert(expected))
    assert alert is None or alert.is_expired == (left < timedelta(0))
