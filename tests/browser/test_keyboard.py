"""Shortcuts in Chromium: every page by keys alone, and none where they would disturb."""

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESKTOP, follow, set_up, watched_context
from tests.process import Product
from tests.support import PASSWORD


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent"))


def test_the_whole_day_without_a_mouse(browser: Browser, product: Product) -> None:
    with watched_context(browser, viewport=DESKTOP) as context:
        page = context.new_page()
        set_up(page, product)
        follow(page, "#sample-site")
        expect(page.locator(".status[data-live]").first).to_have_text("Running", timeout=15_000)
        page.keyboard.press("g")
        page.keyboard.press("s")
        page.wait_for_url(product.origin + "/")
        page.keyboard.press("j")
        assert focused(page) == "hello.localhost"
        page.keyboard.press("t")
        expect(page.locator("[role=switch]")).to_have_attribute("aria-checked", "false")
        # A second one while the first is under way is dropped.
        expect(page.locator(".toast", has_text="hello.localhost disabled")).to_be_visible()
        expect(page.locator(".status[data-live]")).to_have_text("Disabled")
        assert focused(page) == "hello.localhost", "focus stays over the swap"
        page.keyboard.press("t")
        expect(page.locator(".toast", has_text="hello.localhost enabled")).to_be_visible()
        expect(page.locator(".status[data-live]")).to_have_text("Running", timeout=15_000)
        page.keyboard.press("r")
        expect(page.locator(".toast", has_text="reloaded")).to_be_visible(timeout=15_000)
        page.keyboard.press("/")
        page.keyboard.type("jkrt?")
        expect(page.locator("#filter")).to_have_value("jkrt?")
        expect(page.locator(".list-foot")).to_have_text("0 of 1 site")
        page.fill("#filter", "hello")
        expect(page.locator(".list-foot")).to_have_text("1 of 1 site")
        page.keyboard.press("Escape")
        expect(page.locator("#filter")).not_to_be_focused()
        expect(page.locator("#filter")).to_have_value("hello")
        page.keyboard.press("j")
        assert focused(page) == "hello.localhost"
        page.keyboard.press("l")
        expect(page.locator("#conn")).to_have_text("Live")
        page.keyboard.press("f")
        expect(page.locator("#conn")).to_have_text("Paused, still receiving")
        page.keyboard.press("?")
        expect(page.locator("#shortcuts")).to_be_visible()
        page.uncheck("#shortcuts [data-keys-toggle]")
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        expect(page.locator("#shortcuts")).to_be_hidden()


def test_a_new_site_is_one_key_away_for_who_may_make_one(
    browser: Browser, product: Product
) -> None:
    guest = ("user", "add", "guest", "--role", "operator", "--password-stdin")
    assert product.run(*guest, text=PASSWORD).returncode == 0
    with watched_context(browser, viewport=DESKTOP) as context:
        page = context.new_page()
        set_up(page, product)
        for path in ("/activity", "/accounts", "/"):
            page.goto(product.origin + path)
            page.keyboard.press("n")
            page.wait_for_url("**/sites/new")
        page.click(".sidebar [aria-label='Sign out']")
        page.fill("#username", "guest")
        page.fill("#password", PASSWORD)
        follow(page, "button >> text=Sign in")
        page.keyboard.press("n")
        page.keyboard.press("?")
        expect(page.locator("#shortcuts")).to_be_visible()
        assert page.url == f"{product.origin}/"
