"""Default deny: whatever is not declared for a signed-in role ends at the gate."""

import pytest
from starlette.routing import Mount, Route
from starlette.websockets import WebSocketDisconnect

from app.factory import ROUTERS
from app.models import Role
from app.security.rules import RouteKind, RouteTable, Rule
from tests.support import SAME_ORIGIN, Dashboard

RULES = [rule for router in ROUTERS for rule in router.rules]
SAMPLE = {"{account_id}": "local", "{domain}": "a.localhost", "{name}": "error"}


def address(path: str) -> str:
    for name, value in SAMPLE.items():
        path = path.replace(name, value)
    return path


def test_every_route_of_the_app_has_a_rule(dashboard: Dashboard) -> None:
    declared = {(rule.method, rule.path) for rule in RULES}
    found = set()
    for route in dashboard.app.routes:
        if isinstance(route, Mount):
            assert route.path == "/static"
            continue
        assert isinstance(route, Route)
        found |= {(method, route.path) for method in route.methods or () if method != "HEAD"}
    assert found == declared


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.method} {rule.path}")
def test_no_route_runs_unsigned_unless_it_is_public(dashboard: Dashboard, rule: Rule) -> None:
    dashboard.add_user()
    answer = dashboard.client.request(rule.method, address(rule.path), headers=SAME_ORIGIN)
    if rule.role is None:
        assert answer.status_code in (200, 303, 422)
    elif rule.kind is RouteKind.PAGE:
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login")
    else:
        assert answer.status_code == 401


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.method} {rule.path}")
def test_without_beforeware_no_handler_runs_unsigned(dashboard: Dashboard, rule: Rule) -> None:
    if rule.role is None:
        return
    dashboard.add_user()
    dashboard.app.before.clear()
    answer = dashboard.client.request(rule.method, address(rule.path), headers=SAME_ORIGIN)
    assert answer.status_code == 401


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.method} {rule.path}")
def test_a_role_below_the_declared_one_is_refused(dashboard: Dashboard, rule: Rule) -> None:
    if rule.role in (None, Role.VIEWER):
        return
    dashboard.add_user()
    dashboard.sign_in("viewer", Role.VIEWER)
    answer = dashboard.client.request(rule.method, address(rule.path), headers=SAME_ORIGIN)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nothing"),
        ("GET", "/login/"),
        ("GET", "/log%09in"),
        ("GET", "/static"),
        ("GET", "/data/session.key"),
        ("GET", "/../main.py"),
        ("GET", "/accounts/local/sites/a.localhost/reload"),
        ("PUT", "/login"),
        ("DELETE", "/"),
        ("TRACE", "/"),
        ("OPTIONS", "/"),
    ],
)
def test_an_undeclared_method_or_path_is_refused(
    dashboard: Dashboard, method: str, path: str
) -> None:
    dashboard.sign_in()
    assert dashboard.client.request(method, path).status_code in (404, 405)


@pytest.mark.parametrize(
    "path", ["/static/../main.py", "/static/%2e%2e/main.py", "/static//etc/passwd"]
)
def test_static_files_stay_in_their_folder(dashboard: Dashboard, path: str) -> None:
    dashboard.add_user()
    assert dashboard.client.get(path).status_code in (404, 303)


def test_a_websocket_is_refused(dashboard: Dashboard) -> None:
    dashboard.sign_in()
    with pytest.raises(WebSocketDisconnect), dashboard.client.websocket_connect("/events"):
        pass


def test_a_route_added_without_a_rule_is_unreachable(dashboard: Dashboard) -> None:
    dashboard.sign_in()

    async def endpoint(request: object) -> None:
        raise AssertionError("must not run")

    dashboard.app.routes.append(Route("/added", endpoint))
    assert dashboard.client.get("/added").status_code == 404


def test_the_table_tells_methods_apart() -> None:
    table = RouteTable(RULES)
    assert table.find("GET", "/login") is not table.find("POST", "/login")
    assert table.methods("/login") == ["GET", "POST"]
    assert table.find("HEAD", "/") is None
