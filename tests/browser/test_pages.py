"""The pages in Chromium: without scripts, on a phone, and the live log under the hand."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from app.localhost.paths import HostPaths
from app.models import LogKind, LogName
from tests.browser.conftest import (
    DESKTOP,
    HELLO,
    PHONE,
    follow,
    is_for_chips,
    set_up,
    watched_context,
)
from tests.process import Product
from tests.support import PASSWORD, eventually

SITE = f"/accounts/local/sites/{HELLO}"
# Whether a click at each edge of an element would meet it.
IS_WHOLE = """element => {
  const { left, right, top, bottom, x, y, width, height } = element.getBoundingClientRect();
  const column = x + width / 2, row = y + height / 2;
  return [[left + 1, row], [right - 1, row], [column, top + 1], [column, bottom - 1]]
    .every((place) => element.contains(document.elementFromPoint(...place)));
}"""


def log_text(page: Page, product: Product) -> str:
    """The log as a page without scripts shows it: as it was when it was loaded."""
    page.goto(product.origin + SITE + "/logs")
    return page.inner_text("#log")


def log_file(product: Product) -> Path:
    return HostPaths(product.data / "host").log_file(HELLO, LogName(LogKind.ERROR))


def write(product: Product, *lines: str) -> None:
    with log_file(product).open("a") as log:
        log.write("".join(f"{line}\n" for line in lines))


def test_everything_works_without_scripts(browser: Browser, product: Product) -> None:
    with watched_context(browser, viewport=DESKTOP, java_script_enabled=False) as context:
        page = context.new_page()
        set_up(page, product)
        follow(page, "#sample-site")
        expect(page.locator("h1")).to_have_text(HELLO)
        page.click("[role=switch]")
        expect(page.locator(".notice[role=status]")).to_contain_text(f"{HELLO} disabled")
        page.click(".notice >> text=Undo")
        expect(page.locator(".notice[role=status]")).to_contain_text(f"{HELLO} enabled")
        page.goto(product.origin)
        page.click("[data-reload]")
        expect(page.locator(".notice[role=status]")).to_contain_text(f"Reloading {HELLO}")
        page.fill("#filter", "nothing")
        page.press("#filter", "Enter")
        expect(page.locator(".empty h2")).to_have_text("No site matches this filter")
        eventually(lambda: "Application startup complete" in log_text(page, product), "lines")
        page.goto(product.origin)
        page.click(".sidebar [aria-label='Sign out']")
        expect(page.locator("h1")).to_have_text("Sign in")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_scrolls_sideways_on_a_phone(deck: Page, product: Product, scheme: str) -> None:
    deck.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for width in (360, PHONE["width"]):
        deck.set_viewport_size({"width": width, "height": PHONE["height"]})
        for path in ("/", "/?query=nothing", SITE, f"{SITE}/logs", "/login", "/setup"):
            deck.goto(product.origin + path)
            wide = deck.evaluate("document.documentElement.scrollWidth > innerWidth")
            assert not wide, f"{path} at {width} px"


def test_the_theme_is_chosen_once_and_stays(deck: Page, product: Product) -> None:
    deck.click(".sidebar [data-theme-toggle]")
    chosen = deck.get_attribute("html", "data-theme")
    assert chosen in ("light", "dark")
    deck.goto(product.origin)
    assert deck.get_attribute("html", "data-theme") == chosen


def test_scrolling_up_pauses_and_the_pill_counts_what_arrives(deck: Page, product: Product) -> None:
    write(product, *(f"line {number}" for number in range(200)))
    deck.goto(product.origin + SITE + "/logs")
    expect(deck.locator("#conn")).to_have_text("Live")
    deck.locator("#log-scroll").hover()
    deck.mouse.wheel(0, -2000)
    expect(deck.locator("#conn")).to_have_text("Paused, still receiving")
    write(product, "unseen one", "unseen two")
    pill = deck.locator("#newpill")
    expect(pill).to_have_text("2 new lines")
    pill.click()
    expect(pill).to_be_hidden()
    expect(deck.locator("#conn")).to_have_text("Live")
    expect(deck.locator(".log-line").last).to_contain_text("unseen two")


def test_hostile_lines_arrive_harmlessly(deck: Page, product: Product) -> None:
    deck.goto(product.origin + SITE + "/logs")
    expect(deck.locator("#conn")).to_have_text("Live")
    write(
        product,
        "<img src=x onerror=alert(1)><script>alert(1)</script>",
        "\x1b[31mred\x1b[0m \x1b]8;;javascript:alert(1)\x07link",
        "x" * 1_000_000,
        "the end",
    )
    expect(deck.locator("#log")).to_contain_text("the end")
    expect(deck.locator("#log")).to_contain_text("<script>alert(1)</script>")
    assert deck.locator("#log img, #log script").count() == 0
    deck.click("a.more")
    expect(deck.locator("a.more")).to_have_count(0)
    assert deck.evaluate("document.getElementById('log').textContent.length") > 1_000_000


def test_an_open_log_goes_on_after_a_restart_of_the_dashboard(
    browser: Browser, product: Product
) -> None:
    # The browser itself reports refused connections to the console while nothing listens.
    with browser.new_context(viewport=DESKTOP) as context:
        page = context.new_page()
        set_up(page, product)
        follow(page, "#sample-site")
        expect(page.locator(".status[data-live]").first).to_have_text("Running", timeout=15_000)
        page.goto(product.origin + SITE + "/logs")
        expect(page.locator("#conn")).to_have_text("Live")
        write(product, "first line")
        expect(page.locator("#log")).to_contain_text("first line")
        product.end()
        expect(page.locator("#conn")).to_contain_text("Connecting again")
        write(product, "unseen line")
        product.start()
        write(product, "last line")
        expect(page.locator("#log")).to_contain_text("last line", timeout=20_000)
        texts = page.locator(".log-line .msg").all_text_contents()
        assert texts[-3:] == ["first line", "unseen line", "last line"]


def test_a_burst_ends_at_its_last_line(deck: Page, product: Product) -> None:
    deck.goto(product.origin + SITE + "/logs")
    expect(deck.locator("#conn")).to_have_text("Live")
    write(product, *(f"line {number} of 20000 " + "x" * 80 for number in range(20_000)))
    expect(deck.locator(".log-line").last).to_contain_text("line 19999 of", timeout=15_000)
    expect(deck.locator("#conn")).to_have_text("Live")


def test_a_click_while_nothing_answers_takes_nothing_away(
    browser: Browser, product: Product
) -> None:
    # The browser itself reports the refused request to the console.
    with browser.new_context(viewport=DESKTOP) as context:
        page = context.new_page()
        set_up(page, product)
        follow(page, "#sample-site")
        page.goto(product.origin)
        expect(page.locator(".status[data-live]")).to_have_text("Running", timeout=15_000)
        product.end()
        page.click("[role=switch]")
        toast = page.locator(".toast.bad")
        expect(toast).to_contain_text("Sitedeck does not answer")
        expect(page.locator("[role=switch]")).to_have_attribute("aria-checked", "true")
        expect(toast.locator("use").first).to_have_attribute("href", re.compile("#alert$"))
        expect(page.locator("#offline")).to_be_visible()
        assert page.locator(".sidebar-foot [data-theme-toggle]").evaluate(IS_WHOLE)
        assert page.locator(".sidebar .brand").evaluate(IS_WHOLE)
        toast.locator("[data-dismiss]").click()
        expect(toast).to_have_count(0)
        expect(page.locator("[role=switch]")).to_have_attribute("aria-checked", "true")
        expect(page.locator(".status[data-live]")).to_have_text("Running")
        product.start()
        page.click("[role=switch]")
        expect(page.locator(".status[data-live]")).to_have_text("Disabled", timeout=15_000)


@pytest.mark.parametrize("path", ["/", SITE])
def test_a_click_whose_answer_alone_is_lost_ends_with_what_it_did(
    browser: Browser, product: Product, path: str
) -> None:
    # The browser itself reports the lost answer to the console.
    with browser.new_context(viewport=DESKTOP) as context:
        page = context.new_page()
        set_up(page, product)
        follow(page, "#sample-site")
        page.goto(product.origin + path)
        status = page.locator(".status[data-live]").first
        expect(status).to_have_text("Running")
        ended = page.locator(".is-disabled[data-site]")

        overview = context.new_page()
        overview.goto(product.origin)

        def lose(route: Route) -> None:
            with overview.expect_request(is_for_chips):  # a while after the last change
                route.fetch()
            expect(ended).to_be_visible()  # drawn by the server
            route.abort()

        page.route(re.compile("/disable$"), lose)
        page.click("[role=switch]")
        expect(page.locator(".toast.bad")).to_contain_text("Sitedeck does not answer")
        expect(status).to_have_text("Disabled")
        expect(ended).to_be_visible()
        expect(page.locator("[role=switch]")).to_have_attribute("aria-checked", "false")
        expect(page.locator("[role=switch]")).to_be_focused()
        page.click("[role=switch]")
        expect(status).to_have_text("Running")


@pytest.mark.parametrize("control", ["[role=switch]", "[data-reload]"])
def test_a_refused_click_takes_its_guess_back(
    browser: Browser, product: Product, control: str
) -> None:
    viewer = ("user", "add", "guest", "--role", "viewer", "--password-stdin")
    assert product.run(*viewer, text=PASSWORD).returncode == 0
    # The browser itself reports the refusal to the console.
    with browser.new_context(viewport=DESKTOP) as context:
        page = context.new_page()
        set_up(page, product)
        follow(page, "#sample-site")
        expect(page.locator(".status[data-live]").first).to_have_text("Running", timeout=15_000)
        page.click(".sidebar [aria-label='Sign out']")
        page.fill("#username", "guest")
        page.fill("#password", PASSWORD)
        follow(page, "button >> text=Sign in")
        for path in ("/", SITE):
            page.goto(product.origin + path)
            button = page.locator(control)
            # As on a page that was drawn before the role was taken away.
            button.evaluate("button => { button.disabled = false; }")
            button.click()
            expect(page.locator(".toast.bad")).to_contain_text("not for your role")
            expect(button).not_to_have_attribute("aria-busy", "true")
            expect(button).to_be_focused()
            expect(page.locator("[role=switch]")).to_have_attribute("aria-checked", "true")
            expect(page.locator(".status[data-live]")).to_have_text("Running")


def test_the_page_of_a_web_server_in_front_takes_no_rows_place(
    browser: Browser, product: Product
) -> None:
    with browser.new_context(viewport=DESKTOP) as context:
        page = context.new_page()
        set_up(page, product)
        follow(page, "#sample-site")
        page.goto(product.origin)
        expect(page.locator(".status[data-live]")).to_have_text("Running", timeout=15_000)
        refusal = "<html><body><h1>502 Bad Gateway</h1></body></html>"
        page.route("**/disable", lambda route: route.fulfill(status=502, body=refusal))
        page.click("[role=switch]")
        expect(page.locator(".toast.bad")).to_contain_text("refused with 502")
        expect(page.locator("[role=switch]")).to_have_attribute("aria-checked", "true")
        expect(page.locator("tr[data-row] .status")).to_have_text("Running")


def test_a_log_is_cleared_from_a_phone(deck: Page, product: Product) -> None:
    deck.set_viewport_size(PHONE)
    write(product, "a line")
    deck.goto(product.origin + SITE + "/logs")
    expect(deck.locator("#conn")).to_have_text("Live")
    deck.click(".clear-log summary")
    expect(deck.locator("#follow")).to_have_text("Pause")
    for element in (deck.locator(".clear-log p"), deck.locator(".clear-log button")):
        assert element.evaluate(IS_WHOLE), "nothing lies over it or cuts it off"
    button = deck.locator(".clear-log button")
    assert button.evaluate("e => getComputedStyle(e).color") == "oklch(1 0 0)", "white on red"
    button.click()
    expect(deck.locator(".notice[role=status]")).to_contain_text("was cleared")
    expect(deck.locator("#conn")).to_have_text("Live")
    expect(deck.locator("#log-age")).to_be_empty()


def test_an_empty_log_and_a_filter_without_a_match_say_so(deck: Page, product: Product) -> None:
    deck.click("[role=switch]")
    expect(deck.locator(".status[data-live]")).to_have_text("Disabled")
    eventually(lambda: "Finished server process" in log_file(product).read_text(), "the site ends")
    log_file(product).unlink()
    deck.goto(product.origin + SITE + "/logs")
    expect(deck.locator("#conn")).to_have_text("Live")
    expect(deck.locator(".log-empty:visible")).to_contain_text("No lines yet")
    download = deck.locator("#log-download")
    expect(download).not_to_have_attribute("href", re.compile("."))
    write(product, "one line")
    expect(deck.locator(".log-empty:visible")).to_have_count(0)
    expect(download).to_have_attribute("href", f"{SITE}/logs/error/download")
    expect(download).not_to_have_attribute("aria-disabled", "true")
    deck.fill("#log-filter", "another")
    expect(deck.locator(".log-empty:visible")).to_contain_text("No line here passes the filter")
    deck.fill("#log-filter", "one")
    expect(deck.locator(".log-empty:visible")).to_have_count(0)
