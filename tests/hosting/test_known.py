"""What is known of sites: told in the order in which it was so, and not undone by old news."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.hosting.changes import SiteChanged
from app.hosting.known import KnownSites
from app.models import Check, Site, SiteStatus
from tests.hosting.conftest import NOW, SHOP, until
from tests.hosting.test_sitewatch import GOOD, Place

pytestmark = pytest.mark.anyio
BLOG = replace(SHOP, domain_name="blog.example.org", url="https://blog.example.org")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    yield place
    place.database.close()


async def test_what_was_read_earlier_is_not_told_later(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await place.known.save(SHOP)
    place.checks.expect(SHOP.key, SiteStatus.RELOADING)
    sites = place.known._sites
    get, is_read, may_go = sites.get, threading.Event(), threading.Event()

    def slow_at_first(account_id: str, domain_name: str) -> Site | None:
        site = get(account_id, domain_name)
        if not is_read.is_set():
            is_read.set()
            may_go.wait(30)
        return site

    async def is_waiting() -> bool:
        return is_read.is_set()

    monkeypatch.setattr(sites, "get", slow_at_first)
    with place.changes.subscribe() as queue:
        earlier = asyncio.create_task(place.known.announce(SHOP.key))
        await until(is_waiting)
        place.checks.record(SHOP.key, Check(NOW, GOOD))
        later = asyncio.create_task(place.known.announce(SHOP.key))
        await asyncio.wait([later], timeout=0.2)  # as far as it comes meanwhile
        may_go.set()
        await asyncio.gather(earlier, later)
        told = [queue.get_nowait() for _ in range(queue.qsize())]
    assert [change.site.status for change in told if isinstance(change, SiteChanged)] == [
        SiteStatus.RELOADING,
        SiteStatus.RUNNING,
    ]


async def test_a_list_that_lags_behind_a_deletion_does_not_bring_the_site_back(
    place: Place,
) -> None:
    await place.known.save(SHOP)
    await place.known.forget(*SHOP.key)
    await place.known.save_list(SHOP.account_id, [SHOP, BLOG], keep_missing=True)
    assert [site.key for site in await place.known.all()] == [BLOG.key]


async def test_a_list_that_lags_behind_a_switch_does_not_take_it_back(place: Place) -> None:
    await place.known.save(replace(SHOP, enabled=False, status=SiteStatus.DISABLED))
    place.known.note_change(SHOP.key)
    await place.known.save_list(SHOP.account_id, [SHOP], keep_missing=True)
    site = await place.known.get(*SHOP.key)
    assert site is not None and not site.enabled


async def test_a_site_just_made_is_not_missed_by_lists_that_lag_behind(place: Place) -> None:
    await place.known.save(SHOP)
    place.known.note_change(SHOP.key)
    for _ in range(3):
        await place.known.save_list(SHOP.account_id, [], keep_missing=True)
    site = await place.known.get(*SHOP.key)
    assert site is not None and not site.is_gone


async def test_a_good_list_ends_that_a_site_is_unknown_though_it_was_just_changed(
    place: Place,
) -> None:
    await place.known.save(SHOP)
    place.known.note_change(SHOP.key)
    await place.known.update(SHOP.key, lambda site: replace(site, status=SiteStatus.UNKNOWN))
    await place.known.save_list(SHOP.account_id, [SHOP], keep_missing=True)
    site = await place.known.get(*SHOP.key)
    assert site is not None and site.status is SiteStatus.RUNNING


async def test_a_list_that_lags_behind_does_not_bring_back_what_was_found_gone(
    place: Place,
) -> None:
    await place.known.save(SHOP)
    place.known.note_change(SHOP.key)
    assert await place.known.mark_gone(SHOP.key)
    await place.known.save_list(SHOP.account_id, [SHOP], keep_missing=True)
    site = await place.known.get(*SHOP.key)
    assert site is not None and site.is_gone


async def test_what_an_operation_leaves_is_not_undone_by_a_list_that_lags_behind(
    place: Place,
) -> None:
    off = replace(SHOP, enabled=False, status=SiteStatus.DISABLED)
    await place.known.show_in_work(off)
    assert not await place.known.mark_gone(SHOP.key)
    place.known.end_work(*SHOP.key)
    await place.known.save(off)
    await place.known.save_list(SHOP.account_id, [SHOP], keep_missing=True)
    assert await place.known.get(*SHOP.key) == off


async def test_after_a_while_lists_are_believed_again(place: Place) -> None:
    known = KnownSites(place.known._sites, place.changes, lag_seconds=0.0)
    await known.forget(*SHOP.key)
    await known.save_list(SHOP.account_id, [SHOP], keep_missing=True)
    assert await known.get(*SHOP.key) is not None


async def test_an_update_of_what_was_deleted_meanwhile_brings_nothing_back(place: Place) -> None:
    await place.known.update(SHOP.key, lambda site: replace(site, reason="No answer."))
    assert await place.known.all() == []


async def test_a_failure_between_two_lists_without_a_site_does_not_hide_that_it_is_gone(
    place: Place,
) -> None:
    await place.known.save(SHOP)
    await place.known.save_list(SHOP.account_id, [], keep_missing=True)
    await place.known.update(SHOP.key, lambda site: replace(site, status=SiteStatus.UNKNOWN))
    await place.known.save_list(SHOP.account_id, [], keep_missing=True)
    site = await place.known.get(*SHOP.key)
    assert site is not None and site.is_gone
