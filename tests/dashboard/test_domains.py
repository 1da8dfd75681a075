"""A custom domain in the settings of its site: certificate, CNAME and what the DNS says."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dns.rcode
import pytest
from bs4 import BeautifulSoup, Tag
from httpx2 import Response

from app.models import Role
from app.routes.services import Services
from app.settings import Listen
from tests.dashboard.conftest import WORKS, Deck
from tests.fakes.faults import Fault
from tests.fakes.nameserver import FakeNameServer, fake_name_server
from tests.fakes.pythonanywhere import TOKEN, USER, FakePythonAnywhere, fake_pythonanywhere
from tests.support import (
    SAME_ORIGIN,
    Dashboard,
    attribute,
    eventually,
    one,
    parse,
    running_dashboard,
)

FORM = {"label": "Acme", "host": "lab", "username": USER, "token": TOKEN}
HTMX = {"hx-request": "true"}
SHOP, OWN, HOSTS = "shop.example.org", "example.org", "alice.pythonanywhere.com"


@dataclass
class Place:
    dashboard: Dashboard
    fake: FakePythonAnywhere
    name_server: FakeNameServer

    @property
    def services(self) -> Services:
        services: Services = self.dashboard.app.state.services
        return services

    def settings(self, domain: str = SHOP) -> BeautifulSoup:
        return parse(self.dashboard.client.get(f"/accounts/acme/sites/{domain}/settings").text)

    def post(self, action: str, domain: str = SHOP, **headers: str) -> Response:
        address = f"/accounts/acme/sites/{domain}/{action}"
        return self.dashboard.client.post(address, headers=SAME_ORIGIN | headers)

    def change_certificate(self, certificate: dict[str, object]) -> None:
        """The host has another one since it was asked last."""
        self.https("No certificate yet")
        self.fake.certificates[SHOP] = certificate
        self.let_time_pass()

    def let_time_pass(self) -> None:
        """Until what was read is not fresh any more when somebody opens a page."""
        self.dashboard.database.execute(
            "UPDATE site_certificates SET tried_at = tried_at - 601, read_at = read_at - 601"
        )

    def https(self, words: str) -> Tag:
        """The card, as soon as it says so."""

        def look() -> Tag | None:
            card = one(self.settings(), "#https")
            return card if words in text(card) else None

        card = eventually(look, words)
        assert card is not None
        return card


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with fake_pythonanywhere() as fake, fake_name_server() as name_server:
        for domain in (SHOP, OWN, HOSTS):
            fake.add_site(domain)
        address = Listen(name_server.address.address, name_server.address.port)
        with running_dashboard(
            tmp_path / "data", api_hosts={"lab": fake.address}, name_server=address
        ) as dashboard:
            dashboard.sign_in()
            place = Place(dashboard, fake, name_server)
            dashboard.client.post("/accounts", data=FORM, headers=SAME_ORIGIN)
            eventually(lambda: len(place.services.sites.all()) == 3, "the sites are listed")
            yield place


def text(element: Tag | BeautifulSoup) -> str:
    return " ".join(element.get_text(" ").split())


def ending_in(days: int, kind: str = "") -> dict[str, object]:
    end = datetime.now(UTC) + timedelta(days=days, hours=1)
    return {
        "not_after": end.strftime("%Y%m%dT%H%M%SZ"),
        "issuer_name": "R3 <b>of</b> Let's Encrypt",
        "subject_name": SHOP,
        "subject_alternate_names": [SHOP, *(f"n{number}.example.org" for number in range(6))],
        "cert_type": kind,
    }


def test_a_certificate_is_requested_and_then_shown(place: Place) -> None:
    card = place.https("No certificate yet")
    assert "webapp-1001.pythonanywhere.com" in text(card)
    assert text(one(card, "form button")) == "Request certificate"
    answer = place.post("certificate", **{"hx-request": "true"})
    assert answer.status_code == 200
    toast = one(parse(answer.text), ".toast")
    assert f"Certificate for {SHOP} requested" in text(toast)
    card = place.https("Valid,")
    assert "days left" in text(one(card, ".badge.ok"))
    assert "Renews by itself" in text(card) and "Let's Encrypt" in text(card)
    assert "24 Aug 2030" in text(card) and SHOP in text(card)
    assert text(one(card, "form button")) == "Renew now"
    activity = parse(place.dashboard.client.get("/activity").text)
    assert f"admin requested a certificate for {SHOP}" in text(activity)


def test_what_an_api_says_of_a_certificate_is_text(place: Place) -> None:
    place.change_certificate(ending_in(80))
    card = place.https("R3")
    assert card.find("b") is None and "R3 <b>of</b> Let's Encrypt" in text(card)
    assert "n3.example.org and 2 more" in text(card)
    assert "Whether it renews by itself is not known" in text(card)


@pytest.mark.parametrize(
    ("days", "kind", "words", "cls"),
    [
        (5, "letsencrypt-auto-renew", "Certificate expires in 5 days", "warn"),
        (13, "custom", "Certificate expires in 13 days", "warn"),
        (-3, "custom", "Certificate expired", "bad"),
        (13, "letsencrypt-auto-renew", "", ""),
        (40, "custom", "", ""),
    ],
)
def test_the_list_and_the_head_say_when_an_end_is_near(
    place: Place, days: int, kind: str, words: str, cls: str
) -> None:
    place.change_certificate(ending_in(days, kind))
    place.https("R3")
    rows = parse(place.dashboard.client.get("/").text)
    row = one(rows, f"tr[data-site='{SHOP}']")
    head = one(place.settings(), ".page-head")
    for part in (row, head):
        assert [text(badge) for badge in part.select(".badge")] == ([words] if words else [])
        assert len(part.select(f".badge.{cls}" if cls else ".badge")) == bool(words)


@pytest.mark.parametrize(
    ("days", "badge"), [(80, "Not for this domain"), (-3, "Expired"), (5, "Expires in 5 days")]
)
def test_a_certificate_for_other_names_is_warned_of(place: Place, days: int, badge: str) -> None:
    other = {"subject_alternate_names": ["other.example.org", f"*.{SHOP}", "<b>x</b>"]}
    place.change_certificate(ending_in(days, "custom") | other)
    card = place.https("R3")
    assert f"This certificate is not for {SHOP}" in text(one(card, ".notice.warn"))
    assert text(one(card, ".card-head .badge")) == badge
    assert card.find("b") is None
    place.fake.certificates[SHOP] = ending_in(80) | {"subject_alternate_names": ["*.example.org"]}
    place.let_time_pass()
    assert place.https("Valid, 80 days left").select(".notice") == []


def test_an_api_that_fails_leaves_what_was_known_with_its_age(place: Place) -> None:
    place.change_certificate(ending_in(80, "custom"))
    place.https("Valid, 80 days left")
    # Not tried again, unlike an API that is down.
    place.fake.fail(Fault.ECHO)
    place.let_time_pass()
    card = place.https("could not be read")
    assert "The host got" in text(card) and TOKEN not in text(card)
    assert "This is what was known before" in text(card)
    assert "Valid, 80 days left" in text(card)
    assert len(card.select("time[data-age]")) == 2


def test_a_refusal_is_told_in_the_hosts_own_words(place: Place) -> None:
    place.https("No certificate yet")
    words = "DNS for shop.example.org has no CNAME to webapp-1001"
    place.fake.certificate_refusal = words
    answer = place.post("certificate", **{"hx-request": "true"})
    assert answer.status_code == 502
    assert words in text(one(parse(answer.text), ".toast.bad"))
    answer = place.post("certificate")
    assert answer.headers["location"] == f"/accounts/acme/sites/{SHOP}/settings"
    assert words in text(one(place.settings(), ".notice.bad"))
    assert words in text(parse(place.dashboard.client.get("/activity").text))


def test_a_request_whose_answer_is_lost_is_not_said_to_have_failed(place: Place) -> None:
    place.https("No certificate yet")
    place.fake.fail(Fault.HTML_502)
    toast = one(parse(place.post("certificate", **{"hx-request": "true"}).text), ".toast")
    assert "Not known" in text(toast) and "Nothing was changed" not in text(toast)


def test_the_hosts_own_domain_has_a_certificate_without_asking(place: Place) -> None:
    card = one(place.settings(HOSTS), "#settings")
    assert "Taken care of by PythonAnywhere" in text(card)
    assert card.select("#dns, #request-certificate") == []
    assert place.post("certificate", HOSTS).status_code == 404
    assert place.post("dns", HOSTS).status_code == 404
    place.https("No certificate yet")
    assert all(HOSTS not in call.path for call in place.fake.calls if "ssl" in call.path)


def test_who_may_only_look_is_offered_the_check_alone(place: Place) -> None:
    place.https("No certificate yet")
    place.dashboard.client.cookies.clear()
    place.dashboard.sign_in("vera", Role.VIEWER)
    page = place.settings()
    assert page.select("#request-certificate") == []
    assert one(page, "#check-dns")
    assert place.post("certificate").status_code == 403


def test_the_name_to_point_at_can_be_copied(place: Place) -> None:
    card = one(place.settings(), "#dns")
    copy = one(card, ".codebox [data-copy]")
    assert attribute(copy, "data-copy") == "webapp-1001.pythonanywhere.com"


def test_the_dns_is_checked_when_somebody_asks(place: Place) -> None:
    assert place.name_server.asked == []
    answer = place.post("dns", **{"hx-request": "true"})
    card = one(parse(answer.text), "#dns")
    assert "There is no CNAME yet." in text(card) and "up to 1 h" in text(card)
    place.name_server.records[SHOP] = ["300 IN CNAME webapp-1001.pythonanywhere.com."]
    answer = place.post("dns", **{"hx-request": "true"})
    assert text(one(parse(answer.text), "#dns .kept")) == "DNS points there."
    assert {name for name, _ in place.name_server.asked} == {SHOP}


def test_without_scripts_the_settings_say_what_the_dns_says(place: Place) -> None:
    place.name_server.records[SHOP] = [r"60 IN CNAME <img\032src=x>.example.com."]
    answer = place.post("dns")
    assert answer.headers["location"] == f"/accounts/acme/sites/{SHOP}/settings"
    page = place.settings()
    notice = one(page, ".notice[role=status]")
    assert "shop.example.org points to" in text(notice) and "example.com instead" in text(notice)
    assert page.find("img") is None


def test_a_naked_domain_is_explained(place: Place) -> None:
    card = one(parse(place.post("dns", OWN, **{"hx-request": "true"}).text), "#dns")
    assert "A naked domain cannot have a CNAME." in text(card)
    assert "www.example.org" in text(card)
    assert attribute(one(card, "a[href]"), "href").endswith("/NakedDomains/")


@pytest.mark.parametrize("is_asked", [False, True])
def test_a_naked_domain_is_not_told_to_set_a_cname(place: Place, is_asked: bool) -> None:
    page = parse(place.post("dns", OWN, **HTMX).text) if is_asked else place.settings(OWN)
    card = one(page, "#dns")
    assert card.select(".codebox") == [] and "set its CNAME" not in text(card)
    assert "Use www.example.org for the site" in text(card) and "redirected there" in text(card)
    assert one(card, "#check-dns")
    assert place.name_server.asked == [] or is_asked


def test_the_certificate_of_a_naked_domain_does_not_ask_for_a_cname(place: Place) -> None:
    def look() -> Tag | None:
        card = one(place.settings(OWN), "#https")
        return card if "A certificate needs" in text(card) else None

    card = eventually(look, "the certificate is read")
    assert card is not None and "CNAME" not in text(card)


def test_a_check_that_finds_a_zone_takes_the_cname_away(place: Place) -> None:
    card = one(place.settings(), "#dns")
    assert one(card, ".codebox") and "If this is a naked domain" in text(card)
    place.name_server.records[SHOP] = ["300 IN NS ns.example.net."]
    card = one(parse(place.post("dns", **HTMX).text), "#dns")
    assert card.select(".codebox") == [] and "If this is" not in text(card)
    assert f"Use www.{SHOP} for the site" in text(card)


def test_a_check_that_finds_no_zone_leaves_the_cname_alone_on_the_card(place: Place) -> None:
    card = one(parse(place.post("dns", **HTMX).text), "#dns")
    assert one(card, ".codebox") and "naked" not in text(card)


def test_a_check_without_an_answer_leaves_open_whether_the_domain_is_naked(place: Place) -> None:
    place.name_server.rcode = dns.rcode.SERVFAIL
    card = one(parse(place.post("dns", **HTMX).text), "#dns")
    assert one(card, ".codebox") and "If this is a naked domain" in text(card)


def test_a_local_site_has_no_domain_of_its_own(deck: Deck) -> None:
    page = parse(deck.dashboard.client.get(f"/accounts/local/sites/{WORKS}/settings").text)
    assert page.select("#https, #dns") == []
    assert one(page, "#settings")
