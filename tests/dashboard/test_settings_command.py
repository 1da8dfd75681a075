"""The command in the settings of a site: looked at as for a new one, then asked about."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bs4 import Tag

from app.models import AUTO_RENEWED, Certificate
from app.routes import commandlook
from app.store.certificates import Certificates
from tests.dashboard.conftest import WORKS, Deck
from tests.dashboard.remote_kit import SITE, Place, remote_place
from tests.fakes.faults import Fault
from tests.operations.kit import OLD, SHOP
from tests.support import SAME_ORIGIN, attribute, eventually, one, parse

BIN = "/home/alice/.virtualenvs/shop/bin"
FOLDER = "/home/alice/shop"
GOOD = f"{BIN}/uvicorn --app-dir {FOLDER} --uds ${{DOMAIN_SOCKET}} main:app"
WITH_SCRIPTS = SAME_ORIGIN | {"hx-request": "true"}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with remote_place(tmp_path / "data") as place:
        yield place


def test_the_form_comes_with_all_that_a_new_site_gets(place: Place) -> None:
    form = one(place.page(f"{SITE}/settings"), f"form[action='{SITE}/command']")
    field = one(form, "#command")
    assert field.get_text() == OLD
    assert attribute(field, "hx-post") == f"{SITE}/look"
    assert attribute(one(form, "#look-command"), "formaction") == f"{SITE}/look"
    assert one(form, "#command-notes").select("li") == []


def test_what_is_typed_is_looked_at_and_nothing_else_is_sent(place: Place) -> None:
    answer = place.dashboard.client.post(
        f"{SITE}/look",
        data={"command": f"cd ~/shop && {BIN}/uvicorn main:app"},
        headers=WITH_SCRIPTS | {"hx-target": "command-notes"},
    )
    page = parse(answer.text)
    assert not page.select("h1, #command")
    line = f'/bin/bash -lc "cd ~/shop && exec {BIN}/uvicorn --uds ${{DOMAIN_SOCKET}} main:app"'
    assert attribute(one(page, "button[name=use]"), "value") == line
    answer = place.dashboard.client.post(
        f"{SITE}/look",
        data={"command": "uvicorn", "use": line},
        headers=WITH_SCRIPTS | {"hx-target": "command-area"},
    )
    assert one(parse(answer.text), "#command").get_text() == line


def test_without_scripts_the_page_comes_back_with_the_line_and_what_is_missing(
    place: Place,
) -> None:
    place.fake.files.contents = {f"{BIN}/uvicorn": b""}
    page = parse(place.post(f"{SITE}/look", command="uvicorn", use=GOOD).text)
    assert one(page, "#command").get_text() == GOOD
    page = parse(place.post(f"{SITE}/look", command=GOOD, look="files").text)
    assert one(page, "#command-notes li.kept").get_text().strip() == f"{BIN}/uvicorn exists."
    assert len(page.select("#command-notes li.gone")) == 2
    assert place.fake.called("delete") == 0


def test_a_refused_command_comes_back_with_the_line_that_works(place: Place) -> None:
    answer = place.post(f"{SITE}/command", command=f"{BIN}/uvicorn --port 80 main:app")
    page = parse(answer.text)
    assert answer.status_code == 422
    assert "port 80" in one(page, "#command-error").get_text()
    line = attribute(one(page, "button[name=use]"), "value")
    assert line == f"{BIN}/uvicorn --uds ${{DOMAIN_SOCKET}} main:app"


def test_a_program_without_its_path_is_looked_for_where_the_old_one_is(place: Place) -> None:
    site = place.services.sites.get("acme", SHOP)
    assert site is not None
    place.services.sites.save(replace(site, command=GOOD))
    page = parse(place.post(f"{SITE}/look", command="uvicorn main:app").text)
    line = attribute(one(page, "button[name=use]"), "value")
    assert line == f"{BIN}/uvicorn --uds ${{DOMAIN_SOCKET}} main:app"


def dialog(place: Place, command: str) -> Tag:
    return one(parse(place.post(f"{SITE}/command", command=command).text), "dialog#recreate-site")


def test_warnings_that_remain_are_part_of_the_question(place: Place) -> None:
    command = "/usr/bin/env PYTHONPATH=/s /v/daphne -u ${DOMAIN_SOCKET} main:app"
    found = "[aria-label='What was found in the command'] li.unsure"
    words = dialog(place, command).select(found)
    assert len(words) == 1
    assert "Daphne works badly" in words[0].get_text()
    assert not dialog(place, GOOD).select(found)


def test_what_is_missing_is_said_before_the_working_site_is_deleted(place: Place) -> None:
    place.fake.files.contents = {f"{BIN}/uvicorn": b""}
    missing = dialog(place, GOOD).select("[aria-label='Program and folder'] li")
    assert [attribute(item, "class") for item in missing] == ["gone", "gone"]
    assert FOLDER in missing[0].get_text()
    place.fake.files.contents |= {f"{FOLDER}/main.py": b""}
    assert not dialog(place, GOOD).select("[aria-label='Program and folder']")
    assert place.fake.called("delete") == 0


def test_files_that_cannot_be_looked_up_in_time_hold_up_no_question(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commandlook, "LOOK_SECONDS", 0.1)
    place.fake.faults["files"] = Fault.HANG
    assert "could not be looked up in time" in dialog(place, GOOD).get_text()


def when_read(place: Place) -> Certificates:
    """The store of certificates, when nobody is reading this one any more."""
    store = Certificates(place.dashboard.database)
    place.page(f"{SITE}/settings")
    eventually(lambda: store.get(("acme", SHOP)), "its certificate is read")
    place.fake.faults["certificates"] = Fault.HTML_502
    return store


@pytest.mark.parametrize(
    ("certificate", "kind", "words"),
    [
        (None, "kept", "had no certificate"),
        (Certificate(None, kind=AUTO_RENEWED), "kept", "is requested again"),
        (Certificate(None, issuer="Let's Encrypt"), "kept", "is requested again"),
        (Certificate(None, issuer="Acme CA"), "gone", "made by Acme CA, cannot be requested"),
        (Certificate(None, kind="uploaded"), "gone", "uploaded, cannot be requested"),
    ],
)
def test_the_question_says_what_becomes_of_the_certificate(
    place: Place, certificate: Certificate | None, kind: str, words: str
) -> None:
    when_read(place).keep(("acme", SHOP), certificate, datetime.now(UTC))
    said = [item for item in dialog(place, GOOD).select("li") if "ertificate" in item.get_text()]
    assert [attribute(item, "class") for item in said] == [kind]
    assert words in said[0].get_text()
    deletion = one(place.page(f"{SITE}/settings"), "dialog#delete-site").select("li.gone")
    assert any("ertificate" in item.get_text() for item in deletion) == (kind == "gone")


def test_a_certificate_that_nobody_has_read_may_be_lost(place: Place) -> None:
    when_read(place)
    place.dashboard.database.execute("DELETE FROM site_certificates")
    lost = dialog(place, GOOD).select("li.gone")
    assert any("is not known yet" in item.get_text() for item in lost)


def test_the_files_of_this_machine_are_looked_up_for_a_local_site(deck: Deck) -> None:
    path = f"/accounts/local/sites/{WORKS}/look"
    form = {"command": deck.site(WORKS).command, "look": "files"}
    page = parse(deck.dashboard.client.post(path, data=form, headers=SAME_ORIGIN).text)
    assert len(page.select("#command-notes li.kept")) == 3
    assert not page.select("#command-notes li.gone")
    form["command"] = "/no/such/serve ${DOMAIN_SOCKET}"
    page = parse(deck.dashboard.client.post(path, data=form, headers=SAME_ORIGIN).text)
    missing = one(page, "#command-notes li.gone").get_text()
    assert "/no/such/serve is still missing: there is no folder /no/such" in missing
    assert one(page, "#look-command").get_text().strip() == "Check again"
