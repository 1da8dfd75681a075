"""What viewers see is what they may do."""

from bs4 import Tag

from app.hosting.changes import SiteChanged
from app.models import Role
from app.routes.events import PageView
from tests.dashboard.conftest import WORKS, Deck
from tests.support import attribute, one, parse

ROW, HEAD = "site-local-works_localhost", "head-site-local-works_localhost"
PATH = f"/accounts/local/sites/{WORKS}"
WHY = "Viewers cannot change sites"


def controls(part: Tag) -> list[Tag]:
    """The switch and Reload."""
    return [one(part, "[role=switch]"), one(part, "[data-reload]")]


def is_off(control: Tag) -> bool:
    return control.has_attr("disabled") and attribute(control, "title") == WHY


def test_a_viewer_sees_switch_and_reload_disabled_with_the_reason(deck: Deck) -> None:
    admins = deck.dashboard.client.get("/").text  # what is kept of a row is kept for its role
    assert not [each for each in controls(one(parse(admins), f"#{ROW}")) if each.get("title")]
    deck.dashboard.sign_in("viewer", Role.VIEWER)
    for path in ("/", PATH, f"{PATH}/logs", f"{PATH}/settings", f"{PATH}/activity"):
        part = ROW if path == "/" else HEAD
        shown = one(parse(deck.dashboard.client.get(path).text), f"#{part}")
        assert all(map(is_off, controls(shown))), path
        assert not shown.select("a.danger"), path


def test_an_operator_may_use_them(deck: Deck) -> None:
    deck.dashboard.sign_in("operator", Role.OPERATOR)
    row = one(parse(deck.dashboard.client.get("/").text), f"#{ROW}")
    assert not [each for each in controls(row) if each.has_attr("disabled")]


def test_the_role_of_the_stream_decides_how_it_draws_a_row(deck: Deck) -> None:
    change = SiteChanged(deck.site(WORKS))
    for view, part in (("sites", ROW), (f"local/{WORKS}", HEAD)):
        for role in (Role.ADMIN, Role.VIEWER):
            events = PageView(view, "session", role)._draw(change)
            drawn = parse(b"".join(events).decode().replace("data: ", ""))
            for control in controls(one(drawn, f"#{part}")):
                assert is_off(control) == (role is Role.VIEWER)
