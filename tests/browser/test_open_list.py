"""The list of sites while it is open in Chromium: filtered, fetched anew, and kept in order."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Request, Route, expect

from app.localhost.ask import ask
from app.localhost.paths import HostPaths
from tests.browser.conftest import HELLO, is_for_chips
from tests.process import Product
from tests.support import eventually, get_from_site

SITE = f"/accounts/local/sites/{HELLO}"
WEBSITES = "/api/v1/user/local/websites/"
LIST_ANSWERED = "body[data-answered]"
# Once the list has got an answer to what it has asked for by itself.
NOTE_ANSWER = """() => document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.elt.id === "site-list") document.body.dataset.answered = "";
})"""


def disabled(domain: str) -> dict[str, object]:
    """A site to be made on the local host."""
    command = {"command": "/no/such ${DOMAIN_SOCKET}"}
    return {"domain_name": domain, "webapp": command, "enabled": False}


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
