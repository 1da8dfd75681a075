"""The pages in Chromium: without scripts, on a phone, and the live log under the hand."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from app.localhost.ask import ask
from app.localhost.paths import HostPaths
from app.models import LogKind, LogName
from tests.browser.conftest import DESKTOP, PHONE, follow, set_up, watched_context
from tests.process import Product
from tests.support import PASSWORD, eventually, get_from_site

HELLO = "hello.localhost"
SITE = f"/accounts/local/sites/{HELLO}"
WEBSITES = "/api/v1/user/local/websites/"
# Whether a click at each edge of an element would meet it.
IS_WHOLE = """element => {
  const { left, right, top, bottom, x, y, width, height } = element.getBoundingClientRect();
  const column = x + width / 2, row = y + height / 2;
  return [[left + 1, row], [right - 1, row], [column, top + 1], [column, bottom - 1]]
    .every((place) => element.contains(document.elementFromPoint(...place)));
}"""

LIST_ANSWERED = "body[data-answered]"
# Once the list has got an answer to what it has asked for by itself.
NOTE_ANSWER = """() => document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.elt.id === "site-list") document.body.dataset.answered = "";
})"""


@pytest.fixture
def deck(browser: Browser, product: Product) -> Iterator[Page]:
    """Signed in, on the page of the running sample site."""
    with watched_context(browser, viewport=DESKTOP) as context:
        page = context.new_page()
        set_up(page, product)
        follow(page, "#sample-site")
        expect(page.locator(".status[data-live]").first).to_have_text("Running", timeout=15_000)
        yield page


def log_text(page: Page, product: Product) -> str:
    """The log as a page without scripts shows it: as it was when it was loaded."""
    page.goto(product.origin + SITE + "/logs")
    return page.inner_text("#log")


def log_file(product: Product) -> Path:
    return HostPaths(product.data / "host").log_file(HELLO, LogName(LogKind.ERROR))


def write(product: Product, *lines: str) -> None:
    with log_file(product).open("a") as log:
        log.write("".join(f"{line}\n" for line in lines))


def disabled(domain: str) -> dict[str, object]:
    """A site to be made on the local host."""
    command = {"command": "/no/such ${DOMAIN_SOCKET}"}
    return {"domain_name": domain, "webapp": command, "enabled": False}


def is_for_chips(request: Request) -> bool:
    return request.headers.get("hx-target") == "site-summary"


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


def test_the_sentence_of_the_overview_follows_the_sites(deck: Page, product: Product) -> None:
    deck.goto(product.origin)
    sentence = deck.locator("#sites-sentence")
    expect(sentence).to_have_text("1 site in 1 place.")
    website = {"domain_name": "x.localhost", "webapp": {"command": "/no/such/program"}}
    paths = HostPaths(product.data / "host")
    ask(paths, "POST", "/api/v1/user/local/websites/", website)
    expect(sentence).to_have_text("2 sites in 1 place. 1 needs attention.")


def test_what_changes_while_the_chips_are_fetched_is_not_lost(deck: Page, product: Product) -> None:
    paths, website = HostPaths(product.data / "host"), f"/api/v1/user/local/websites/{HELLO}/"
    answered: list[Request] = []

    def answer_late(route: Route) -> None:
        response = route.fetch()
        if is_for_chips(route.request) and not answered:
            ask(paths, "PATCH", website, {"enabled": True})
            address = f"127.0.0.1:{product.sites_port}"
            eventually(lambda: get_from_site(address, HELLO)[0] == 200, "it runs again")
        route.fulfill(response=response)

    def is_second_answer(request: Request) -> bool:
        answered.extend([request] if is_for_chips(request) else [])
        return len(answered) == 2

    deck.goto(product.origin)
    deck.route(re.compile(r"/\?query="), answer_late)
    with deck.expect_event("requestfinished", is_second_answer):
        ask(paths, "PATCH", website, {"enabled": False})
    expect(deck.locator(".chips")).to_have_text("All 1Running 1")


def test_rows_find_their_place_once_nobody_is_at_them(deck: Page, product: Product) -> None:
    paths = HostPaths(product.data / "host")
    websites = "/api/v1/user/local/websites/"
    website = {
        "domain_name": "broken.localhost",
        "webapp": {"command": "/no/such ${DOMAIN_SOCKET}"},
    }
    ask(paths, "POST", websites, website | {"enabled": False})
    deck.goto(product.origin)
    deck.hover("h1")
    names, broken = deck.locator("a.domain"), f"{websites}broken.localhost/"
    expect(names).to_have_text([HELLO, "broken.localhost"])
    ask(paths, "PATCH", broken, {"enabled": True})
    expect(names).to_have_text(["broken.localhost", HELLO])
    deck.hover(".col-site >> text=hello")
    ask(paths, "PATCH", broken, {"enabled": False})
    status = deck.locator("[data-site='broken.localhost'] .status")
    expect(status).to_have_text("Disabled")
    expect(names).to_have_text(["broken.localhost", HELLO])
    ask(paths, "POST", websites, website | {"domain_name": "alike.localhost", "enabled": False})
    expect(deck.locator(".chips")).to_contain_text("Disabled 2")
    expect(names).to_have_text(["broken.localhost", HELLO])
    deck.hover("h1")
    expect(names).to_have_text([HELLO, "alike.localhost", "broken.localhost"])
    ask(paths, "DELETE", f"{websites}alike.localhost/")
    expect(names).to_have_text([HELLO, "broken.localhost"])
    deck.focus(f"[data-site='{HELLO}'] a.domain")
    ask(paths, "PATCH", broken, {"enabled": True})
    expect(status).to_have_text("Failing")
    expect(names).to_have_text([HELLO, "broken.localhost"])
    deck.focus("#filter")
    expect(names).to_have_text(["broken.localhost", HELLO])
    ask(paths, "PATCH", broken, {"enabled": False})
    expect(names).to_have_text([HELLO, "broken.localhost"])


@contextmanager
def while_first_list_is_fetched(page: Page, happening: Callable[[], None]) -> Iterator[None]:
    """What happens between the list's first answer and its arrival, in the block."""
    asked: list[Request] = []

    def answer_late(route: Route) -> None:
        response = route.fetch()
        if route.request.headers.get("hx-target") == "site-list":
            asked.append(route.request)
            if len(asked) == 1:
                happening()
        route.fulfill(response=response)

    page.route(re.compile(r"/\?query="), answer_late)
    page.evaluate(NOTE_ANSWER)
    yield
    assert asked


def test_a_site_that_comes_while_the_list_is_fetched_is_listed(
    deck: Page, product: Product
) -> None:
    paths, names = HostPaths(product.data / "host"), deck.locator("a.domain")

    def one_more_comes() -> None:
        ask(paths, "POST", WEBSITES, disabled("two.localhost"))
        expect(deck.locator(".chips")).to_contain_text("All 3")  # the page has been told

    deck.goto(product.origin)
    deck.hover("h1")
    with while_first_list_is_fetched(deck, one_more_comes):
        ask(paths, "POST", WEBSITES, disabled("one.localhost"))
        expect(names).to_have_text([HELLO, "one.localhost", "two.localhost"])


@pytest.mark.parametrize("domain", ["shown.localhost", "new.localhost"])
def test_a_row_that_changes_while_the_list_is_fetched_is_shown_as_it_is(
    deck: Page, product: Product, domain: str
) -> None:
    paths, chips = HostPaths(product.data / "host"), deck.locator(".chips")

    def its_command_changes() -> None:
        expect(chips).to_contain_text("Disabled 2")
        with deck.expect_request(is_for_chips):
            changed = {"webapp": {"command": "/no/other ${DOMAIN_SOCKET}"}}
            ask(paths, "PATCH", f"{WEBSITES}{domain}/", changed)

    ask(paths, "POST", WEBSITES, disabled("shown.localhost"))
    deck.goto(product.origin)
    deck.hover("h1")
    expect(chips).to_contain_text("Disabled 1")
    with while_first_list_is_fetched(deck, its_command_changes):
        ask(paths, "POST", WEBSITES, disabled("new.localhost"))
        expect(deck.locator(f"[data-site='{domain}']")).to_contain_text("/no/other")


def test_a_list_that_arrives_under_the_pointer_waits(deck: Page, product: Product) -> None:
    paths, names = HostPaths(product.data / "host"), deck.locator("a.domain")
    deck.goto(product.origin)
    deck.hover("h1")
    with while_first_list_is_fetched(deck, lambda: deck.hover(".col-site >> text=hello")):
        ask(paths, "POST", WEBSITES, disabled("a.localhost"))
        expect(deck.locator(LIST_ANSWERED)).to_be_attached()
        assert names.all_text_contents() == [HELLO]
        deck.hover("h1")
        expect(names).to_have_text([HELLO, "a.localhost"])


def test_what_is_typed_while_the_list_is_fetched_stays_filtered(
    deck: Page, product: Product
) -> None:
    paths, names = HostPaths(product.data / "host"), deck.locator("a.domain")

    def somebody_types() -> None:
        deck.fill("#filter", "one")
        expect(names).to_have_text(["one.localhost"])

    deck.goto(product.origin)
    deck.hover("h1")
    with while_first_list_is_fetched(deck, somebody_types):
        ask(paths, "POST", WEBSITES, disabled("one.localhost"))
        expect(deck.locator(LIST_ANSWERED)).to_be_attached()
        expect(names).to_have_text(["one.localhost"])
        expect(deck).to_have_url(re.compile("query=one"))
    ask(paths, "POST", WEBSITES, disabled("another-one.localhost"))
    expect(names).to_have_text(["another-one.localhost", "one.localhost"])


def test_after_a_click_the_list_goes_on(deck: Page, product: Product) -> None:
    paths = HostPaths(product.data / "host")
    row = deck.locator(f"[data-site='{HELLO}']")
    deck.goto(product.origin)
    deck.keyboard.press("Tab")
    row.locator("[role=switch]").click()
    expect(row.locator(".status")).to_have_text("Disabled")
    deck.hover("h1")
    ask(paths, "POST", WEBSITES, disabled("one.localhost"))
    expect(deck.locator("a.domain")).to_have_text([HELLO, "one.localhost"])
    ask(paths, "PATCH", f"{WEBSITES}{HELLO}/", {"enabled": True})
    expect(row.locator(".status")).to_have_text("Running")
    expect(row.locator("[role=switch]")).to_be_focused()  # in each of the rows that were drawn
    ask(paths, "DELETE", f"{WEBSITES}one.localhost/")
    expect(deck.locator("a.domain")).to_have_text([HELLO])


def test_rows_that_rank_alike_keep_their_places(deck: Page, product: Product) -> None:
    # As in a browser whose sort compares the other way round.
    deck.add_init_script("""
        const sort = Array.prototype.toSorted;
        Array.prototype.toSorted = function (compare) {
          return sort.call(this, (one, other) => -compare(other, one));
        };
    """)
    ask(HostPaths(product.data / "host"), "POST", WEBSITES, disabled("one.localhost"))
    deck.goto(product.origin)
    deck.hover("h1")
    names = deck.locator("a.domain")
    expect(names).to_have_text([HELLO, "one.localhost"])
    # Such as the same domain in two accounts.
    deck.evaluate("""() => {
      for (const row of document.querySelectorAll("[data-row]")) row.dataset.order = "alike";
      document.dispatchEvent(new Event("htmx:load"));
    }""")
    expect(names).to_have_text([HELLO, "one.localhost"])


def test_typing_filters_the_list_and_the_address(deck: Page, product: Product) -> None:
    deck.goto(product.origin)
    deck.fill("#filter", "nothing like it")
    expect(deck.locator(".empty h2")).to_have_text("No site matches this filter")
    expect(deck).to_have_url(re.compile("query=nothing"))
    deck.fill("#filter", "hello")
    expect(deck.locator("a.domain")).to_have_text(HELLO)
    deck.click(".chip >> text=Running")
    deck.wait_for_url("**/?query=hello&status=running")
    deck.goto(product.origin + "/activity")
    deck.fill("#filter", "nothing like it")
    expect(deck.locator(".empty h2")).to_have_text("Nothing matches this filter")
    expect(deck).to_have_url(re.compile("query=nothing"))
    deck.fill("#filter", "create")
    expect(deck.locator(".event")).to_have_count(1)


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
