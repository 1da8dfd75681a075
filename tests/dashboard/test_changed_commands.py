"""The commands of a change: found in the record whatever came of it, and wanted once more."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bs4 import Tag

from app.models import OperationState, Role
from tests.dashboard.conftest import WORKS, Deck
from tests.dashboard.remote_kit import SITE, Place, remote_place
from tests.fakes.troubles import Trouble
from tests.operations.kit import NEW, OLD, SHOP
from tests.support import SAME_ORIGIN, attribute, one, parse

OTHER = "/home/alice/other"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with remote_place(tmp_path / "data") as place:
        yield place


def carry_out(place: Place) -> None:
    place.post(f"{SITE}/command", command=NEW, confirmed="yes")
    place.until_closed()


def have_it_refused(place: Place) -> None:
    place.fake.trouble("create", Trouble.COMMAND_REFUSED)
    carry_out(place)


def change_it_meanwhile(place: Place) -> None:
    held = place.hold("delete before")
    place.fake.websites[SHOP]["webapp"]["command"] = OTHER
    place.fake.meddle["delete"] = lambda: place.fake.add_site(SHOP, OTHER)
    held.go.set()
    place.until_closed()


def newest(place: Place, path: str) -> Tag:
    return place.page(path).select(".event")[0]


@pytest.mark.parametrize(
    ("do", "state", "offered"),
    [
        (carry_out, OperationState.DONE, OLD),
        (have_it_refused, OperationState.RESTORED, NEW),
        (change_it_meanwhile, OperationState.ABORTED, NEW),
    ],
)
def test_both_commands_are_found_and_one_can_be_wanted_again(
    place: Place, do: Callable[[Place], None], state: OperationState, offered: str
) -> None:
    do(place)
    operation = place.services.operations.latest("acme", SHOP)
    assert operation is not None and operation.state is state
    for path in ("/activity", f"{SITE}/activity"):
        entry = newest(place, path)
        assert [code.get_text() for code in entry.select("details code")] == [OLD, NEW], path
        copies = [attribute(button, "data-copy") for button in entry.select("[data-copy]")]
        assert copies == [OLD, NEW]
        form = one(entry, "form")
        assert attribute(form, "action") == f"/operations/{operation.id}/again"
    page = parse(place.post(attribute(form, "action")).text)
    assert one(page, "#command").get_text() == offered
    assert attribute(one(page, f"form[action='{SITE}/command'] #command"), "name") == "command"
    assert "does not appear" in one(page, "#command-notes").get_text()
    assert place.fake.called("create") <= 2, "nothing is done before it is asked"


def test_what_somebody_else_changed_stays_in_the_settings_until_a_change_is_done(
    place: Place,
) -> None:
    change_it_meanwhile(place)
    place.post(f"{SITE}/disable")
    notice = one(place.page(f"{SITE}/settings"), "[aria-label='Stopped change']")
    assert [code.get_text() for code in notice.select("code")] == [OLD, NEW]
    page = parse(place.post(attribute(one(notice, "form"), "action")).text)
    assert one(page, "#command").get_text() == NEW
    carry_out(place)
    assert place.fake.websites[SHOP]["webapp"]["command"] == NEW
    assert not place.page(f"{SITE}/settings").select("[aria-label='Stopped change']")


def test_an_entry_offers_no_command_that_the_site_has(place: Place) -> None:
    carry_out(place)
    place.post(f"{SITE}/command", command=OLD, confirmed="yes")
    place.until_closed()
    back, there = place.page(f"{SITE}/activity").select(".event")[:2]
    assert one(back, "form button").get_text() == "Change back…"
    assert not there.select("form")


def test_who_may_not_change_a_site_sees_its_commands_alone(place: Place) -> None:
    carry_out(place)
    place.dashboard.client.cookies.clear()
    place.dashboard.sign_in("operator", Role.OPERATOR)
    entry = newest(place, f"{SITE}/activity")
    assert len(entry.select("details code")) == 2
    assert not entry.select("form")
    operation = place.services.operations.latest("acme", SHOP)
    assert operation is not None
    assert place.post(f"/operations/{operation.id}/again").status_code == 403


def test_what_is_no_change_of_a_command_cannot_be_wanted_again(place: Place) -> None:
    place.post(f"{SITE}/disable")
    operation = place.services.operations.latest("acme", SHOP)
    assert operation is not None
    for number in (operation.id, 99, "x"):
        assert place.post(f"/operations/{number}/again").status_code == 404, number


def test_a_change_of_a_site_that_is_gone_is_shown_without_a_way_into_its_settings(
    place: Place,
) -> None:
    carry_out(place)
    place.post(f"{SITE}/delete", confirm=SHOP)
    deletion, change = place.page(f"{SITE}/activity").select(".event")[:2]
    assert not deletion.select("details")
    assert [code.get_text() for code in change.select("details code")] == [OLD, NEW]
    assert not change.select("form")
    operation = place.services.operations.latest("acme", SHOP)
    assert operation is not None
    assert place.post(f"/operations/{operation.id - 1}/again").status_code == 404


def test_a_change_in_place_is_kept_as_well(deck: Deck) -> None:
    old = deck.site(WORKS).command
    new = old.replace("--uds", "--log-level info --uds")
    path = f"/accounts/local/sites/{WORKS}"
    deck.dashboard.client.post(f"{path}/command", data={"command": new}, headers=SAME_ORIGIN)
    entry = parse(deck.dashboard.client.get(f"{path}/activity").text).select(".event")[0]
    assert [code.get_text() for code in entry.select("details code")] == [old, new]
