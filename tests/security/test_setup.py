"""The first run: only the holder of the setup token becomes the administrator."""

import stat
from pathlib import Path

import pytest
from httpx2 import Response

from app.routes.services import Services
from app.security.setup import SetupToken
from tests.support import PASSWORD, SAME_ORIGIN, Dashboard, one, parse, visible_text


def services(dashboard: Dashboard) -> Services:
    found: Services = dashboard.app.state.services
    return found


def set_up(dashboard: Dashboard, **changes: str) -> Response:
    form = {
        "setup_token": services(dashboard).setup_token.issue(),
        "username": "owner",
        "password": PASSWORD,
        "password_again": PASSWORD,
    }
    return dashboard.client.post("/setup", data=form | changes, headers=SAME_ORIGIN)


@pytest.mark.parametrize("path", ["/", "/login", "/events", "/accounts/local/sites/a.localhost"])
def test_before_the_setup_every_page_leads_to_it(dashboard: Dashboard, path: str) -> None:
    answer = dashboard.client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/setup")


@pytest.mark.parametrize("path", ["/setup", "/healthz", "/static/css/tokens.css"])
def test_before_the_setup_only_these_answer(dashboard: Dashboard, path: str) -> None:
    assert dashboard.client.get(path).status_code == 200


def test_the_setup_makes_the_administrator_and_signs_in(dashboard: Dashboard) -> None:
    answer = set_up(dashboard)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    page = dashboard.client.get("/")
    assert page.status_code == 200
    assert "owner" in visible_text(page.text)


def test_a_setup_token_works_once(dashboard: Dashboard) -> None:
    token = services(dashboard).setup_token.issue()
    assert set_up(dashboard, setup_token=token).status_code == 422, "issuing anew voids the old"
    assert set_up(dashboard).status_code == 303
    assert set_up(dashboard, username="second").status_code == 422
    assert dashboard.client.get("/setup").headers["location"] == "/login"


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"setup_token": "0" * 32}, "setup_token", "printed in the terminal"),
        ({"password": "short", "password_again": "short"}, "password", "at least 12 characters"),
        ({"password_again": "another password"}, "password_again", "differ"),
        ({"username": "no spaces here"}, "username", "letters, digits"),
        ({"password": "a" * 20, "password_again": "a" * 20}, "password", "too easy"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_the_rest_is_kept(
    dashboard: Dashboard, changes: dict[str, str], field: str, words: str
) -> None:
    answer = set_up(dashboard, **changes)
    page = parse(answer.text)
    marked = page.select("input[aria-invalid=true]")
    assert answer.status_code == 422
    assert [box["name"] for box in marked] == [field]
    assert words in one(page, f"#{field}-error").get_text()
    assert one(page, "#username")["value"] == changes.get("username", "owner")
    assert PASSWORD not in answer.text


def test_a_second_setup_cannot_add_another_administrator(dashboard: Dashboard) -> None:
    dashboard.add_user()
    answer = set_up(dashboard)
    assert answer.status_code == 422
    assert "already exists" in visible_text(answer.text)


def test_the_token_expires_and_its_file_is_private(tmp_path: Path) -> None:
    now = 1000.0
    setup = SetupToken(tmp_path / "setup-token", clock=lambda: now)
    token = setup.issue()
    file = tmp_path / "setup-token"
    assert file.read_text().strip() == token
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    setup.check(token)
    now += 3601
    with pytest.raises(Exception, match="expired"):
        setup.check(token)
    setup.discard()
    assert not file.exists()
