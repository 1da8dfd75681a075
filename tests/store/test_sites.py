"""Sites as last seen: what is kept comes back as it was."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.models import Answer, Exit, Site, SiteStatus
from app.store.accounts import Accounts
from app.store.database import Database
from app.store.sites import Sites

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SITE = Site(
    account_id="local",
    domain_name="shop.localhost",
    command="/bin/prog '${DOMAIN_SOCKET}'",
    enabled=True,
    status=SiteStatus.FAILING,
    url="http://shop.localhost:8800",
    seen_at=NOW,
    reason="exit code 1",
    pid=42,
    started_at=NOW,
    reloaded_at=None,
    answer=Answer(200, 0.25),
    last_exit=Exit(NOW, None, 9, ("a line", "<b>")),
    working_folder="/srv/shop",
)


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[Sites]:
    database = Database(tmp_path / "sitedeck.db")
    Accounts(database).ensure_local()
    yield Sites(database)
    database.close()


def test_a_site_comes_back_as_it_was_kept(sites: Sites) -> None:
    assert sites.save(SITE) == (SITE, True)
    assert sites.save(SITE) == (SITE, False)
    assert sites.get(*SITE.key) == SITE
    assert sites.all() == [SITE]


def test_an_observation_does_not_touch_the_error_count(sites: Sites) -> None:
    sites.save(SITE)
    assert sites.set_error_count(*SITE.key, 3)
    assert not sites.set_error_count(*SITE.key, 3), "nothing changed"
    assert sites.save(replace(SITE, status=SiteStatus.RUNNING))[0].error_count == 3


def test_a_reload_that_was_noted_outlasts_what_is_seen_of_the_site(sites: Sites) -> None:
    sites.save(SITE)
    for at in (NOW, NOW + timedelta(hours=1)):
        sites.set_reloaded(SITE.key, at)
        known = sites.get(*SITE.key)
        assert known is not None and known.reloaded_at == at
        assert sites.save(known)[0].reloaded_at == at
        assert sites.save_list("local", [SITE])[0].reloaded_at == at


def test_a_complete_list_forgets_what_is_not_on_it(sites: Sites) -> None:
    other = replace(SITE, domain_name="blog.localhost")
    sites.save_list("local", [SITE, other])
    sites.save_list("local", [other])
    assert [site.domain_name for site in sites.all()] == ["blog.localhost"]


def test_seeing_the_same_again_is_no_change() -> None:
    assert replace(SITE, seen_at=datetime.now(UTC)) == SITE
