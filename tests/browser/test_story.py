"""A newcomer's first minutes, from the setup token to a dashboard that was killed and came back."""

import signal

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import DESKTOP, follow, set_up, watched_context
from tests.process import Product
from tests.support import eventually, get_from_site

HELLO = "hello.localhost"


def status(page: Page, word: str) -> None:
    expect(page.locator(".status[data-live]").first).to_have_text(word, timeout=15_000)


def counter(page: Page) -> int:
    return int(page.inner_text("#counter"))


def test_a_newcomer_sees_the_main_job_work(browser: Browser, product: Product) -> None:
    # The site's own pages answer 500 on purpose, which Chromium reports to their console.
    with (
        watched_context(browser, viewport=DESKTOP) as context,
        browser.new_context(viewport=DESKTOP) as visitor,
    ):
        deck = context.new_page()
        set_up(deck, product)
        try_the_sample_site(deck)
        site = open_it_through_the_proxy(visitor, product)
        see_its_exception_arrive(deck, site)
        disable_and_enable(deck, product)
        reload_resets_the_counter(deck, site)
        deck.close()
        product.end(signal.SIGKILL)
        site.reload()
        expect(site.locator("h1")).to_have_text("Hello from Sitedeck")
        product.start()
        all_is_still_there(context, product)


def try_the_sample_site(deck: Page) -> None:
    follow(deck, "#sample-site")
    expect(deck.locator("h1")).to_have_text(HELLO)
    status(deck, "Running")


def open_it_through_the_proxy(visitor: BrowserContext, product: Product) -> Page:
    site = visitor.new_page()
    site.goto(f"http://{HELLO}:{product.sites_port}/")
    expect(site.locator("h1")).to_have_text("Hello from Sitedeck")
    return site


def see_its_exception_arrive(deck: Page, site: Page) -> None:
    deck.click("nav.tabs >> text=Logs")
    expect(deck.locator("#conn")).to_have_text("Live", timeout=10_000)
    deck.evaluate("window.sameDocument = true")
    site.click("text=Write a log line")
    expect(deck.locator("#log")).to_contain_text("Somebody clicked on the button", timeout=5_000)
    with site.expect_navigation() as navigation:
        site.click("text=Raise an exception")
    answer = navigation.value
    assert answer is not None and answer.status == 500
    site.go_back()
    traceback = deck.locator(".log-line[data-level=error]:has(details)")
    summary = traceback.locator(".msg > summary")
    expect(summary).to_contain_text("RuntimeError: This was asked for", timeout=5_000)
    summary.click()
    expect(traceback.get_by_text("… ", exact=False).first).to_contain_text("frames in")
    traceback.get_by_text("As written").click()
    expect(traceback.get_by_text("Traceback (most recent call last):").first).to_be_visible()
    assert deck.evaluate("window.sameDocument"), "the page was not loaded anew"


def disable_and_enable(deck: Page, product: Product) -> None:
    follow(deck, "nav[aria-label=Breadcrumb] >> text=Sites")
    row = deck.locator("tr[data-row]")
    expect(row.locator(".col-errors a")).to_have_text("2")
    deck.click("[role=switch]")
    expect(deck.locator(".toast", has_text=f"{HELLO} disabled")).to_be_visible()
    status(deck, "Disabled")
    address = f"127.0.0.1:{product.sites_port}"
    eventually(lambda: get_from_site(address, HELLO)[0] == 404, "the site stops answering")
    deck.click("[role=switch]")
    expect(deck.locator(".toast", has_text=f"{HELLO} enabled")).to_be_visible()
    status(deck, "Running")
    assert get_from_site(address, HELLO)[0] == 200


def reload_resets_the_counter(deck: Page, site: Page) -> None:
    for _ in range(3):
        site.reload()
    assert counter(site) > 2
    deck.click("[data-reload]")
    toast = deck.locator(".toast", has_text=f"{HELLO} reloaded")
    expect(toast).to_contain_text("Answered 200 after", timeout=15_000)
    status(deck, "Running")
    site.reload()
    assert counter(site) == 1


def all_is_still_there(context: BrowserContext, product: Product) -> None:
    deck = context.new_page()
    deck.goto(product.origin)
    expect(deck.locator("a.domain")).to_have_text(HELLO)
    status(deck, "Running")
    expect(deck.locator(".col-errors a")).to_have_text("2")
