"""What would end Sitedeck itself halfway is refused before anything is sent."""

from dataclasses import replace

import pytest

from app.errors import NotSent
from app.models import SiteAction
from tests.fakes.pythonanywhere import FakePythonAnywhere
from tests.fakes.troubles import Trouble
from tests.operations.kit import ACTOR, NEW, SHOP, Deck, known_site

pytestmark = pytest.mark.anyio


@pytest.fixture
def running_as_site(deck: Deck) -> Deck:
    deck.log.own_domain = SHOP
    return deck


async def test_the_own_site_is_not_ended_by_itself(
    running_as_site: Deck, fake: FakePythonAnywhere
) -> None:
    site = known_site()
    deck = running_as_site
    with pytest.raises(NotSent, match="Sitedeck itself"):
        await deck.maker.delete(site, ACTOR)
    with pytest.raises(NotSent, match="Sitedeck itself"):
        await deck.maker.change_command(site, NEW, ACTOR)
    with pytest.raises(NotSent, match="Sitedeck itself"):
        await deck.actions.run(SiteAction.DISABLE, site, ACTOR)
    assert fake.calls == []
    assert fake.websites[SHOP]["enabled"]


async def test_the_own_site_may_be_reloaded(
    running_as_site: Deck, fake: FakePythonAnywhere
) -> None:
    await running_as_site.actions.run(SiteAction.RELOAD, known_site(), ACTOR)
    assert fake.called("reload") == 1


async def test_the_own_site_is_not_switched_off_for_its_reload(
    running_as_site: Deck, fake: FakePythonAnywhere
) -> None:
    fake.trouble("reload", Trouble.NOT_FOUND)
    with pytest.raises(NotSent, match="Sitedeck itself"):
        await running_as_site.actions.run(SiteAction.RELOAD, known_site(), ACTOR)
    assert fake.called("patch") == 0


async def test_a_local_site_of_that_name_is_another_one(running_as_site: Deck) -> None:
    running_as_site.log.check_not_own(replace(known_site(), account_id="local"))
