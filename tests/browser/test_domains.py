"""The certificate and the DNS of a custom domain in Chromium."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import DESKTOP, PHONE, connect, running_product, set_up, watched_context
from tests.fakes.nameserver import FakeNameServer, fake_name_server
from tests.fakes.pythonanywhere import FakePythonAnywhere, fake_pythonanywhere
from tests.process import Product
from tests.support import eventually

SHOP, WANTED = "shop.example.org", "webapp-1001.pythonanywhere.com"
SETTINGS = f"/accounts/acme/sites/{SHOP}/settings"


@pytest.fixture
def fake() -> Iterator[FakePythonAnywhere]:
    with fake_pythonanywhere() as fake:
        fake.add_site(SHOP)
        yield fake


@pytest.fixture
def name_server() -> Iterator[FakeNameServer]:
    with fake_name_server() as fake:
        yield fake


@pytest.fixture
def product(
    tmp_path: Path, fake: FakePythonAnywhere, name_server: FakeNameServer
) -> Iterator[Product]:
    address = name_server.address
    server = f"{address.address}:{address.port}"
    yield from running_product(tmp_path / "data", fake, SITEDECK_NAME_SERVER=server)


def open_settings(page: Page, product: Product) -> None:
    set_up(page, product)
    connect(page, product)
    page.goto(product.origin)
    expect(page.locator("a.domain")).to_have_text(SHOP)
    page.goto(product.origin + SETTINGS)


def late_answers(fake: FakePythonAnywhere) -> Callable[[Route], None]:
    """Answers to requests come after what the request brought has been read."""

    def answer(route: Route) -> None:
        before = fake.count("certificates")
        response = route.fetch()
        if route.request.method == "POST":
            eventually(lambda: fake.count("certificates") >= before + 2, "request and read")
        route.fulfill(response=response)

    return answer


def has_no_sideways_scroll(page: Page) -> bool:
    width = page.evaluate("document.documentElement.scrollWidth")
    return bool(width <= page.evaluate("document.documentElement.clientWidth"))


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_certificate_is_requested_and_its_card_follows(
    browser: Browser,
    product: Product,
    fake: FakePythonAnywhere,
    name_server: FakeNameServer,
    size: str,
) -> None:
    viewport = DESKTOP if size == "desktop" else PHONE
    with watched_context(browser, viewport=viewport) as context:
        page = context.new_page()
        open_settings(page, product)
        https, dns = page.locator("#https"), page.locator("#dns")
        expect(https.locator(".badge")).to_have_text("No certificate yet")
        expect(dns.locator(".codebox")).to_contain_text(WANTED)
        dns.get_by_role("button", name="Check DNS").click()
        expect(dns).to_contain_text("There is no CNAME yet.")
        expect(page.locator("#check-dns")).to_be_focused()
        name_server.records[SHOP] = [f"300 IN CNAME {WANTED}."]
        dns.get_by_role("button", name="Check DNS").click()
        expect(dns).to_contain_text("DNS points there.")
        page.route("**/certificate", late_answers(fake))
        https.get_by_role("button", name="Request certificate").click()
        expect(page.locator(".toast")).to_contain_text(f"Certificate for {SHOP} requested")
        expect(https.locator(".badge.ok")).to_contain_text("days left")
        expect(https.get_by_role("button", name="Renew now")).to_be_visible()
        assert has_no_sideways_scroll(page)


def test_both_work_without_scripts(
    browser: Browser, product: Product, name_server: FakeNameServer
) -> None:
    name_server.records[SHOP] = ["300 IN CNAME other.example.com."]
    with watched_context(browser, viewport=PHONE, java_script_enabled=False) as context:
        page = context.new_page()
        open_settings(page, product)
        notice = page.locator(".notice[role=status]")
        page.click("text=Check DNS")
        expect(notice).to_contain_text("points to other.example.com instead")
        page.click("#request-certificate")
        expect(notice).to_contain_text(f"Certificate for {SHOP} requested")
        expect(page.locator("h1")).to_have_text(SHOP)
