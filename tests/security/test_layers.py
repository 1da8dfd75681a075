"""The layers around the routes: host names, limits, headers, cross-site requests."""

import pytest

from app.security.headers import CONTENT_SECURITY_POLICY
from tests.support import PASSWORD, SAME_ORIGIN, Dashboard, attribute, one, parse


@pytest.mark.parametrize("host", ["evil.test", "evil.test:5001", "localhost.evil.test", ""])
def test_an_unknown_host_name_is_not_answered(dashboard: Dashboard, host: str) -> None:
    answer = dashboard.client.get("/setup", headers={"host": host})
    assert answer.status_code == 421


@pytest.mark.parametrize("host", ["localhost:5001", "127.0.0.1", "[::1]:5001", "LOCALHOST"])
def test_the_names_of_this_machine_are_answered(dashboard: Dashboard, host: str) -> None:
    assert dashboard.client.get("/setup", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:5001"}, 403),
        ({"origin": "http://127.0.0.1:5001"}, 303),
        ({"origin": "http://127.0.0.1:8800"}, 403),
        ({"origin": "http://hello.localhost:5001"}, 403),
        ({"origin": "null"}, 403),
        ({}, 403),
    ],
)
def test_only_forms_of_the_same_origin_are_carried_out(
    dashboard: Dashboard, headers: dict[str, str], status: int
) -> None:
    dashboard.add_user()
    form = {"username": "admin", "password": PASSWORD}
    assert dashboard.client.post("/login", data=form, headers=headers).status_code == status


def test_only_ordinary_forms_are_read(dashboard: Dashboard) -> None:
    dashboard.add_user()
    answer = dashboard.client.post("/login", json={"username": "admin"}, headers=SAME_ORIGIN)
    assert answer.status_code == 415


def test_unknown_repeated_and_long_fields_are_refused(dashboard: Dashboard) -> None:
    dashboard.add_user()
    for body in ("username=a&role=admin", "username=a&username=b", f"username={'a' * 100}"):
        answer = dashboard.client.post(
            "/login",
            content=body,
            headers=SAME_ORIGIN | {"content-type": "application/x-www-form-urlencoded"},
        )
        assert answer.status_code == 422


def test_a_query_does_not_count_as_a_field(dashboard: Dashboard) -> None:
    dashboard.add_user()
    answer = dashboard.client.post(
        f"/login?username=admin&password={PASSWORD}", data={"next": "/"}, headers=SAME_ORIGIN
    )
    assert answer.status_code == 422


def test_a_large_body_is_refused(dashboard: Dashboard) -> None:
    dashboard.add_user()
    answer = dashboard.client.post("/login", data={"next": "x" * 1_100_000}, headers=SAME_ORIGIN)
    assert answer.status_code == 413


def test_ambiguous_framing_is_refused(dashboard: Dashboard) -> None:
    answer = dashboard.client.post(
        "/setup",
        content=b"x",
        headers=SAME_ORIGIN | {"content-length": "1", "transfer-encoding": "chunked"},
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/setup", "/nothing", "/static/css/base.css", "/healthz"])
def test_every_answer_carries_the_security_headers(dashboard: Dashboard, path: str) -> None:
    headers = dashboard.client.get(path).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "server" not in headers


def test_refusals_carry_them_too(dashboard: Dashboard) -> None:
    answer = dashboard.client.get("/", headers={"host": "evil.test"})
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY


def test_pages_are_not_kept_and_fingerprinted_files_are(dashboard: Dashboard) -> None:
    page = dashboard.client.get("/setup")
    style = attribute(parse(page.text).select("link[rel=stylesheet]")[0], "href")
    assert page.headers["cache-control"] == "no-store"
    assert "immutable" in dashboard.client.get(style).headers["cache-control"]
    assert dashboard.client.get("/static/css/base.css").headers["cache-control"] == "no-cache"


def test_no_page_has_anything_inline(dashboard: Dashboard) -> None:
    pages = [dashboard.client.get("/setup").text]
    dashboard.sign_in()
    pages += [dashboard.client.get(path).text for path in ("/", "/nothing", "/login")]
    for text in pages:
        page = parse(text)
        assert not page.find_all("style")
        assert not [script for script in page.find_all("script") if not script.get("src")]
        for element in page.find_all(True):
            names = {name.lower() for name in element.attrs}
            assert not names & {"style"} and not [n for n in names if n.startswith("on")]
            for address in (attribute(element, "href"), attribute(element, "src")):
                assert address.startswith(("/", "#", "http")) or not address


def test_a_page_that_is_not_there_leads_to_those_that_are(dashboard: Dashboard) -> None:
    dashboard.sign_in()
    answer = dashboard.client.get("/nothing")
    page = parse(answer.text)
    assert answer.status_code == 404
    assert one(page, "h1").get_text() == "There is no such page"
    assert [attribute(link, "href") for link in page.select("main a")] == ["/", "/activity"]


def test_our_own_mistakes_show_a_number_and_no_words_of_the_exception(
    dashboard: Dashboard, caplog: pytest.LogCaptureFixture
) -> None:
    dashboard.sign_in()
    dashboard.database.query("DROP TABLE sites")
    answer = dashboard.client.get("/")
    reference = one(parse(answer.text), ".codebox code").get_text().split()[0]
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "no such table" not in answer.text
    assert reference in caplog.text and "no such table" in caplog.text
    fragment = dashboard.client.get("/", headers={"hx-request": "true"})
    assert fragment.headers["hx-reswap"] == "none"
    assert "Sitedeck made a mistake" in one(parse(fragment.text), ".toast.bad").get_text()


def test_pages_and_files_travel_compressed(dashboard: Dashboard) -> None:
    for path in ("/setup", "/static/css/components.css"):
        answer = dashboard.client.get(path, headers={"accept-encoding": "gzip"})
        assert answer.headers["content-encoding"] == "gzip"


def test_a_page_view_stays_within_its_budget(dashboard: Dashboard) -> None:
    """Bytes as sent: style sheets 15 kB, htmx with its extension 20 kB, own scripts 6 kB."""

    def sent(path: str) -> int:
        answer = dashboard.client.get(path, headers={"accept-encoding": "gzip"})
        return int(answer.headers["content-length"])

    page = parse(dashboard.client.get("/setup").text)
    styles = [attribute(link, "href") for link in page.select("link[rel=stylesheet]")]
    scripts = [attribute(script, "src") for script in page.select("script[src]")]
    vendored = [path for path in scripts if "/vendor/" in path]
    own = [path for path in scripts if path not in vendored] + [
        "/static/js/live.js",
        "/static/js/keys.js",
    ]
    assert sum(map(sent, styles)) < 15_000
    assert sum(map(sent, vendored)) < 20_000
    assert sum(map(sent, own)) < 6_000
