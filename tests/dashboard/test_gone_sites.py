"""A site that its account does not have any more: what is still offered works."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.models import Role, SiteStatus
from tests.dashboard.conftest import SITE, Connected, connected
from tests.fakes.pythonanywhere import fake_pythonanywhere
from tests.fakes.troubles import Trouble
from tests.support import SAME_ORIGIN, attribute, eventually, one, parse

PATH = f"/accounts/acme/sites/{SITE}"
COMMAND = "/home/alice/serve"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Connected]:
    """With one site, which is there."""
    with fake_pythonanywhere() as fake:
        fake.add_site(SITE, COMMAND)
        with connected(fake, tmp_path / "data") as place:
            yield place


def vanish(place: Connected) -> None:
    """The site is gone, and known to be."""
    del place.fake.websites[SITE]
    site = place.services.sites.get("acme", SITE)
    assert site is not None
    place.services.sites.save(replace(site, is_gone=True))


@pytest.mark.parametrize("page", ["/", PATH, f"{PATH}/logs", f"{PATH}/settings"])
def test_nothing_is_offered_that_can_only_fail(place: Connected, page: str) -> None:
    vanish(place)
    shown = parse(place.get(page))
    actions = {attribute(form, "action") for form in shown.select("form")}
    for action in ("enable", "disable", "reload", "command", "certificate", "dns"):
        assert f"{PATH}/{action}" not in actions
    assert not [action for action in actions if action.startswith(f"{PATH}/logs")]
    assert not shown.select(f"a[href='https://{SITE}']"), "it has no address"
    assert f"{PATH}/recreate" in actions
    menu = one(shown, ".menu:has(a.danger)")
    assert one(menu, f"[data-copy='{COMMAND}']")
    assert one(menu, "a.danger").get_text() == "Remove from the list…"
    assert "Logs" in menu.get_text()


def test_it_is_removed_from_the_list_alone(place: Connected) -> None:
    vanish(place)
    dialog = one(parse(place.get(f"{PATH}/settings")), "dialog#delete-site")
    words = dialog.get_text(" ")
    assert "Nothing is deleted at the host" in words
    assert "stops" not in words
    form = one(dialog, "form")
    fields = {attribute(f, "name"): attribute(f, "value") for f in form.select("input")}
    place.post(attribute(form, "action"), **fields)
    assert place.status() is None
    assert place.fake.called("delete") == 0
    assert f"{SITE} removed from the list" in one(parse(place.get("/")), ".notice").get_text()


def test_a_site_that_came_back_is_not_deleted_by_the_removal(place: Connected) -> None:
    vanish(place)
    form = one(parse(place.get(f"{PATH}/settings")), "dialog#delete-site form")
    fields = {attribute(f, "name"): attribute(f, "value") for f in form.select("input")}
    place.fake.add_site(SITE, COMMAND)
    answer = place.post(f"{PATH}/delete", **fields)
    assert "The host has this site again" in answer.text
    place.post("/accounts/acme/test")
    eventually(lambda: place.status() is SiteStatus.RUNNING, "it is listed again")
    answer = place.post(f"{PATH}/delete", **fields)
    assert "The host has this site again" in answer.text
    assert SITE in place.fake.websites


@pytest.mark.parametrize("action", ["reload", "enable", "disable"])
def test_a_click_that_finds_it_gone_shows_it_so_at_once(place: Connected, action: str) -> None:
    del place.fake.websites[SITE]
    row = "site-acme-shop_example_org"
    answer = place.dashboard.client.post(
        f"{PATH}/{action}",
        headers=SAME_ORIGIN | {"hx-request": "true", "hx-target": row},
    )
    shown = parse(answer.text)
    assert answer.status_code == 502
    assert one(shown, f"tr#{row} .badge").get_text() == "Gone at PythonAnywhere"
    assert "does not know this site any more" in one(shown, ".toast.bad").get_text()
    site = place.services.sites.get("acme", SITE)
    assert site is not None and site.is_gone and site.command == COMMAND and site.enabled
    assert not place.services.operations.open()


def test_a_click_on_an_old_page_makes_no_call(place: Connected) -> None:
    vanish(place)
    place.post(f"{PATH}/reload")
    assert place.fake.called("reload") == 0
    assert "does not know this site any more" in one(parse(place.get("/")), ".notice").get_text()


def test_a_click_on_a_site_that_is_back_brings_it_back_into_the_list(place: Connected) -> None:
    vanish(place)
    place.fake.add_site(SITE, COMMAND)
    place.post(f"{PATH}/reload")
    eventually(lambda: place.status() is SiteStatus.RUNNING, "another list", 10)


@pytest.mark.parametrize("looks", [[], [Trouble.NOT_FOUND]])
def test_a_404_of_one_call_alone_is_no_site_that_is_gone(
    place: Connected, looks: list[Trouble]
) -> None:
    place.fake.trouble("patch", Trouble.NOT_FOUND)
    place.fake.trouble("get", *looks)
    place.post(f"{PATH}/disable")
    site = place.services.sites.get("acme", SITE)
    assert site is not None and not site.is_gone and site.enabled


def test_who_may_not_recreate_is_not_offered_it(place: Connected) -> None:
    vanish(place)
    place.dashboard.sign_in("operator", Role.OPERATOR)
    for page in ("/", PATH, f"{PATH}/settings"):
        shown = parse(place.get(page))
        assert not shown.select(f"form[action='{PATH}/recreate']"), page
        assert not shown.select("a[href$='#delete-site']"), page
