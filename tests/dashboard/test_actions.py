"""Reload, enable and disable: the row alone changes, a toast says what happened."""

import pytest
from httpx2 import Response

from app.localhost.start import is_answering
from app.models import SiteStatus
from tests.dashboard.conftest import BROKEN, WORKS, Deck
from tests.support import SAME_ORIGIN, attribute, eventually, get_from_site, one, parse

ROW = "site-local-works_localhost"


def click(deck: Deck, action: str, domain: str = WORKS, target: str = ROW) -> Response:
    return deck.dashboard.client.post(
        f"/accounts/local/sites/{domain}/{action}",
        headers=SAME_ORIGIN | {"hx-request": "true", "hx-target": target},
    )


def test_disable_answers_with_the_row_and_a_toast_with_undo(deck: Deck) -> None:
    answer = click(deck, "disable")
    page = parse(answer.text)
    row = one(page, f"tr#{ROW}")
    toast = one(page, "[hx-swap-oob] .toast")
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert one(row, ".status")["data-s"] == "disabled"
    assert one(row, "[role=switch]")["aria-checked"] == "false"
    assert one(row, "[data-reload]").has_attr("disabled")
    assert f"{WORKS} disabled" in toast.get_text()
    assert attribute(one(toast, "form"), "hx-post").endswith("/enable")
    eventually(lambda: get_from_site(deck.sites_address, WORKS)[0] == 404, "the site is off")


def test_enable_brings_it_back(deck: Deck) -> None:
    click(deck, "disable")
    eventually(lambda: deck.site(WORKS).pid is None, "the host has told that it ended")
    answer = click(deck, "enable")
    row = one(parse(answer.text), f"tr#{ROW}")
    assert one(row, ".status")["data-s"] in ("starting", "running")
    deck.wait_for(WORKS, SiteStatus.RUNNING)
    assert get_from_site(deck.sites_address, WORKS) == (200, "hello")


def test_reload_shows_reloading_and_then_a_new_process(deck: Deck) -> None:
    before = deck.site(WORKS).pid
    row = one(parse(click(deck, "reload").text), f"tr#{ROW}")
    assert one(row, ".status")["data-s"] in ("reloading", "running")
    eventually(lambda: deck.site(WORKS).pid not in (before, None), "a new process")
    site = deck.wait_for(WORKS, SiteStatus.RUNNING)
    assert site.reloaded_at is not None
    assert site.answer is not None and site.answer.status == 200


def test_from_the_sites_own_page_the_head_changes(deck: Deck) -> None:
    answer = click(deck, "disable", target=f"head-{ROW}")
    assert one(parse(answer.text), f"div#head-{ROW} .status")["data-s"] == "disabled"


def test_without_scripts_a_click_leads_to_a_page_that_says_what_happened(deck: Deck) -> None:
    client = deck.dashboard.client
    answer = client.post(f"/accounts/local/sites/{WORKS}/disable", headers=SAME_ORIGIN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    page = parse(client.get("/").text)
    assert f"{WORKS} disabled" in one(page, ".notice[role=status]").get_text()
    assert not parse(client.get("/").text).select(".notice[role=status]"), "said once"
    site_page = f"/accounts/local/sites/{WORKS}"
    headers = SAME_ORIGIN | {"referer": f"http://127.0.0.1:5001{site_page}"}
    answer = client.post(f"{site_page}/enable", headers=headers)
    assert answer.headers["location"] == site_page


def test_a_failed_click_says_what_is_now_true(deck: Deck) -> None:
    deck.ask("POST", "/api/host/stop/", {"stop_sites": False})
    eventually(lambda: not is_answering(deck.paths.socket), "the local host has ended")
    deck.wait_for(WORKS, SiteStatus.UNKNOWN)
    answer = click(deck, "disable")
    page = parse(answer.text)
    assert answer.status_code == 502
    assert one(page, f"tr#{ROW} [role=switch]")["aria-checked"] == "true"
    toast = one(page, ".toast.bad").get_text(" ")
    assert f"Disable failed: {WORKS}" in toast
    assert "Nothing was changed." in toast


@pytest.mark.parametrize("action", ["reload", "enable", "disable"])
def test_a_site_that_is_not_there_is_a_404(deck: Deck, action: str) -> None:
    assert click(deck, action, "nobody.localhost").status_code == 404


def test_a_site_that_fails_to_start_says_why(deck: Deck) -> None:
    click(deck, "reload", BROKEN, "site-local-broken_localhost")
    site = deck.wait_for(BROKEN, SiteStatus.FAILING)
    assert "/no/such/program does not exist" in site.reason
    page = parse(deck.dashboard.client.get(f"/accounts/local/sites/{BROKEN}").text)
    assert site.reason in one(page, ".notice.bad").get_text()
    assert "No such file or directory" in one(page, ".exit-lines").get_text()


def test_every_click_is_recorded(deck: Deck) -> None:
    click(deck, "disable")
    click(deck, "enable")
    rows = deck.dashboard.database.query(
        "SELECT actor, action, target, result FROM activity"
        " WHERE target LIKE '%/%' AND action <> 'look'"
    )
    assert [(row["actor"], row["action"], row["result"]) for row in rows] == [
        ("admin", "disable", "done"),
        ("admin", "enable", "done"),
    ]
    assert rows[0]["target"] == f"local/{WORKS}"


def test_enabling_what_is_enabled_ends_where_it_began(deck: Deck) -> None:
    before = deck.site(WORKS).pid
    click(deck, "enable")
    assert deck.wait_for(WORKS, SiteStatus.RUNNING).pid == before
