"""What is said beside a command before a site is created: what was found, what is missing."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag
from httpx2 import Response

from app.models import Role
from tests.dashboard.conftest import Deck
from tests.fakes.faults import Fault
from tests.fakes.pythonanywhere import TOKEN, USER, FakePythonAnywhere, fake_pythonanywhere
from tests.support import (
    SAME_ORIGIN,
    Dashboard,
    attribute,
    one,
    parse,
    running_dashboard,
    visible_text,
)

BIN = "/home/alice/.virtualenvs/shop/bin"
SITE = "/home/alice/shop"
FORM = {
    "account_id": "acme",
    "domain_name": "shop.example.org",
    "template": "fastapi",
    "working_folder": SITE,
    "virtualenv": "/home/alice/.virtualenvs/shop",
    "application": "main:app",
    "command": "",
    "enabled": "on",
}


@dataclass
class Place:
    dashboard: Dashboard
    fake: FakePythonAnywhere
    headers: dict[str, str] = field(default_factory=lambda: dict(SAME_ORIGIN))

    def post(self, path: str = "/sites/new", **changes: str) -> Response:
        return self.dashboard.client.post(path, data=FORM | changes, headers=self.headers)

    def notes(self, **changes: str) -> Tag:
        return one(parse(self.post(**changes).text), "#command-notes")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    data = tmp_path / "data"
    with (
        fake_pythonanywhere() as fake,
        running_dashboard(data, api_hosts={"lab": fake.address}) as dashboard,
    ):
        dashboard.sign_in()
        account = {"label": "Acme", "host": "lab", "username": USER, "token": TOKEN}
        dashboard.client.post("/accounts", data=account, headers=SAME_ORIGIN)
        yield Place(dashboard, fake)


def test_a_command_that_works_is_not_talked_about(place: Place) -> None:
    assert place.notes().select("li") == []


def test_the_corrected_line_is_offered_and_taken_without_scripts(place: Place) -> None:
    typed = "cd ~/shop && uvicorn main:app --host 0.0.0.0"
    button = one(place.notes(command=typed), "button[name=use]")
    line = attribute(button, "value")
    served = f"{BIN}/uvicorn --uds ${{DOMAIN_SOCKET}} main:app"
    assert line == f'/bin/bash -lc "cd ~/shop && exec {served}"'
    page = parse(place.post(command=typed, use=line).text)
    assert one(page, "#command").get_text() == line
    assert one(page, "#command").has_attr("autofocus") is False
    assert attribute(one(page, "#domain_name"), "value") == FORM["domain_name"]
    assert page.select("#command-notes li") == []


def test_a_page_with_scripts_gets_no_more_than_it_asks_for(place: Place) -> None:
    place.headers |= {"hx-request": "true", "hx-target": "command-notes"}
    notes = parse(place.post(command="uvicorn main:app").text)
    assert not notes.select("#command, h1")
    assert "whole path" in one(notes, "#command-notes").get_text()
    place.headers["hx-target"] = "command-area"
    area = parse(place.post(use="/bin/x ${DOMAIN_SOCKET}").text)
    assert one(area, "#command").get_text() == "/bin/x ${DOMAIN_SOCKET}"
    assert one(area, "#command").has_attr("autofocus")
    assert not area.select("h1")


def test_a_refused_command_comes_back_with_the_line_that_works(place: Place) -> None:
    answer = place.post("/sites", command="uvicorn main:app")
    page = parse(answer.text)
    assert answer.status_code == 422
    assert "whole path" in one(page, "#command-error").get_text()
    assert "is missing" in one(page, "#command-notes").get_text()
    assert "whole path" not in one(page, "#command-notes").get_text(), "said at the field"
    assert one(page, "button[name=use]")
    assert place.fake.websites == {}


@pytest.mark.parametrize("path", ["/sites", "/sites/new"])
@pytest.mark.parametrize("field", ["command", "virtualenv"])
def test_what_is_far_too_long_is_said_at_its_field_with_the_rest_kept(
    place: Place, path: str, field: str
) -> None:
    answer = place.post(path, **{field: "x" * 20_001})
    page = parse(answer.text)
    assert answer.status_code == 422
    assert "at most 20,000 characters" in one(page, f"#{field}-error").get_text()
    for kept in ("domain_name", "working_folder", "application"):
        assert attribute(one(page, f"#{kept}"), "value") == FORM[kept]
    assert place.fake.websites == {}


def test_a_page_with_scripts_says_at_once_what_is_far_too_long(place: Place) -> None:
    place.headers |= {"hx-request": "true", "hx-target": "command-notes"}
    answer = place.post(command="x" * 20_001)
    assert answer.status_code == 200
    notes = one(parse(answer.text), "#command-notes")
    assert "Command: Use at most 20,000 characters" in notes.get_text()


def test_a_field_sent_twice_is_refused_with_the_form(place: Place) -> None:
    body = {"command": ["/bin/x", "/bin/y"]}
    answer = place.dashboard.client.post("/sites", data=body, headers=place.headers)
    assert answer.status_code == 422
    assert "sent twice" in one(parse(answer.text), "#command-error").get_text()


def test_a_warning_stops_nobody(place: Place) -> None:
    assert "Daphne" in place.notes(command="/v/daphne -u ${DOMAIN_SOCKET} m:a").get_text()
    assert place.post("/sites", command="/v/daphne -u ${DOMAIN_SOCKET} m:a").status_code == 303


def looked_up(place: Place, **changes: str) -> list[tuple[str, str]]:
    notes = place.notes(look="files", **changes)
    return [(attribute(item, "class"), item.get_text().strip()) for item in notes.select("li")]


def test_program_folder_and_code_are_looked_up(place: Place) -> None:
    place.fake.files.contents = {f"{BIN}/uvicorn": b"", f"{SITE}/main.py": b""}
    before = place.fake.count("files")
    assert looked_up(place) == [
        ("kept", f"{BIN}/uvicorn exists."),
        ("kept", f"The folder {SITE} exists."),
        ("kept", f"{SITE}/main.py exists."),
    ]
    assert place.fake.count("files") - before == 2, "each folder is read once"


def test_what_is_missing_is_named_until_it_is_there(place: Place) -> None:
    place.fake.files.contents = {f"{BIN}/python": b""}
    notes = place.notes(look="files")
    assert [item.get_text().strip() for item in notes.select("li.gone")] == [
        f"uvicorn is still missing in {BIN}.",
        f"The folder {SITE} is still missing.",
        f"{SITE}/main.py is still missing: there is no folder {SITE}.",
    ]
    assert one(notes, "button[name=look]").get_text().strip() == "Check again"
    place.fake.files.contents |= {f"{BIN}/uvicorn": b"", f"{SITE}/main/__init__.py": b""}
    again = place.notes(look="files")
    assert not again.select("li.gone")
    assert f"{SITE}/main/__init__.py exists." in again.get_text()


def test_a_program_of_ones_own_is_looked_up_with_its_script(place: Place) -> None:
    place.fake.files.contents = {"/home/alice/serve.py": b""}
    command = "/usr/bin/python3 ${HOME}/serve.py ${DOMAIN_SOCKET}"
    assert looked_up(place, command=command) == [
        ("gone", "/usr/bin/python3 is still missing: there is no folder /usr/bin."),
        ("kept", "/home/alice/serve.py exists."),
    ]


def test_the_python_of_a_virtualenv_may_be_a_link_that_no_listing_shows(place: Place) -> None:
    place.fake.files.contents = {f"{BIN}/activate": b"", f"{SITE}/serve.py": b""}
    assert looked_up(place, template="own", application="serve.py") == [
        ("unsure", f"{BIN}/python is not listed, but its virtualenv is there."),
        ("kept", f"{SITE}/serve.py exists."),
    ]


def test_no_path_leads_out_of_the_files(place: Place) -> None:
    looked_up(place, command="/home/../../../x/../../serve ${DOMAIN_SOCKET}")
    files = [call.path for call in place.fake.calls if call.endpoint == "files"]
    assert files == [f"/api/v0/user/{USER}/files/path/"]


@pytest.mark.parametrize(
    "fault", [Fault.HTML, Fault.GARBAGE, Fault.RESET, Fault.HTML_502, Fault.SILENT_429, Fault.ECHO]
)
def test_files_that_cannot_be_looked_up_are_not_called_missing(place: Place, fault: Fault) -> None:
    place.fake.faults["files"] = fault
    answer = place.post(look="files")
    notes = one(parse(answer.text), "#command-notes")
    assert answer.status_code == 200
    assert "could not be looked up" in one(notes, ".notice").get_text()
    assert not notes.select("li")
    assert one(notes, "button[name=look]").get_text().strip() == "Check again"
    assert TOKEN not in answer.text


def test_a_command_with_errors_costs_no_call(place: Place) -> None:
    place.fake.files.contents = {f"{BIN}/uvicorn": b""}
    assert not place.notes(look="files", command=f"{BIN}/uvicorn main:app").select("li.kept")
    assert place.fake.count("files") == 0


def test_a_missing_folder_field_is_said_in_words(place: Place) -> None:
    notes = place.notes(look="files", working_folder="")
    assert "Project folder: Type the whole path" in notes.get_text()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_only_administrators_look_into_accounts(place: Place, role: Role) -> None:
    place.dashboard.client.post("/logout", headers=SAME_ORIGIN)
    place.dashboard.sign_in("somebody", role)
    assert place.post(look="files").status_code == 403


def test_hostile_words_stay_words(place: Place) -> None:
    page = parse(place.post(command='x<script>"x"</script> ${DOMAIN_SOCKET}').text)
    assert "<script>" in one(page, "#command-notes").get_text()
    assert not [script for script in page.select("script") if not script.get("src")]


@pytest.mark.parametrize(("status", "words"), [(403, "Web page first"), (400, "Web page first")])
def test_a_domain_of_a_classic_web_app_is_said_at_its_field(
    place: Place, status: int, words: str
) -> None:
    place.fake.classic_domains = {FORM["domain_name"]}
    place.fake.classic_status = status
    page = parse(place.post("/sites").text)
    assert words in one(page, "#domain_name-error").get_text()


def test_a_name_of_somebody_else_is_explained(place: Place) -> None:
    place.fake.add_site("bob.pythonanywhere.com")
    page = parse(place.post("/sites", domain_name="bob.pythonanywhere.com").text)
    error = one(page, "#domain_name-error").get_text()
    assert "is taken" in error and f"{USER}.pythonanywhere.com" in error


def test_the_page_says_what_pythonanywhere_does_not_do(place: Place) -> None:
    page = visible_text(place.dashboard.client.get("/sites/new?account=acme").text)
    for words in ("404 is normal", "CNAME", "forces HTTPS", "password", "beta", "no mappings"):
        assert words in page


def steps_shown(page: BeautifulSoup) -> list[str]:
    return [
        attribute(step, "data-steps")
        for step in page.select("[data-steps]")
        if not step.has_attr("hidden")
    ]


def test_the_steps_follow_the_account_and_the_template(place: Place) -> None:
    page = parse(place.post(template="django", domain_name="", application="").text)
    assert steps_shown(page) == ["django"]
    lines = [line.get_text() for line in one(page, "[data-steps=django]").select("[data-fill]")]
    assert lines == [
        f"mkdir -p {SITE}",
        "python3 -m venv /home/alice/.virtualenvs/shop",
        '/home/alice/.virtualenvs/shop/bin/pip install "uvicorn[standard]" django',
        f"/home/alice/.virtualenvs/shop/bin/django-admin startproject mysite {SITE}",
        'ALLOWED_HOSTS = ["alice.pythonanywhere.com"]',
    ]


def test_the_files_of_this_machine_are_looked_up_for_the_local_host(
    deck: Deck, tmp_path: Path
) -> None:
    (tmp_path / "main.py").touch()
    command = f"{sys.executable} -m uvicorn --app-dir {tmp_path} --uds ${{DOMAIN_SOCKET}} main:app"
    form = FORM | {"account_id": "local", "command": command, "look": "files"}
    answer = deck.dashboard.client.post("/sites/new", data=form, headers=SAME_ORIGIN)
    kept = [item.get_text().strip() for item in parse(answer.text).select("#command-notes li.kept")]
    assert kept == [
        f"{sys.executable} exists.",
        f"The folder {tmp_path} exists.",
        f"{tmp_path}/main.py exists.",
    ]


def test_a_command_without_end_is_refused_in_words(place: Place) -> None:
    assert "at most 4,000" in place.notes(command="/bin/" + "x" * 5000).get_text()
