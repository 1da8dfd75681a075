"""Activity: who did what, when, with which result."""

from starlette.testclient import TestClient

from tests.dashboard.conftest import BROKEN, WORKS, Deck
from tests.support import PASSWORD, SAME_ORIGIN, Dashboard, attribute, eventually, one, parse


def words(client: TestClient) -> list[str]:
    events = parse(client.get("/activity").text).select(".event p")
    return [" ".join(event.get_text(" ").split()) for event in events]


def test_it_lists_clicks_and_sign_ins_newest_first(deck: Deck) -> None:
    client = deck.dashboard.client
    client.post(f"/accounts/local/sites/{WORKS}/disable", headers=SAME_ORIGIN)
    client.post(f"/accounts/local/sites/{WORKS}/enable", headers=SAME_ORIGIN)
    look = f"Sitedeck looked at {WORKS} : Answered 200 after"
    eventually(lambda: words(client)[0].startswith(look), "what came of it is listed too")
    assert words(client)[1:] == [
        f"admin enabled {WORKS}",
        f"admin disabled {WORKS}",
        "admin signed in",
    ]
    page = parse(client.get("/activity").text)
    assert one(page, "h2.day").get_text() == "Today, times in UTC"


def test_a_failure_is_marked_with_its_reason(dashboard: Dashboard) -> None:
    dashboard.add_user()
    form = {"username": "admin", "password": "wrong password"}
    dashboard.client.post("/login", data=form, headers=SAME_ORIGIN)
    form["password"] = PASSWORD
    dashboard.client.post("/login", data=form, headers=SAME_ORIGIN)
    activity = dashboard.app.state.services.activity
    activity.record("admin", "", "create", "local/shop.localhost", "failed: No such folder.")
    activity.record("admin", "", "replace token", "acme", "failed: Refused.")
    events = parse(dashboard.client.get("/activity").text).select(".event")
    failed = [event for event in events if event.select(".ico.bad")]
    assert [one(event, "p").get_text() for event in failed] == [
        "admin failed to replace the token of acme: Refused.",
        "admin failed to create shop.localhost: No such folder.",
        "admin could not sign in: wrong name or password",
    ]


def test_what_nobody_knows_the_outcome_of_is_not_called_a_failure(dashboard: Dashboard) -> None:
    dashboard.sign_in()
    activity = dashboard.app.state.services.activity
    activity.record("admin", "", "reload", "acme/shop.example.org", "unclear: the answer was lost.")
    event = parse(dashboard.client.get("/activity").text).select(".event")[0]
    words = one(event, "p").get_text()
    assert words == "admin may have reloaded shop.example.org: the answer was lost."
    assert not event.select(".ico.bad")


def test_while_one_types_only_the_list_is_drawn_anew(dashboard: Dashboard) -> None:
    dashboard.sign_in()
    field = one(parse(dashboard.client.get("/activity").text), "#filter")
    headers = {"hx-request": "true", "hx-target": attribute(field, "hx-target")[1:]}

    def part(query: str) -> str:
        return dashboard.client.get(f"/activity?query={query}", headers=headers).text

    assert "<html" not in part("sign")
    assert len(parse(part("sign")).select("#activity-list .event")) == 1
    assert one(parse(part("nobody")), ".empty h2").get_text() == "Nothing matches this filter"


def test_a_site_has_a_tab_of_its_own(deck: Deck) -> None:
    client = deck.dashboard.client
    for domain in (WORKS, BROKEN):
        client.post(f"/accounts/local/sites/{domain}/disable", headers=SAME_ORIGIN)
    page = parse(client.get(f"/accounts/local/sites/{WORKS}/activity").text)
    assert len(page.select(".event")) == 1
    assert one(page, ".tabs [aria-current]").get_text() == "Activity"


def test_it_is_filtered_by_plain_words(deck: Deck) -> None:
    client = deck.dashboard.client
    client.post(f"/accounts/local/sites/{WORKS}/disable", headers=SAME_ORIGIN)
    for query, count in (("disable", 1), ("works", 1), ("nobody", 0), ("%25", 0), ("_", 0)):
        found = parse(client.get(f"/activity?query={query}").text).select(".event")
        assert len(found) == count, query


def test_a_toast_leads_to_the_record(deck: Deck) -> None:
    answer = deck.dashboard.client.post(
        f"/accounts/local/sites/{WORKS}/disable", headers=SAME_ORIGIN | {"hx-request": "true"}
    )
    link = one(parse(answer.text), ".toast a")
    assert attribute(link, "href") == f"/accounts/local/sites/{WORKS}/activity"


def test_older_entries_are_a_page_away(dashboard: Dashboard) -> None:
    dashboard.sign_in()
    activity = dashboard.app.state.services.activity
    for number in range(150):
        activity.record("admin", "", "reload", f"local/site-{number}.localhost", "done")
    page = parse(dashboard.client.get("/activity").text)
    assert len(page.select(".event")) == 100
    older = parse(dashboard.client.get(attribute(one(page, ".list-foot a"), "href")).text)
    assert len(older.select(".event")) == 51
    assert not older.select(".list-foot a")
