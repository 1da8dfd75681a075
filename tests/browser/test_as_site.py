"""The dashboard as a site of a host on plain http, in a real browser."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.conftest import DESKTOP, watched_context
from tests.deck_site import ACCOUNT, LOGS, SHOP, SIGN_IN, deck_site


def test_a_browser_signs_in_and_sees_a_line_arrive(browser: Browser, tmp_path: Path) -> None:
    with deck_site(tmp_path) as deck, watched_context(browser, viewport=DESKTOP) as context:
        deck.add_owner()
        page = context.new_page()
        page.goto(deck.origin)
        page.fill("#username", SIGN_IN["username"])
        page.fill("#password", SIGN_IN["password"])
        page.press("#password", "Enter")
        expect(page.locator("nav a[href='/accounts']").first).to_be_visible()
        names = {cookie.get("name") for cookie in context.cookies()}
        assert names == {"sd-site"}
        page.goto(f"{deck.origin}/accounts/new")
        for field, value in ACCOUNT.items():
            if field == "host":
                page.check(f"input[name=host][value={value}]")
            else:
                page.fill(f"#{field}", value)
        page.press("#token", "Enter")
        expect(page.locator("main")).to_contain_text("Acme added")
        page.goto(deck.origin)
        expect(page.locator("main")).to_contain_text(SHOP)
        page.goto(f"{deck.origin}{LOGS}")
        expect(page.locator("#conn")).to_have_text("Live")
        with deck.shop_log.open("a") as log:
            log.write("WARNING:  seen through two servers\n")
        expect(page.locator("li.log-line").last).to_contain_text("seen through two servers")
        assert deck.fake.count("files") == 0
        page.close()
