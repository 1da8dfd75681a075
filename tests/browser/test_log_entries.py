"""Tracebacks in the live log of Chromium: folded, kept together, filtered, counted, linked to."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from app.localhost.paths import HostPaths
from app.models import LogKind, LogName
from tests.browser.conftest import DESKTOP, follow, set_up, watched_context
from tests.process import Product
from tests.support import eventually

HELLO = "hello.localhost"
LOGS = f"/accounts/local/sites/{HELLO}/logs"
FRAMES = """\
Traceback (most recent call last):
  File "/srv/venv/lib/python3.13/site-packages/starlette/routing.py", line 20, in app
    await route.handle()
  File "/srv/shop/main.py", line 42, in checkout
    amount = cart["total"]
"""
HEADER = "ERROR:    Exception in ASGI application\n"
TRACEBACK = f"{HEADER}{FRAMES}KeyError: 'total'\n"
CHAIN = "\nDuring handling of the above exception, another exception occurred:\n\n"


class SignedIn(NamedTuple):
    address: str
    log: Path
    state: StorageState


class Deck(NamedTuple):
    """The live error log of a site that runs no more, as the page shows it and as a file."""

    page: Page
    log: Path
    address: str

    def open(self, fragment: str = "") -> None:
        self.page.goto("about:blank")
        self.page.goto(f"{self.address}{fragment}")

    def write(self, text: str) -> None:
        with self.log.open("a") as file:
            file.write(text)


@pytest.fixture(scope="module")
def ended_site(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignedIn]:
    product = Product(tmp_path_factory.mktemp("product") / "data")
    product.start()
    log = HostPaths(product.data / "host").log_file(HELLO, LogName(LogKind.ERROR))
    try:
        with watched_context(browser, viewport=DESKTOP) as context:
            page = context.new_page()
            set_up(page, product)
            follow(page, "#sample-site")
            expect(page.locator(".status[data-live]").first).to_have_text("Running", timeout=15_000)
            page.click("[role=switch]")
            eventually(lambda: "Finished server process" in log.read_text(), "the site ends")
            state = context.storage_state()
        yield SignedIn(product.origin + LOGS, log, state)
    finally:
        product.close()


@pytest.fixture
def deck(browser: Browser, ended_site: SignedIn) -> Iterator[Deck]:
    ended_site.log.write_text("")
    with watched_context(browser, viewport=DESKTOP, storage_state=ended_site.state) as context:
        deck = Deck(context.new_page(), ended_site.log, ended_site.address)
        deck.open()
        expect(deck.page.locator("#conn")).to_have_text("Live")
        yield deck


def shown(page: Page) -> list[str]:
    """Every line that the log shows or folds, as it was written."""
    texts = page.locator("#log code.msg, #log .written").all_text_contents()
    return "\n".join(texts).split("\n")


def test_a_traceback_that_arrives_in_pieces_is_one_entry(deck: Deck) -> None:
    pieces = ["ready\n", HEADER, FRAMES, "KeyError: 'total'\n", CHAIN, FRAMES, "ValueError: bad\n"]
    total = 0
    for piece in pieces:
        deck.write(piece)
        total += piece.count("\n")
        expect(deck.page.locator("#log-total")).to_have_text(str(total))
    deck.write("INFO:     next\n")
    expect(deck.page.locator(".log-line")).to_have_count(3)
    expect(deck.page.locator(".sev[data-level=error] .n")).to_have_text("1")
    entry = deck.page.locator(".log-line:has(details)")
    expect(entry.locator(".msg > summary")).to_contain_text("ValueError: bad")
    assert entry.get_attribute("id") == "L2"
    assert shown(deck.page) == deck.log.read_text().splitlines()
    deck.open()
    assert shown(deck.page) == deck.log.read_text().splitlines()


def test_an_open_entry_stays_open_and_pauses_the_log(deck: Deck) -> None:
    deck.write(TRACEBACK)
    deck.page.click(".msg > summary")
    expect(deck.page.locator("#conn")).to_have_text("Paused, still receiving")
    deck.write(CHAIN + FRAMES + "ValueError: bad\n")
    expect(deck.page.locator(".log-line")).to_have_count(1)
    expect(deck.page.locator(".msg > summary")).to_contain_text("ValueError: bad")
    expect(deck.page.locator(".msg > pre")).to_be_visible()
    expect(deck.page.locator("#newpill")).to_have_text("9 new lines")


def test_filter_and_chips_take_an_entry_as_one(deck: Deck) -> None:
    deck.write(f"plain\nINFO:     ready\n{TRACEBACK}")
    footer = deck.page.locator(".log-status", has_text="lines shown")
    expect(footer).to_contain_text("9 of 9 lines shown")
    deck.page.fill("#log-filter", "routing.py")
    expect(footer).to_contain_text("7 of 9 lines shown")
    expect(deck.page.locator(".written mark")).to_have_text("routing.py")
    deck.page.fill("#log-filter", "as written")
    expect(footer).to_contain_text("0 of 9 lines shown")
    deck.page.fill("#log-filter", "")
    deck.page.click(".sev[data-level=error]")
    expect(footer).to_contain_text("2 of 9 lines shown")
    expect(deck.page.locator(".log-line:has(details)")).to_be_hidden()
    deck.write(TRACEBACK)
    expect(footer).to_contain_text("2 of 16 lines shown")
    assert deck.page.locator("mark").count() == 0


def test_a_permalink_into_an_entry_finds_it(deck: Deck) -> None:
    deck.write("".join(f"line {number}\n" for number in range(1, 301)) + TRACEBACK)
    deck.write("".join(f"line {number}\n" for number in range(308, 1201)))
    deck.open("#L304")
    expect(deck.page.locator("#L301")).to_be_in_viewport()
    expect(deck.page.locator("#L301 .msg > summary")).to_contain_text("KeyError: 'total'")
    assert shown(deck.page) == deck.log.read_text().splitlines()[-len(shown(deck.page)) :]


def test_times_and_wrap_change_entries_as_they_do_lines(deck: Deck) -> None:
    deck.write(TRACEBACK)
    time = deck.page.locator(".log-line time")
    expect(time).to_be_visible()
    deck.page.click("#stamps")
    expect(time).to_be_hidden()
    deck.page.click(".msg > summary")
    body = deck.page.locator(".msg > pre")
    expect(body).to_have_css("white-space-collapse", "preserve")
    expect(body).to_have_css("text-wrap-mode", "wrap")
    deck.page.click("#wrap")
    expect(body).to_have_css("text-wrap-mode", "nowrap")


def test_a_viewer_who_comes_back_inside_a_traceback_sees_it_once(deck: Deck) -> None:
    deck.write(f"ready\n{HEADER}{FRAMES}")
    expect(deck.page.locator("#log-total")).to_have_text("7")
    deck.page.context.set_offline(True)
    deck.page.evaluate("dispatchEvent(new Event('pagehide'))")
    deck.write("KeyError: 'total'\n" + CHAIN + FRAMES)
    deck.page.context.set_offline(False)
    deck.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    deck.write("ValueError: bad\nINFO:     next\n")
    expect(deck.page.locator(".log-line").last).to_contain_text("next")
    expect(deck.page.locator(".log-line")).to_have_count(3)
    assert shown(deck.page) == deck.log.read_text().splitlines()


def test_entries_fold_without_scripts(browser: Browser, deck: Deck) -> None:
    deck.write(TRACEBACK)
    state = deck.page.context.storage_state()
    with watched_context(browser, java_script_enabled=False, storage_state=state) as context:
        page = context.new_page()
        page.goto(deck.page.url)
        expect(page.locator(".msg > pre")).to_be_hidden()
        page.click(".msg > summary")
        expect(page.locator(".msg > pre")).to_contain_text("… 1 frame in starlette")
        page.click("text=As written")
        expect(page.locator(".written")).to_contain_text("Traceback (most recent call last):")
