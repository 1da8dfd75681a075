"""The form of a new site: from what was typed to a running site, or back with the reason."""

import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from httpx2 import Response

from app.models import Account, AccountKind, SiteStatus
from app.store.accounts import Accounts
from tests.dashboard.conftest import WORKS, Deck
from tests.support import SAME_ORIGIN, Dashboard, attribute, get_from_site, one, parse

WORKS_PATH = f"/accounts/local/sites/{WORKS}"
FORM = {
    "account_id": "local",
    "domain_name": "shop.localhost",
    "template": "own",
    "working_folder": "",
    "virtualenv": "",
    "application": "",
    "command": "/bin/x ${DOMAIN_SOCKET}",
    "enabled": "on",
}


def submit(deck: Deck, **changes: str) -> Response:
    return deck.dashboard.client.post("/sites", data=FORM | changes, headers=SAME_ORIGIN)


def test_a_site_of_ones_own_command_runs_and_its_page_opens(deck: Deck, tmp_path: Path) -> None:
    command = (
        f"{sys.executable} -m uvicorn --app-dir {tmp_path} --uds ${{DOMAIN_SOCKET}} program:app"
    )
    answer = submit(deck, command=command)
    assert answer.headers["location"] == "/accounts/local/sites/shop.localhost"
    deck.wait_for("shop.localhost", SiteStatus.RUNNING)
    assert get_from_site(deck.sites_address, "shop.localhost") == (200, "hello")


def test_a_template_fills_in_the_command_that_was_left_empty(deck: Deck) -> None:
    answer = submit(
        deck,
        template="fastapi",
        command="",
        virtualenv="/srv/my venv/",
        working_folder=str(deck.paths.folder),
    )
    assert answer.status_code == 303
    site = deck.site("shop.localhost")
    assert site.command.startswith('"/srv/my venv/bin/uvicorn" --app-dir ')
    assert site.command.endswith("--uds ${DOMAIN_SOCKET} main:app")


def test_a_site_can_be_created_without_being_started(deck: Deck) -> None:
    without = {name: value for name, value in FORM.items() if name != "enabled"}
    assert deck.dashboard.client.post("/sites", data=without, headers=SAME_ORIGIN).is_redirect
    assert deck.site("shop.localhost").status is SiteStatus.DISABLED


def test_of_a_copied_address_the_domain_is_taken(deck: Deck) -> None:
    answer = submit(deck, domain_name=" HTTP://Shop.localhost:8800/ ")
    assert answer.headers["location"] == "/accounts/local/sites/shop.localhost"


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"domain_name": ""}, "domain_name", "Type a domain"),
        ({"domain_name": "no host name"}, "domain_name", "not a host name"),
        ({"domain_name": "https://shop.localhost/page"}, "domain_name", "not a host name"),
        ({"domain_name": "single"}, "domain_name", "at least two parts"),
        ({"domain_name": "127.0.0.1"}, "domain_name", "an IP address or a number"),
        ({"domain_name": WORKS}, "domain_name", "is taken"),
        ({"working_folder": "/no/such"}, "working_folder", "no folder /no/such"),
        ({"command": ""}, "working_folder", "whole path"),
        ({"command": "/bin/x 'open"}, "command", "quote is not closed"),
        ({"command": "/bin/cd x && /bin/y"}, "command", "means nothing here"),
        ({"command": "~/bin/x"}, "command", "whole path"),
        ({"command": "uvicorn main:app"}, "command", "bin/uvicorn"),
        ({"template": "django", "command": ""}, "working_folder", "whole path"),
        (
            {"command": "", "working_folder": "/a", "virtualenv": '/b"'},
            "virtualenv",
            "without quotes",
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(
    deck: Deck, changes: dict[str, str], field: str, words: str
) -> None:
    answer = submit(deck, **changes)
    page = parse(answer.text)
    assert answer.status_code == 422
    assert words in one(page, f"#{field}-error").get_text()
    assert one(page, f"#{field}")["aria-invalid"] == "true"
    sent = FORM | changes
    assert attribute(one(page, "#domain_name"), "value") == sent["domain_name"]
    assert one(page, "#command").get_text() == sent["command"]
    assert attribute(one(page, "input[name=template][checked]"), "value") == sent["template"]


def test_hostile_words_come_back_as_words(deck: Deck) -> None:
    page = parse(submit(deck, domain_name='"><script>alert(1)</script>').text)
    assert attribute(one(page, "#domain_name"), "value") == '"><script>alert(1)</script>'
    assert not [script for script in page.select("script") if not script.get("src")]


def test_the_form_shows_the_steps_of_each_template(deck: Deck) -> None:
    page = parse(deck.dashboard.client.get("/sites/new").text)
    steps = page.select("[data-steps]")
    assert [step["data-steps"] for step in steps if not step.has_attr("hidden")] == ["fasthtml"]
    copies = [attribute(button, "data-copy") for button in steps[0].select("[data-copy]")]
    assert copies[:3] == [
        "mkdir -p FOLDER",
        "python3 -m venv VIRTUALENV",
        "VIRTUALENV/bin/pip install python-fasthtml",
    ]
    assert "app = FastHTML()" in copies[3]


@pytest.fixture
def two_accounts(dashboard: Dashboard) -> Dashboard:
    """Signed in, with an account of Alice's and one of Bob's."""
    accounts = Accounts(dashboard.database)
    for name in ("alice", "bob"):
        accounts.add(Account(name, AccountKind.PYTHONANYWHERE, name.title(), name, "us"), "")
    dashboard.sign_in()
    return dashboard


def fields(page: BeautifulSoup) -> dict[str, str]:
    """What a browser sends of the form of a new site."""
    chosen = page.select("#new-site input:not([type=radio]), #new-site [type=radio][checked]")
    command = one(page, "textarea#command").get_text()
    sent = {attribute(each, "name"): attribute(each, "value") for each in chosen}
    account = attribute(one(page, "#account_id option[selected]"), "value")
    return sent | {"command": command, "account_id": account}


@pytest.mark.parametrize("address", ["/sites", "/sites/new"])
def test_another_account_gets_its_own_suggestions_beside_what_was_typed(
    two_accounts: Dashboard, address: str
) -> None:
    client = two_accounts.client
    form = fields(parse(client.get("/sites/new?account=alice").text))
    assert form["working_folder"] == "/home/alice/mysite"
    form |= {"account_id": "bob", "virtualenv": "/srv/venv", "application": "shop:app"}
    again = fields(parse(client.post(address, data=form, headers=SAME_ORIGIN).text))
    assert again == form | {
        "drawn_for": "bob",
        "domain_name": "bob.pythonanywhere.com",
        "working_folder": "/home/bob/mysite",
    }


def test_no_site_is_made_of_what_was_suggested_for_another_account(
    two_accounts: Dashboard,
) -> None:
    client = two_accounts.client
    form = fields(parse(client.get("/sites/new?account=alice").text)) | {"account_id": "bob"}
    answer = client.post("/sites", data=form, headers=SAME_ORIGIN)
    assert answer.status_code == 422
    assert "now for Bob" in one(parse(answer.text), ".notice[role=alert]").get_text()
    events = parse(client.get("/activity").text).select(".event")
    assert [one(event, "p").get_text() for event in events] == ["admin signed in"]


def test_the_choice_of_an_account_alone_is_no_look_at_the_command(
    two_accounts: Dashboard,
) -> None:
    client = two_accounts.client
    form = fields(parse(client.get("/sites/new?account=alice").text))
    form |= {"account_id": "bob", "command": "uvicorn"}
    page = parse(client.post("/sites/new", data=form, headers=SAME_ORIGIN).text)
    assert not page.select("#command-notes li")


def test_a_link_fills_in_nothing_but_the_account(two_accounts: Dashboard) -> None:
    address = "/sites/new?account=bob&command=/bin/x&working_folder=/srv"
    form = fields(parse(two_accounts.client.get(address).text))
    assert form["command"] == ""
    assert form["working_folder"] == "/home/bob/mysite"


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/sites", "/sites/new"),
        (f"{WORKS_PATH}/command", f"{WORKS_PATH}/settings"),
        (f"{WORKS_PATH}/look", f"{WORKS_PATH}/settings"),
        (f"{WORKS_PATH}/delete", f"{WORKS_PATH}/settings"),
        ("/accounts/local/sites/none.localhost/command", None),
    ],
)
def test_the_address_of_a_refused_form_leads_back_to_its_page(
    deck: Deck, address: str, page: str | None
) -> None:
    answer = deck.dashboard.client.get(address)
    assert answer.headers.get("location") == page
    assert answer.status_code == (303 if page else 404)


def test_the_settings_say_what_can_be_changed(deck: Deck) -> None:
    page = deck.dashboard.client.get(f"/accounts/local/sites/{WORKS}/settings")
    assert "a new one starts with this command" in page.text


def test_a_site_is_deleted_only_after_its_domain_was_typed(deck: Deck) -> None:
    address = f"/accounts/local/sites/{WORKS}/delete"
    refused = deck.dashboard.client.post(address, data={"confirm": "works"}, headers=SAME_ORIGIN)
    assert refused.status_code == 422
    page = parse(refused.text)
    assert f"Type {WORKS}" in one(page, "#confirm-error").get_text()
    assert attribute(one(page, "#confirm"), "value") == "works"
    assert get_from_site(deck.sites_address, WORKS)[0] == 200
    deleted = deck.dashboard.client.post(address, data={"confirm": WORKS}, headers=SAME_ORIGIN)
    assert deleted.headers["location"] == "/"
    assert f"{WORKS} deleted" in deck.dashboard.client.get("/").text
    assert deck.services.sites.get("local", WORKS) is None
    assert get_from_site(deck.sites_address, WORKS)[0] == 404
