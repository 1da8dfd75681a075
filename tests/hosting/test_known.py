"""What is told of a site is told in the order in which it was so."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.hosting.changes import SiteChanged
from app.models import Check, Site, SiteStatus
from tests.hosting.conftest import NOW, SHOP, until
from tests.hosting.test_sitewatch import GOOD, Place

pytestmark = pytest.mark.anyio


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
