"""Changes that take several calls, as people see them: asked, followed, undone."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from anyio import to_thread

from app.models import Actor, OperationKind, OperationState, Role, Site, SiteAction, SiteStatus
from app.store.accounts import Accounts
from tests.dashboard.conftest import WORKS, Deck
from tests.dashboard.remote_kit import SITE, Place, remote_place
from tests.fakes.troubles import Stop, Trouble
from tests.operations.kit import ACTOR, NEW, OLD, OLD_SPEC, SHOP
from tests.support import SAME_ORIGIN, attribute, eventually, get_from_site, one, parse


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with remote_place(tmp_path / "data") as place:
        yield place


def test_recreating_is_asked_before_anything_is_done(place: Place) -> None:
    answer = place.post(f"{SITE}/command", command=NEW)
    dialog = one(parse(answer.text), "dialog#recreate-site")
    assert answer.status_code == 200
    assert dialog.has_attr("open")
    assert "10 to 30 seconds" in dialog.get_text()
    assert attribute(one(dialog, "[name=command]"), "value") == NEW
    assert attribute(one(dialog, "[name=confirmed]"), "value") == "yes"
    assert place.fake.called("delete") == 0


def test_a_wrong_command_comes_back_as_it_was_typed(place: Place) -> None:
    for form in ({}, {"confirmed": "yes"}):
        answer = place.post(f"{SITE}/command", command="uvicorn main:app", **form)
        page = parse(answer.text)
        assert answer.status_code == 422
        assert one(page, "textarea#command").get_text() == "uvicorn main:app"
        assert one(page, "textarea#command")["aria-invalid"] == "true"
        assert "whole path" in one(page, "#command-error").get_text()
    assert place.fake.called("delete") == 0


def test_it_is_followed_on_the_pages_until_it_is_done(place: Place) -> None:
    held = place.hold("create before")
    for path in ("/", SITE, f"{SITE}/settings", f"{SITE}/activity", f"{SITE}/logs"):
        notice = one(place.page(path), "#operations [data-operation]")
        assert f"{SHOP} is being created with its new command" in notice.get_text()
        assert "by admin" in notice.get_text()
        assert attribute(one(notice, "[data-copy]"), "data-copy") == NEW
        assert one(notice, "form button").get_text() == "Try again now"
    row = one(place.page("/"), f"#site-acme-{SHOP.replace('.', '_')}")
    assert one(row, ".status")["data-s"] == "starting"
    held.go.set()
    place.until_closed()
    assert not place.page("/").select("[data-operation]")
    assert place.fake.websites[SHOP]["webapp"]["command"] == NEW
    entry = place.page(f"{SITE}/activity").select(".event")[0].get_text(" ")
    assert "changed the command of" in entry and "without the site" in entry


def test_nothing_says_that_it_goes_on_but_what_leaves_with_its_end(place: Place) -> None:
    place.page("/")  # takes the word about the new account with it
    held = place.hold("create before")
    page = place.page(SITE)
    assert [attribute(notice, "aria-label") for notice in page.select(".notice")] == [
        f"Change of {SHOP}"
    ]
    assert one(page, "#operations .notice"), "the stream draws this area anew"
    held.go.set()
    place.until_closed()
    assert not place.page(SITE).select(".notice")


def test_what_is_under_way_cannot_be_changed_beside_it(place: Place) -> None:
    held = place.hold("create before")
    place.post(f"{SITE}/reload")
    place.post(f"{SITE}/delete", confirm=SHOP)
    answer = place.post(f"{SITE}/command", command="/home/alice/third", confirmed="yes")
    assert "still being changed" in one(parse(answer.text), "#command-error").get_text()
    held.go.set()
    place.until_closed()
    assert place.fake.called("delete") == 1
    assert place.fake.called("reload") == 1


def test_an_operation_can_be_hurried_and_stopped(place: Place) -> None:
    place.fake.reserved_seconds = 3600
    place.post(f"{SITE}/command", command=NEW, confirmed="yes")
    eventually(lambda: "still keeps the domain" in place.dashboard.client.get("/").text, "a note")
    notice = one(place.page("/"), "[data-operation]")
    retry, stop = notice.select("form")
    creations = place.fake.called("create")
    assert place.post(attribute(retry, "action")).headers["location"] == "/"
    eventually(lambda: place.fake.called("create") > creations, "another try")
    place.post(attribute(stop, "action"))
    assert place.services.operations.open() == []
    assert place.post(attribute(retry, "action")).status_code == 404
    assert place.post(attribute(stop, "action")).status_code == 404


def test_an_account_is_not_removed_while_one_of_its_sites_is_being_changed(place: Place) -> None:
    held = place.hold("create before")
    asked, answer = place.page("/accounts/acme/delete"), place.post("/accounts/acme/delete")
    assert answer.status_code == 409
    for page in (asked, parse(answer.text)):
        words = one(page, "main").get_text()
        assert f"{SHOP} is being created with its new command" in words
        assert "keep running" not in words and not page.select("main form")
    held.go.set()
    place.until_closed()
    assert SHOP in place.fake.websites
    assert place.post("/accounts/acme/delete").status_code == 303
    assert place.services.accounts.all() == []


def test_a_domain_that_was_kept_for_a_day_leaves_a_site_to_be_recreated(place: Place) -> None:
    place.fake.reserved_seconds = 3600
    place.post(f"{SITE}/command", command=NEW, confirmed="yes")
    eventually(lambda: "still keeps the domain" in place.dashboard.client.get("/").text, "a note")
    [operation] = place.services.operations.open()
    place.dashboard.database.execute("UPDATE operations SET entered_at = entered_at - 24 * 3600")
    place.post(f"/operations/{operation.id}/retry")
    place.until_closed()
    assert "Gone at PythonAnywhere" in one(place.page(SITE), "[aria-label='Needs attention']").text
    assert "gone" in one(place.page("/"), f"#site-acme-{SHOP.replace('.', '_')}").text.lower()
    entry = place.page("/activity").select(".event")[0]
    assert "given up" in entry.text and len(entry.select("details code")) == 2
    notice = one(place.page(f"{SITE}/settings"), "[aria-label='Stopped change']")
    assert [code.get_text() for code in notice.select("code")] == [OLD, NEW]
    for page in (entry, place.page(SITE)):
        assert one(page, f"form[action='{SITE}/recreate']")
    place.fake.reserved.clear()
    place.post(f"{SITE}/recreate")
    place.until_closed()
    assert place.fake.websites[SHOP]["webapp"]["command"] == OLD


def test_a_stopped_change_shows_both_commands(place: Place) -> None:
    held = place.hold("delete before")
    operation = place.services.operations.open()[0]
    place.post(f"/operations/{operation.id}/stop")
    held.go.set()
    # The site may be gone by then, or not.
    path = f"{SITE}/settings" if place.services.sites.get("acme", SHOP) else SITE
    notice = one(place.page(path), "[aria-label='Stopped change']")
    assert [code.get_text() for code in notice.select("code")] == [OLD, NEW]


def test_a_change_is_stopped_knowingly_while_its_site_is_away(place: Place) -> None:
    place.fake.reserved_seconds = 60.0
    place.post(f"{SITE}/command", command=NEW, confirmed="yes")
    stop = f"form[action='/operations/{place.services.operations.open()[0].id}/stop']"
    eventually(lambda: "still keeps the domain" in place.dashboard.client.get("/").text, "a note")
    form = one(place.page("/"), stop)
    assert "is deleted at the moment" in attribute(form, "hx-confirm")
    headers = SAME_ORIGIN | {"hx-request": "true"}
    answer = place.dashboard.client.post(attribute(form, "action"), headers=headers)
    toast = one(parse(answer.text), ".toast.bad").get_text(" ")
    assert f"Change of {SHOP} stopped" in toast and "recreate it on its page" in toast
    assert one(place.page(SITE), f"form[action='{SITE}/recreate']")


def test_a_deleted_site_is_recreated_by_one_click(place: Place) -> None:
    place.fake.add_certificate(SHOP)
    place.post(f"{SITE}/delete", confirm=SHOP)
    flash = one(place.page("/"), ".notice[aria-label=Result]")
    assert attribute(one(flash, "form"), "action") == f"{SITE}/recreate"
    for path in ("/activity", SITE, f"{SITE}/activity"):
        assert place.page(path).select(f"form[action='{SITE}/recreate']"), path
    assert place.post(f"{SITE}/recreate").headers["location"] == SITE
    place.until_closed()
    assert place.fake.websites[SHOP]["webapp"]["command"] == OLD
    assert place.fake.certificates[SHOP]["cert_type"] == "letsencrypt-auto-renew"
    assert not place.page("/activity").select(f"form[action='{SITE}/recreate']")
    assert place.post(f"{SITE}/recreate").status_code == 404


def test_a_site_that_vanished_elsewhere_is_recreated_as_it_was_seen(place: Place) -> None:
    del place.fake.websites[SHOP]
    site = place.services.sites.get("acme", SHOP)
    assert site is not None
    place.services.sites.save(replace(site, is_gone=True))
    form = one(place.page(SITE), f"form[action='{SITE}/recreate']")
    assert place.post(attribute(form, "action")).headers["location"] == SITE
    assert place.fake.websites[SHOP]["webapp"]["command"] == OLD
    site = place.services.sites.get("acme", SHOP)
    assert site is not None and not site.is_gone


def test_a_vanished_site_comes_back_with_its_switch_and_its_certificate(place: Place) -> None:
    place.fake.add_certificate(SHOP)
    place.post(f"{SITE}/command", command=NEW, confirmed="yes")
    place.until_closed()
    eventually(lambda: place.post(f"{SITE}/disable").status_code == 303, "it is disabled")
    assert not place.fake.websites[SHOP]["enabled"]
    del place.fake.websites[SHOP]
    place.fake.certificates.clear()
    site = place.services.sites.get("acme", SHOP)
    assert site is not None
    place.services.sites.save(replace(site, is_gone=True))
    place.post(f"{SITE}/recreate")
    place.until_closed()
    assert place.fake.websites[SHOP]["webapp"]["command"] == NEW
    assert not place.fake.websites[SHOP]["enabled"]
    assert place.fake.certificates[SHOP]["cert_type"] == "letsencrypt-auto-renew"


def test_a_refused_creation_leaves_nothing_to_recreate(place: Place) -> None:
    place.fake.trouble("create", Trouble.PLAN_LIMIT)
    form = {"account_id": "acme", "domain_name": "new.example.org", "template": "own"}
    place.post("/sites", command="/home/alice/serve", enabled="on", **form)
    path = "/accounts/acme/sites/new.example.org"
    assert place.dashboard.client.get(path).status_code == 404
    assert not place.page("/activity").select(f"form[action='{path}/recreate']")


def test_a_refused_recreation_can_be_tried_again(place: Place) -> None:
    place.post(f"{SITE}/delete", confirm=SHOP)
    place.fake.trouble("create", Trouble.PLAN_LIMIT)
    place.post(f"{SITE}/recreate")
    assert "Recreate failed" in place.page("/").get_text()
    assert "was deleted" in one(place.page(SITE), "[aria-label='Deleted site']").get_text()
    place.post(f"{SITE}/recreate")
    assert place.fake.websites[SHOP]["webapp"]["command"] == OLD


def test_a_stopped_switch_is_no_stopped_change_of_command(place: Place) -> None:
    held = Stop()
    place.fake.meddle["patch"] = lambda: place.fake.stops.update({"get before": held})
    place.fake.trouble("patch", Trouble.TIMEOUT_AFTER)
    place.post(f"{SITE}/disable")
    [operation] = place.services.operations.open()
    place.post(f"/operations/{operation.id}/stop")
    held.go.set()
    assert not place.page(f"{SITE}/settings").select("[aria-label='Stopped change']")


def test_a_lost_answer_is_said_and_then_what_came_of_it(place: Place) -> None:
    place.fake.trouble("delete", Trouble.TIMEOUT_AFTER)
    answer = place.post(f"{SITE}/delete", confirm=SHOP)
    assert answer.headers["location"] == "/"
    page = place.page("/")
    assert "was lost" in one(page, ".notice[aria-label=Result]").get_text()
    assert "Sitedeck is looking" in page.get_text()
    place.until_closed()
    entry = place.page("/activity").select(".event")[0].get_text(" ")
    assert "deleted" in entry and "failed" not in entry


def test_a_creation_whose_answer_is_lost_is_followed_on_the_first_page(place: Place) -> None:
    place.fake.trouble("create", Trouble.TIMEOUT_AFTER)
    form = {"account_id": "acme", "domain_name": "new.example.org", "template": "own"}
    command = "/home/alice/serve --uds ${DOMAIN_SOCKET}"
    answer = place.post("/sites", command=command, enabled="on", **form)
    assert answer.headers["location"] == "/"
    assert "The answer about new.example.org was lost" in place.page("/").get_text()
    place.until_closed()
    site = place.services.sites.get("acme", "new.example.org")
    assert site is not None and site.command == command


def test_a_switch_whose_answer_is_lost_leaves_the_row_as_it_was(place: Place) -> None:
    place.fake.trouble("patch", Trouble.TIMEOUT_AFTER)
    held = place.fake.stops["get before"] = Stop()
    target = f"site-acme-{SHOP.replace('.', '_')}"
    headers = SAME_ORIGIN | {"hx-request": "true", "hx-target": target}
    answer = place.dashboard.client.post(f"{SITE}/disable", headers=headers)
    page = parse(answer.text)
    assert answer.status_code == 200
    assert one(page, f"tr#{target} [role=switch]")["aria-checked"] == "true"
    assert "the answer was lost" in one(page, ".toast").get_text()
    held.go.set()
    place.until_closed()
    site = place.services.sites.get("acme", SHOP)
    assert site is not None and not site.enabled and site.status is SiteStatus.DISABLED


def test_what_came_of_a_lost_answer_is_not_followed_by_the_news_of_its_loss(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions = place.services.actions
    run = actions.run

    async def run_slowly(action: SiteAction, site: Site, actor: Actor) -> Site:
        try:
            return await run(action, site, actor)
        finally:
            await to_thread.run_sync(place.until_closed)

    monkeypatch.setattr(actions, "run", run_slowly)
    place.fake.trouble("patch", Trouble.TIMEOUT_AFTER)
    target = f"site-acme-{SHOP.replace('.', '_')}"
    headers = SAME_ORIGIN | {"hx-request": "true", "hx-target": target}
    page = parse(place.dashboard.client.post(f"{SITE}/disable", headers=headers).text)
    assert one(page, f"tr#{target} [role=switch]")["aria-checked"] == "false"
    assert not page.select(".toast")


def test_a_reload_that_leaves_a_site_off_says_so_until_it_is_on(place: Place) -> None:
    place.fake.trouble("reload", Trouble.NOT_FOUND)
    held = Stop()
    place.fake.meddle["patch"] = lambda: place.fake.stops.update({"get before": held})
    place.fake.trouble("patch", Trouble.TIMEOUT_AFTER)
    target = f"site-acme-{SHOP.replace('.', '_')}"
    headers = SAME_ORIGIN | {"hx-request": "true", "hx-target": target}
    answer = place.dashboard.client.post(f"{SITE}/reload", headers=headers)
    words = one(parse(answer.text), ".toast").get_text()
    assert answer.status_code == 200
    assert "is being switched on again" in words and "Nothing was changed" not in words
    notice = one(place.page("/"), "[data-operation]")
    assert "is being switched on again" in notice.get_text()
    held.go.set()
    place.until_closed()
    assert place.fake.websites[SHOP]["enabled"]


def test_who_may_not_change_a_site_sees_no_buttons_for_it(place: Place) -> None:
    account = Accounts(place.dashboard.database).get("acme")
    assert account is not None
    place.services.operations.begin(
        account,
        SHOP,
        OperationKind.CHANGE_COMMAND,
        OperationState.PLANNED,
        ACTOR,
        old=OLD_SPEC,
        new=OLD_SPEC,
    )
    place.dashboard.client.cookies.clear()
    place.dashboard.sign_in("viewer", Role.VIEWER)
    for path in ("/", f"{SITE}/settings"):
        page = place.page(path)
        assert page.select("[data-operation]"), "it is shown"
        assert not page.select("[data-operation] form")
        assert not page.select("textarea#command")
    operation = "/operations/1"
    for path in (f"{operation}/retry", f"{operation}/stop", f"{SITE}/recreate", f"{SITE}/command"):
        assert place.post(path).status_code == 403, path


def test_a_local_site_changes_its_command_in_place(deck: Deck) -> None:
    site = deck.site(WORKS)
    command = site.command.replace("--uds", "--log-level info --uds")
    answer = deck.dashboard.client.post(
        f"/accounts/local/sites/{WORKS}/command", data={"command": command}, headers=SAME_ORIGIN
    )
    assert answer.headers["location"] == f"/accounts/local/sites/{WORKS}"
    eventually(lambda: deck.site(WORKS).pid not in (None, site.pid), "a new process")
    assert deck.wait_for(WORKS, SiteStatus.RUNNING).command == command
    assert get_from_site(deck.sites_address, WORKS) == (200, "hello")
    assert deck.services.operations.open() == []


def test_a_local_command_that_cannot_be_run_is_refused_at_its_field(deck: Deck) -> None:
    answer = deck.dashboard.client.post(
        f"/accounts/local/sites/{WORKS}/command",
        data={"command": "/bin/echo 'open"},
        headers=SAME_ORIGIN,
    )
    assert answer.status_code == 422
    assert "quote" in one(parse(answer.text), "#command-error").get_text()


def test_a_local_site_comes_back_with_its_folder(deck: Deck) -> None:
    folder = str(Path(deck.site(WORKS).command.split()[4]))
    client = deck.dashboard.client
    deck.ask("DELETE", f"/api/v1/user/local/websites/{WORKS}/")
    website = {
        "domain_name": WORKS,
        "enabled": True,
        "webapp": {"command": "/no/such/program"},
        "working_directory": folder,
    }
    deck.ask("POST", "/api/v1/user/local/websites/", website)
    eventually(
        lambda: [
            site
            for site in deck.services.sites.all()
            if (site.domain_name, site.command) == (WORKS, "/no/such/program")
        ],
        "the new one is listed",
    )
    form = {"confirm": WORKS}
    client.post(f"/accounts/local/sites/{WORKS}/delete", data=form, headers=SAME_ORIGIN)
    client.post(f"/accounts/local/sites/{WORKS}/recreate", headers=SAME_ORIGIN)
    site = deck.ask("GET", f"/api/v1/user/local/websites/{WORKS}/")
    assert isinstance(site, dict)
    assert site["working_directory"] == folder


def failure(place: Place) -> str:
    """What the page says of a click that failed."""
    return " ".join(one(place.page("/"), ".notice[aria-label=Result]").get_text(" ").split())


def test_a_reload_that_was_not_sent_says_so(place: Place) -> None:
    held = place.hold("create before")
    place.page("/")
    place.post(f"{SITE}/reload")
    words = failure(place)
    assert f"{SHOP} is still being changed. Nothing was changed." in words
    held.go.set()
    place.until_closed()


def test_a_throttled_reload_was_not_made(place: Place) -> None:
    place.fake.trouble("reload", Trouble.THROTTLED)
    place.post(f"{SITE}/reload")
    words = failure(place)
    assert words.startswith(f"Reload failed: {SHOP} The host says that there were too many calls.")
    assert words.endswith("Nothing was changed.")
    site = place.services.sites.get("acme", SHOP)
    assert site is not None and site.status is SiteStatus.RUNNING


def test_a_reload_whose_answer_was_lost_is_found_out_and_not_repeated(place: Place) -> None:
    place.fake.trouble("reload", Trouble.RESET_AFTER)
    place.post(f"{SITE}/reload")
    assert failure(place).endswith("Sitedeck is looking whether the site answers.")
    site = place.services.sites.get("acme", SHOP)
    assert site is not None and site.status is SiteStatus.RELOADING
    assert site.reloaded_at is None
    assert place.fake.called("reload") == 1
