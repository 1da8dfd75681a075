"""PythonAnywhere accounts in the dashboard, over a fake on a real socket."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bs4 import Tag

from app.models import Role, SiteStatus
from app.store.accounts import LOCAL
from tests.dashboard.conftest import FORM, SITE, Connected, knowing
from tests.fakes.faults import Fault
from tests.fakes.pythonanywhere import TOKEN, USER, fake_pythonanywhere
from tests.fakes.troubles import Trouble
from tests.support import (
    attribute,
    eventually,
    one,
    parse,
    visible_text,
)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Connected]:
    with fake_pythonanywhere() as fake:
        fake.add_site(SITE, "/home/alice/serve")
        with knowing(fake, tmp_path / "data") as place:
            yield place


def test_an_account_is_added_and_its_sites_join_the_list(place: Connected) -> None:
    assert place.add().headers["location"] == "/accounts"
    page = visible_text(place.get("/accounts"))
    assert "Acme added" in page and "ends with 4567" in page
    eventually(lambda: place.status() is SiteStatus.RUNNING, "the site is listed")
    assert SITE in place.get("/?account=acme")


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"token": "f" * 40}, "token", "eu.pythonanywhere.com"),
        ({"token": "too short"}, "token", "40 letters and digits"),
        ({"username": "somebody"}, "username", "does not belong to somebody"),
        ({"username": "a@b.example"}, "username", "not an e-mail"),
        ({"label": ""}, "label", "Type a name"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(
    place: Connected, changes: dict[str, str], field: str, words: str
) -> None:
    answer = place.add(**changes)
    page = parse(answer.text)
    assert answer.status_code == 422
    assert words in one(page, f"#{field}-error").get_text()
    assert one(page, "#label")["value"] == (FORM | changes)["label"]
    assert place.services.accounts.all() == []


def test_in_an_account_without_sites_the_next_step_is_a_new_one(place: Connected) -> None:
    place.fake.websites.clear()
    place.add()
    page = parse(place.get("/?account=acme"))
    for part in (".page-head", ".empty"):
        link = one(page, f"{part} a[href='/sites/new?account=acme']")
        assert link.get_text() == "New site"
    assert "sample" not in one(page, ".empty").get_text(), "this one has no local host"


def test_the_way_to_a_new_site_keeps_the_account_that_is_looked_at(place: Connected) -> None:
    place.add()
    eventually(place.status, "the site is listed")
    site = f"/accounts/acme/sites/{SITE}"
    for path, way in (("/?account=acme", "?account=acme"), (site, "?account=acme"), ("/", "")):
        page = parse(place.get(path))
        assert attribute(one(page, ".shell"), "data-new-site") == f"/sites/new{way}"
    assert one(parse(place.get("/?account=acme")), ".page-head a[href='/sites/new?account=acme']")


@pytest.mark.parametrize("fault", [Fault.HTML, Fault.GARBAGE, Fault.EMPTY, Fault.RESET])
def test_an_api_that_answers_nonsense_is_told_in_plain_words(
    place: Connected, fault: Fault
) -> None:
    place.fake.fail(fault)
    answer = place.add()
    assert answer.status_code == 422
    assert one(parse(answer.text), "[role=alert]").get_text()
    assert "Traceback" not in answer.text
    assert place.services.accounts.all() == []


def test_an_account_called_local_is_not_taken_for_the_local_host(place: Connected) -> None:
    place.add(label="Local")
    (account,) = place.services.accounts.all()
    assert account.label == "Local"
    assert account.id != LOCAL.id


def test_a_name_that_is_too_long_is_said_with_the_rest_kept(place: Connected) -> None:
    page = parse(place.add(label="x" * 300).text)
    assert one(page, "#label-error").get_text()
    assert attribute(one(page, "#username"), "value") == USER


def test_a_test_that_succeeds_takes_up_all_calls_again(place: Connected) -> None:
    place.add()
    eventually(lambda: place.status() is SiteStatus.RUNNING, "the site is listed")
    place.fake.token = "d" * 40
    place.services.account_service.refresh_soon("acme")
    eventually(lambda: place.status() is SiteStatus.UNKNOWN, "the token is refused")
    place.fake.token = TOKEN
    place.post("/accounts/acme/test")
    eventually(lambda: place.status() is SiteStatus.RUNNING, "the site is listed again")


def test_a_refused_token_is_said_on_the_overview_until_it_is_replaced(place: Connected) -> None:
    place.add()
    eventually(lambda: place.status() is SiteStatus.RUNNING, "the site is listed")
    area = one(parse(place.get("/")), "#refused-tokens")
    assert area.get_text() == "" and area["sse-swap"] == "tokens"
    place.fake.token = "d" * 40
    place.services.account_service.refresh_soon("acme")
    eventually(lambda: refused(place), "the token is refused")
    (notice,) = refused(place)
    words = visible_text(str(notice))
    assert "Acme cannot be read" in words and "PythonAnywhere refused the token" in words
    assert "eu.pythonanywhere.com are not valid at each other" in words and TOKEN not in words
    field = attribute(one(notice, "a"), "href")
    assert one(parse(place.get("/accounts")), field.removeprefix("/accounts"))
    place.dashboard.client.cookies.clear()
    place.dashboard.sign_in("vera", Role.VIEWER)
    (notice,) = refused(place)
    assert notice.select("a") == [] and "An administrator can replace it" in notice.get_text()
    place.dashboard.client.cookies.clear()
    place.dashboard.sign_in("ada")
    place.post("/accounts/acme/token", token="d" * 40)
    eventually(lambda: not refused(place), "the notice is gone")


@pytest.mark.parametrize(
    ("role", "actions"),
    [
        (Role.VIEWER, set()),
        (Role.OPERATOR, {"test"}),
        (Role.ADMIN, {"test", "token"}),
    ],
)
def test_a_card_offers_what_the_role_may_do(
    place: Connected, role: Role, actions: set[str]
) -> None:
    place.add()
    place.dashboard.client.cookies.clear()
    place.dashboard.sign_in("vera", role)
    forms = one(parse(place.get("/accounts")), "[aria-label='Acme']").select("form")
    offered = {attribute(form, "action") for form in forms}
    assert offered == {f"/accounts/acme/{action}" for action in actions}
    for action in ("test", "token"):
        answer = place.post(f"/accounts/acme/{action}")
        assert (answer.status_code == 403) == (action not in actions)


def refused(place: Connected) -> list[Tag]:
    return list(parse(place.get("/")).select("#refused-tokens .notice.bad"))


def test_an_account_is_tested_and_gets_another_token(place: Connected) -> None:
    place.add()
    place.post("/accounts/acme/test")
    assert "1 site, answered in" in place.get("/accounts")
    place.post("/accounts/acme/token", token="e" * 40)
    assert "The old token is still in use" in place.get("/accounts")
    place.fake.token = "d" * 40
    place.post("/accounts/acme/token", token="d" * 40)
    page = visible_text(place.get("/accounts"))
    assert "was replaced" in page and "ends with dddd" in page


def test_a_removed_account_is_asked_about_and_its_sites_go_on(place: Connected) -> None:
    place.add()
    eventually(lambda: place.status() is SiteStatus.RUNNING, "the site is listed")
    assert "The sites keep running" in place.get("/accounts/acme/delete")
    place.post("/accounts/acme/delete")
    assert SITE not in place.get("/")
    assert SITE in place.fake.websites
    assert place.dashboard.client.get("/accounts/acme/delete").status_code == 404


def test_a_domain_of_a_classic_web_app_is_explained_at_its_field(place: Connected) -> None:
    place.add()
    place.fake.classic_domains.add("old.example.org")
    answer = place.post(
        "/sites",
        account_id="acme",
        domain_name="old.example.org",
        template="own",
        command="/home/alice/serve",
    )
    assert "classic web app" in one(parse(answer.text), "#domain_name-error").get_text()


def test_failures_to_create_and_to_delete_are_in_the_record(place: Connected) -> None:
    place.add()
    eventually(lambda: place.status() is SiteStatus.RUNNING, "the site is listed")
    new = {"account_id": "acme", "domain_name": "new.example.org", "command": "/home/alice/serve"}
    place.fake.trouble("create", Trouble.PLAN_LIMIT)
    answer = place.post("/sites", template="own", enabled="on", **new)
    assert "Your plan allows no more websites" in answer.text
    assert attribute(one(parse(answer.text), "#domain_name"), "value") == "new.example.org"
    place.fake.fail(Fault.HTML_502)
    answer = place.post(f"/accounts/acme/sites/{SITE}/delete", confirm=SITE)
    assert "The site was not deleted" in answer.text
    events = parse(place.get("/activity")).select(".event")
    assert [bool(event.select(".ico.bad")) for event in events[:2]] == [True, True]
    assert "delet" in events[0].get_text() and "creat" in events[1].get_text()


def test_a_site_whose_name_has_an_underscore_has_its_logs_too(place: Connected) -> None:
    place.fake.add_site("my_shop.example.org")
    place.fake.write_log("my_shop.example.org", b"ERROR: it broke\n")
    place.add()
    path = "/accounts/acme/sites/my_shop.example.org"
    eventually(lambda: "my_shop" in place.get("/"), "the site is listed")
    eventually(lambda: "it broke" in place.get(f"{path}/logs"), "its log")


def test_an_account_without_sites_is_no_filter_without_a_match(place: Connected) -> None:
    place.add()
    eventually(lambda: SITE in place.get("/"), "the site is listed")
    page = parse(place.get("/?account=local"))
    assert one(page, ".empty h2").get_text() == "No sites here yet"
    page = parse(place.get("/?account=acme&query=nothing"))
    assert one(page, ".empty h2").get_text() == "No site matches this filter"


def test_a_domain_that_has_its_site_is_not_suggested_for_another(place: Connected) -> None:
    place.add()
    own = f"{USER}.pythonanywhere.com"
    field = one(parse(place.get("/sites/new?account=acme")), "#domain_name")
    assert attribute(field, "value") == own
    place.fake.add_site(own)
    place.post("/accounts/acme/test")
    eventually(lambda: own in place.get("/"), "the site is listed")
    field = one(parse(place.get("/sites/new?account=acme")), "#domain_name")
    assert not field.get("value")


def test_every_remote_site_says_when_it_was_seen(place: Connected) -> None:
    place.add()
    eventually(lambda: place.status() is SiteStatus.RUNNING, "the site is listed")
    for path in ("/", f"/accounts/acme/sites/{SITE}"):
        seen = one(parse(place.get(path)), "time[data-seen=acme]")
        assert seen.get_text() == "just now"
        at = datetime.fromisoformat(attribute(seen, "datetime"))
        assert timedelta() <= datetime.now(UTC) - at < timedelta(seconds=5)


def test_a_site_that_vanished_is_gone_with_its_command_kept(place: Connected) -> None:
    place.add()
    eventually(lambda: place.status() is SiteStatus.RUNNING, "the site is listed")
    place.fake.websites.clear()
    site = f"/accounts/acme/sites/{SITE}"

    def is_gone() -> bool:
        place.services.account_service.refresh_soon("acme")
        return place.status() is SiteStatus.UNKNOWN

    eventually(is_gone, "two lists without it")
    for path in ("/", site):
        assert one(parse(place.get(path)), ".badge").get_text() == "Gone at PythonAnywhere"
    assert "/home/alice/serve" in place.get(site)
    place.post(f"{site}/delete", confirm=SITE)
    assert place.status() is None
    assert "deleted" in place.get("/")


def test_errors_of_a_remote_site_count_once_their_age_is_known(place: Connected) -> None:
    error = b"ERROR:    Exception in ASGI application\n"
    place.fake.write_log(SITE, error * 5)
    place.add()
    eventually(lambda: place.status() is SiteStatus.RUNNING, "the site is listed")
    row = ".col-errors .value"
    eventually(lambda: one(parse(place.get("/")), row).get_text() == "0", "the first look")
    place.fake.write_log(SITE, error)
    place.post("/accounts/acme/test")
    eventually(lambda: one(parse(place.get("/")), row).get_text() == "1", "the new error")


def test_with_the_api_hanging_every_page_answers_at_once(place: Connected) -> None:
    place.add()
    eventually(lambda: place.status() is SiteStatus.RUNNING, "the site is listed")
    place.fake.fail(Fault.HANG)
    place.services.account_service.refresh_soon("acme")
    site = f"/accounts/acme/sites/{SITE}"
    for path in ("/", "/accounts", site, f"{site}/logs", f"{site}/settings", "/activity"):
        place.get(path)
        start = time.monotonic()
        page = place.get(path)
        assert time.monotonic() - start < 0.5, path
        assert SITE in page or path in ("/accounts", "/activity")
    assert "Last seen" in place.get(site)


def test_the_token_is_nowhere_to_be_found(
    place: Connected, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    texts = [place.add().text]
    eventually(lambda: place.status() is SiteStatus.RUNNING, "the site is listed")
    site = f"/accounts/acme/sites/{SITE}"
    paths = ("/", "/accounts", "/accounts/new", "/accounts/acme/delete", site, "/activity")
    texts += [place.get(path) for path in paths]
    texts.append(place.add().text)
    for fault in (Fault.HTML, Fault.ECHO, Fault.ECHO_200):
        place.fake.fail(fault)
        texts.append(place.post("/accounts/acme/test").text + place.get("/accounts"))
        texts.append(place.post(f"{site}/reload").text + place.get("/") + place.get("/activity"))
    texts.append(caplog.text)
    assert not [text for text in texts if TOKEN in text]
    for file in place.data.rglob("*"):
        if file.is_file():
            assert TOKEN.encode() not in file.read_bytes(), file


def test_without_scripts_a_remote_log_says_how_old_its_copy_is(place: Connected) -> None:
    place.add()
    eventually(place.status, "the site is listed")
    logs = f"/accounts/acme/sites/{SITE}/logs"
    eventually(lambda: "Read " in source_of(place, logs), "the error log is looked at")
    assert re.fullmatch(r"Read (just now|\d+ s ago)", source_of(place, logs))
    assert one(parse(place.get(logs)), "#log-source time[data-age]")
    assert source_of(place, f"{logs}?name=access") == "Not read yet"


def source_of(place: Connected, path: str) -> str:
    return one(parse(place.get(path)), "#log-source").get_text()
