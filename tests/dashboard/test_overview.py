"""The overview: every site with its status, filtered, drawn from the store alone."""

from pathlib import Path

import pytest

from app.localhost.ask import ask
from app.models import Role, SiteStatus
from app.settings import parse_listen
from tests.dashboard.conftest import BROKEN, WORKS, Deck
from tests.support import (
    Dashboard,
    attribute,
    eventually,
    get_from_site,
    local_host,
    one,
    parse,
    running_dashboard,
    visible_text,
)


def domains(html: str) -> list[str]:
    return [link.get_text() for link in parse(html).select("a.domain")]


def test_without_account_and_local_host_the_next_step_is_an_account(dashboard: Dashboard) -> None:
    dashboard.sign_in()
    page = parse(dashboard.client.get("/").text)
    assert [attribute(link, "href") for link in page.select("main a")] == ["/accounts/new"]
    assert "sample" not in one(page, ".empty").get_text(), "this one has no local host"


def test_with_a_local_host_the_next_step_is_the_sample_site(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with local_host(data) as address:
        listen = parse_listen("sites_listen", address)
        with running_dashboard(data, local_host=True, sites_listen=listen) as dashboard:
            dashboard.sign_in()
            page = parse(dashboard.client.get("/").text)
    assert one(page, ".btn-primary").get_text() == "Try the sample site"
    assert f"http://hello.localhost:{listen.port}" in one(page, ".empty").get_text()
    assert one(page, ".page-head a[href='/sites/new']")


def test_who_may_not_begin_is_told_who_may(dashboard: Dashboard) -> None:
    dashboard.add_user()
    dashboard.sign_in("operator", Role.OPERATOR)
    page = parse(dashboard.client.get("/").text)
    assert "An administrator can begin" in one(page, ".empty").get_text()
    assert not page.select("main a, main form")


def test_it_lists_what_needs_attention_first_with_the_reason(deck: Deck) -> None:
    page = parse(deck.dashboard.client.get("/").text)
    assert domains(str(page)) == [BROKEN, WORKS]
    rows = page.select("tr[data-row]")
    assert [one(row, ".status")["data-s"] for row in rows] == ["failing", "running"]
    assert "/no/such/program does not exist" in rows[0].get_text(" ")
    assert one(rows[1], "[role=switch]")["aria-checked"] == "true"
    assert (
        attribute(one(rows[1], "a.ext"), "href")
        == f"http://{WORKS}:" + (deck.sites_address.partition(":")[2])
    )
    assert "1 needs attention" in one(page, ".page-head").get_text()
    assert "/no/such/program does not exist" not in rows[1].get_text()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("query=works", [WORKS]),
        ("query=LOCAL+host", [BROKEN, WORKS]),
        ("query=no/such", [BROKEN]),
        ("status=running", [WORKS]),
        ("status=nonsense", [BROKEN, WORKS]),
        ("account=local", [BROKEN, WORKS]),
        ("account=other", []),
        ("query=%3Cscript%3E", []),
    ],
)
def test_it_is_filtered_by_word_status_and_account(
    deck: Deck, query: str, found: list[str]
) -> None:
    assert domains(deck.dashboard.client.get(f"/?{query}").text) == found


def test_a_part_is_answered_with_that_part_alone(deck: Deck) -> None:
    def part(target: str) -> str:
        headers = {"hx-request": "true", "hx-target": target}
        return deck.dashboard.client.get("/?query=works", headers=headers).text

    assert domains(part("site-list")) == [WORKS]
    assert "<html" not in part("site-list")
    assert not parse(part("site-list")).select("#site-list"), "which stays where it is"
    chips = parse(part("site-summary")).select("a.chip")
    assert [chip.get_text(" ", strip=True) for chip in chips] == ["All 2", "Failing 1", "Running 1"]
    beside = one(parse(part("site-list")), "[hx-swap-oob='innerHTML:#site-summary']")
    assert len(beside.select("a.chip")) == 3
    for link in beside.select("a.chip"):
        assert "query=works" in attribute(link, "href"), "as the list was filtered"
    sentence = one(parse(part("site-summary")), "#sites-sentence[hx-swap-oob]")
    assert sentence.get_text() == "2 sites in 1 place. 1 needs attention."


def test_hostile_words_of_a_host_stay_words(deck: Deck) -> None:
    command = "/bin/sh -c '<script>alert(1)</script>'"
    website = {"domain_name": "x.localhost", "enabled": False, "webapp": {"command": command}}
    ask(deck.paths, "POST", "/api/v1/user/local/websites/", website)
    eventually(lambda: len(deck.services.sites.all()) == 3, "the new site is listed")
    page = parse(deck.dashboard.client.get("/").text)
    assert not [script for script in page.select("script") if not script.get("src")]
    assert command in [code.get_text() for code in page.select("td code")]


def test_errors_are_counted_as_they_are_written(deck: Deck) -> None:
    get_from_site(deck.sites_address, WORKS, "/fail")
    eventually(lambda: deck.site(WORKS).error_count == 1, "the error is counted")
    page = parse(deck.dashboard.client.get("/?query=works").text)
    link = one(page, "td.col-errors a")
    assert link.get_text() == "1"
    assert attribute(link, "href").endswith(f"/{WORKS}/logs")


def test_a_deleted_site_leaves_the_list(deck: Deck) -> None:
    deck.ask("DELETE", f"/api/v1/user/local/websites/{BROKEN}/")
    eventually(lambda: len(deck.services.sites.all()) == 1, "the site is forgotten")
    assert domains(deck.dashboard.client.get("/").text) == [WORKS]


def test_what_a_silent_host_was_last_known_to_run_stays_as_unknown(deck: Deck) -> None:
    deck.ask("POST", "/api/host/stop/", {"stop_sites": False})
    site = deck.wait_for(WORKS, SiteStatus.UNKNOWN)
    assert site.command, "what was known stays"
    page = parse(deck.dashboard.client.get("/").text)
    notice = one(page, "#host-notice .notice")
    assert "was stopped" in notice.get_text()
    assert attribute(one(notice, "form"), "action") == "/accounts/local/start"
    assert "runs every enabled site" in visible_text(str(notice))


def test_the_details_of_a_local_site_name_its_folder(deck: Deck, tmp_path: Path) -> None:
    def folder(domain: str) -> str:
        page = parse(deck.dashboard.client.get(f"/accounts/local/sites/{domain}").text)
        facts = page.select(".facts > div")
        return next(one(f, "dd").get_text() for f in facts if one(f, "dt").get_text() == "Folder")

    assert folder(WORKS) == "The home folder"
    website = {
        "domain_name": "placed.localhost",
        "enabled": False,
        "working_directory": str(tmp_path),
        "webapp": {"command": "/bin/true ${DOMAIN_SOCKET}"},
    }
    deck.ask("POST", "/api/v1/user/local/websites/", website)
    eventually(lambda: deck.services.sites.get("local", "placed.localhost"), "the site is listed")
    assert folder("placed.localhost") == str(tmp_path)
