"""A reload that is still on its way when a change of the command begins."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.models import SiteStatus
from tests.dashboard.remote_kit import SITE, Place, remote_place
from tests.fakes.troubles import Stop, Trouble
from tests.operations.kit import NEW, SHOP
from tests.support import eventually


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with remote_place(tmp_path / "data") as place:
        yield place


@pytest.mark.parametrize("trouble", [None, Trouble.THROTTLED])
def test_its_refusal_does_not_touch_the_row_of_the_change(
    place: Place, trouble: Trouble | None
) -> None:
    reload = place.fake.stops["reload before"] = Stop()
    if trouble is not None:
        place.fake.trouble("reload", trouble)
    click = threading.Thread(target=place.post, args=(f"{SITE}/reload",))
    click.start()
    assert reload.reached.wait(10)
    create = place.fake.stops["create before"] = Stop()
    place.post(f"{SITE}/command", command=NEW, confirmed="yes")
    assert create.reached.wait(20)
    before = place.services.sites.get("acme", SHOP)
    assert before is not None and before.status is SiteStatus.STARTING
    reload.go.set()
    click.join(20)
    during = place.services.sites.get("acme", SHOP)
    words = place.page("/activity").select(".event")[0].get_text(" ")
    create.go.set()
    place.until_closed()
    assert during == before, "neither gone, nor running while it is away"
    assert "failed to reload" in words
    assert "does not know this site any more" not in words
    eventually(
        lambda: (now := place.services.sites.get("acme", SHOP)) and now.command == NEW,
        "the site with its new command",
    )
