"""Signing in and out, and what a session is."""

from pathlib import Path

import pytest
from httpx2 import Response

from app.models import Role
from app.security.sessions import ABSOLUTE_SECONDS, IDLE_SECONDS, SessionService, load_signing_key
from app.store.database import Database
from app.store.sessions import Sessions
from app.store.users import Users
from tests.support import (
    PASSWORD,
    SAME_ORIGIN,
    Dashboard,
    attribute,
    one,
    parse,
    running_dashboard,
    visible_text,
)


def sign_in(dashboard: Dashboard, **changes: str) -> Response:
    form = {"username": "admin", "password": PASSWORD, "next": "/"}
    return dashboard.client.post("/login", data=form | changes, headers=SAME_ORIGIN)


def test_signing_in_opens_the_page_that_was_asked_for(dashboard: Dashboard) -> None:
    dashboard.add_user()
    asked = dashboard.client.get("/?query=shop")
    login = parse(dashboard.client.get(asked.headers["location"]).text)
    wanted = attribute(one(login, "input[name=next]"), "value")
    assert sign_in(dashboard, next=wanted).headers["location"] == "/?query=shop"


@pytest.mark.parametrize(
    "path", ["//evil.test", "/\\evil.test", "https://evil.test", "javascript:alert(1)", "/\n/x"]
)
def test_signing_in_never_leads_to_another_site(dashboard: Dashboard, path: str) -> None:
    dashboard.add_user()
    assert sign_in(dashboard, next=path).headers["location"] == "/"


@pytest.mark.parametrize(
    "changes", [{"password": "wrong password"}, {"username": "nobody"}, {"password": ""}]
)
def test_a_wrong_sign_in_keeps_the_name_and_tells_nothing_more(
    dashboard: Dashboard, changes: dict[str, str]
) -> None:
    dashboard.add_user()
    answer = sign_in(dashboard, **changes)
    page = parse(answer.text)
    assert answer.status_code == 422
    assert one(page, "[role=alert]").get_text() == "Username or password is wrong."
    assert one(page, "#username")["value"] == changes.get("username", "admin")
    assert not one(page, "#password").has_attr("value")
    assert "set-cookie" not in answer.headers


def test_names_are_the_same_in_any_case(dashboard: Dashboard) -> None:
    dashboard.add_user("Anna")
    assert sign_in(dashboard, username="aNNA").status_code == 303


def test_the_cookie_is_signed_hidden_from_scripts_and_holds_no_data(dashboard: Dashboard) -> None:
    dashboard.add_user()
    cookie = sign_in(dashboard).headers["set-cookie"]
    assert cookie.startswith("sd=")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= {part.strip() for part in cookie.split(";")}
    assert "admin" not in cookie
    value = dashboard.client.cookies["sd"]
    forged = ("A" if value[0] != "A" else "B") + value[1:]
    dashboard.client.cookies.clear()
    answer = dashboard.client.get("/events/check", headers={"cookie": f"sd={forged}"})
    assert answer.status_code == 401


def test_over_https_the_cookie_is_bound_to_the_host(tmp_path: Path) -> None:
    with running_dashboard(tmp_path, public_origin="https://deck.example.org") as dashboard:
        dashboard.add_user()
        headers = SAME_ORIGIN | {"host": "deck.example.org"}
        form = {"username": "admin", "password": PASSWORD}
        answer = dashboard.client.post("/login", data=form, headers=headers)
        assert answer.headers["set-cookie"].startswith("__Host-sd=")
        assert "Secure" in answer.headers["set-cookie"]
        assert "max-age=63072000" in answer.headers["strict-transport-security"]


def test_after_signing_out_the_old_cookie_opens_nothing(dashboard: Dashboard) -> None:
    dashboard.sign_in()
    cookie = dashboard.client.cookies["sd"]
    answer = dashboard.client.post("/logout", headers=SAME_ORIGIN)
    assert answer.headers["location"] == "/login"
    assert "clear-site-data" in answer.headers
    dashboard.client.cookies.clear()
    again = dashboard.client.get("/", headers={"cookie": f"sd={cookie}"})
    assert again.headers["location"] == "/login"


def test_a_new_password_ends_every_session(dashboard: Dashboard) -> None:
    dashboard.sign_in()
    Users(dashboard.database).set_password("admin", "not a hash")
    assert dashboard.client.get("/events/check").status_code == 401


@pytest.mark.anyio
async def test_sessions_end_when_idle_and_after_a_week_at_most(tmp_path: Path) -> None:
    database = Database(tmp_path / "sitedeck.db")
    user = Users(database).add("admin", "hash", Role.ADMIN)
    now = 1_000_000.0
    service = SessionService(Sessions(database), b"k" * 64, is_https=False, clock=lambda: now)
    idle = service.start(user, "127.0.0.1", "test")
    now += IDLE_SECONDS - 1
    assert await service.find(idle) is not None, "each use extends the session"
    now += IDLE_SECONDS - 1
    assert await service.find(idle) is not None
    now += IDLE_SECONDS + 1
    assert await service.find(idle) is None
    busy = service.start(user, "127.0.0.1", "test")
    end = now + ABSOLUTE_SECONDS
    while now < end:
        assert await service.find(busy) is not None
        now += IDLE_SECONDS - 1
    assert await service.find(busy) is None
    service.start(user, "127.0.0.1", "test")
    now += ABSOLUTE_SECONDS + 1
    service.delete_expired()
    assert database.query("SELECT 1 FROM sessions") == []
    database.close()


@pytest.mark.anyio
async def test_an_open_stream_does_not_keep_an_idle_session_alive(tmp_path: Path) -> None:
    database = Database(tmp_path / "sitedeck.db")
    user = Users(database).add("admin", "hash", Role.ADMIN)
    now = 1_000_000.0
    service = SessionService(Sessions(database), b"k" * 64, is_https=False, clock=lambda: now)
    session = await service.find(service.start(user, "127.0.0.1", "test"))
    assert session is not None
    for _ in range(13):
        assert await service.is_alive(session.id_hash)
        now += 3600
    assert not await service.is_alive(session.id_hash)
    database.close()


def test_a_session_of_another_key_is_worth_nothing(tmp_path: Path) -> None:
    first = load_signing_key(tmp_path / "one")
    assert first == load_signing_key(tmp_path / "one")
    assert first != load_signing_key(tmp_path / "two")


def test_a_signing_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    load_signing_key(path)
    path.chmod(0o644)
    with pytest.raises(Exception, match="chmod 600"):
        load_signing_key(path)
    path.chmod(0o600)
    path.write_text("")
    with pytest.raises(Exception, match="damaged"):
        load_signing_key(path)


def test_the_sign_in_page_says_how_to_get_back_in(dashboard: Dashboard) -> None:
    dashboard.add_user()
    text = visible_text(dashboard.client.get("/login").text)
    assert "python main.py user reset NAME" in text
