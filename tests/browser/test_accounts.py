"""An account in Chromium, from its token to a deleted site, at PythonAnywhere and here."""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from app.localhost.paths import HostPaths
from app.models import LogKind, LogName
from tests.browser.conftest import DESKTOP, PHONE, connect, follow, set_up, watched_context
from tests.fakes.faults import Fault
from tests.fakes.pythonanywhere import USER, FakePythonAnywhere
from tests.process import Product

PROGRAM = """
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hello"})
"""


@dataclass
class Place:
    """Where the story plays: the name of the account, and what it takes to play it there."""

    label: str
    domain: str
    command: str
    write: Callable[[str], None]


# Milliseconds. A site that is not asked is waited for as long as a crash may take to be logged.
UNASKED = 40_000


@pytest.mark.parametrize("where", ["pythonanywhere", "local"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_site_from_its_creation_to_its_end(
    browser: Browser, product: Product, fake: FakePythonAnywhere, where: str, size: str
) -> None:
    viewport = DESKTOP if size == "desktop" else PHONE
    with watched_context(browser, viewport=viewport) as context:
        page = context.new_page()
        set_up(page, product)
        place = at_pythonanywhere(fake) if where == "pythonanywhere" else on_this(product)
        if where == "pythonanywhere":
            connect(page, product)
            expect(page.locator(".notice[role=status]")).to_contain_text("Acme added")
        create(page, product, place)
        toggle_and_reload(page, place)
        watch_the_log(page, place)
        delete(page, place)


def at_pythonanywhere(fake: FakePythonAnywhere) -> Place:
    domain = f"{USER}.pythonanywhere.com"
    return Place(
        "Acme", domain, "/home/x/serve", lambda line: fake.write_log(domain, line.encode())
    )


def on_this(product: Product) -> Place:
    domain = "shop.localhost"
    (product.data / "program.py").write_text(PROGRAM)
    uvicorn = f"{sys.executable} -m uvicorn --app-dir {product.data}"
    log = HostPaths(product.data / "host").log_file(domain, LogName(LogKind.ERROR))

    def write(line: str) -> None:
        with log.open("a") as file:
            file.write(line)

    return Place("Local host", domain, f"{uvicorn} --uds ${{DOMAIN_SOCKET}} program:app", write)


def create(page: Page, product: Product, place: Place) -> None:
    page.goto(product.origin + "/sites/new")
    with page.expect_navigation():
        page.select_option("#account_id", label=place.label)
    page.check("input[name=template][value=own]")
    page.fill("#domain_name", place.domain)
    page.fill("#command", place.command)
    page.click("text=Create site")
    expect(page.locator("h1")).to_have_text(place.domain)
    expect(page.locator(".status[data-live]")).to_have_text("Running", timeout=UNASKED)
    page.goto(product.origin)
    expect(page.locator("a.domain")).to_have_text(place.domain)


def toggle_and_reload(page: Page, place: Place) -> None:
    page.click("[role=switch]")
    # A second click while the first is under way is dropped.
    expect(page.locator(".toast", has_text=f"{place.domain} disabled")).to_be_visible()
    expect(page.locator(".status[data-live]")).to_have_text("Disabled")
    page.click("[role=switch]")
    expect(page.locator(".toast", has_text=f"{place.domain} enabled")).to_be_visible()
    expect(page.locator(".status[data-live]")).to_have_text("Running", timeout=UNASKED)
    page.click("[data-reload]")
    expect(page.locator(".toast", has_text="reloaded")).to_be_visible(timeout=UNASKED)


def watch_the_log(page: Page, place: Place) -> None:
    page.click(".btn-logs")
    expect(page.locator("#conn")).to_have_text("Live")
    place.write("ERROR:    something broke\n")
    row = page.locator(".log-line[data-level=error]", has_text="something broke")
    expect(row).to_be_visible(timeout=15_000)


def delete(page: Page, place: Place) -> None:
    follow(page, "nav.tabs >> text=Settings")
    dialog = page.get_by_role("dialog", name=f"Delete {place.domain}?")
    page.click("#settings >> text=Delete…")
    expect(page.locator("#confirm")).to_be_focused()
    dialog.get_by_text("Keep site").click()
    expect(dialog).to_be_hidden()
    page.click("#settings >> text=Delete…")
    expect(page.locator("#confirm")).to_be_focused()
    page.keyboard.type(place.domain)
    page.keyboard.press("Enter")
    expect(page.locator(".notice[role=status]")).to_contain_text(f"{place.domain} deleted")
    page.click("nav[aria-label^=Main]:visible >> text=Activity")
    expect(page.locator(".event").first).to_contain_text(f"deleted {place.domain}")


def test_a_log_that_cannot_be_read_says_so_and_how_old_it_is(
    browser: Browser, product: Product, fake: FakePythonAnywhere
) -> None:
    with watched_context(browser, viewport=DESKTOP) as context:
        page = context.new_page()
        set_up(page, product)
        domain = f"{USER}.pythonanywhere.com"
        fake.add_site(domain)
        fake.write_log(domain, b"first line\n")
        connect(page, product)
        expect(page.locator(".notice[role=status]")).to_contain_text("Acme added")
        page.goto(product.origin)
        page.click(".btn-logs")
        expect(page.locator("#log")).to_contain_text("first line")
        expect(page.locator("#conn")).to_have_text("Live")
        fake.fail(Fault.HTML_502)
        expect(page.locator("#conn")).to_have_text("Not up to date")
        expect(page.locator("#conn")).to_have_attribute("data-c", "stale")
        expect(page.locator("#log-problem")).not_to_be_empty()
        expect(page.locator("#log-source")).to_have_text(re.compile(r"^Read \d+ s ago$"))
        page.click("#follow")
        expect(page.locator("#conn")).to_have_text("Not up to date")
        fake.fail(None)
        expect(page.locator("#conn")).to_have_text("Paused, still receiving", timeout=60_000)
        expect(page.locator("#log-problem")).to_be_empty()


def test_ages_go_on_and_begin_anew_while_the_page_is_open(
    browser: Browser, product: Product, fake: FakePythonAnywhere
) -> None:
    with watched_context(browser, viewport=DESKTOP) as context:
        page = context.new_page()
        set_up(page, product)
        fake.add_site("shop.example.org")
        connect(page, product)
        seen = page.locator("time[data-seen]")
        page.clock.install()
        page.goto(product.origin)
        expect(seen).to_have_text(re.compile("just now|s ago"))
        page.clock.fast_forward("10:00")
        expect(seen).to_have_text(re.compile("1[01] min ago"))
        read_at = seen.get_attribute("datetime")
        assert read_at is not None
        page.click("[data-reload]")
        expect(seen).not_to_have_attribute("datetime", read_at, timeout=20_000)


def test_an_open_card_follows_its_account_and_keeps_what_is_being_typed(
    browser: Browser, product: Product, fake: FakePythonAnywhere
) -> None:
    with watched_context(browser, viewport=DESKTOP) as context:
        page = context.new_page()
        set_up(page, product)
        connect(page, product)
        meter = page.locator("meter[aria-label^=Websites]")
        page.goto(product.origin + "/accounts")
        page.click("text=Replace token")
        page.get_by_label("New API token").fill("half a token")
        used = int(meter.get_attribute("value") or 0)
        other = context.new_page()
        other.goto(product.origin + "/accounts")
        follow(other, "text=Test connection")
        expect(meter).not_to_have_attribute("value", str(used), timeout=10_000)
        expect(page.get_by_label("New API token")).to_have_value("half a token")
        expect(page.get_by_label("New API token")).to_be_focused()
        fake.fail(Fault.HTML_502)
        other.click("text=Test connection")
        expect(page.get_by_text("Needs attention")).to_be_visible(timeout=20_000)
        expect(page.locator(".notice.bad", has_text="502")).to_be_visible()


def test_a_wrong_token_is_refused_at_its_field_and_the_rest_is_kept(
    browser: Browser, product: Product
) -> None:
    # The refused form is answered with 422, which Chromium reports to the console.
    with browser.new_context(viewport=DESKTOP) as context:
        page = context.new_page()
        set_up(page, product)
        connect(page, product, "f" * 40)
        expect(page.locator("#token-error")).to_contain_text("eu.pythonanywhere.com")
        expect(page.locator("#label")).to_have_value("Acme")
        expect(page.locator("#token")).to_have_value("")


def test_a_refused_deletion_is_said_in_its_dialog(browser: Browser, product: Product) -> None:
    with browser.new_context(viewport=PHONE) as context:
        page = context.new_page()
        set_up(page, product)
        place = on_this(product)
        create(page, product, place)
        page.goto(f"{product.origin}/accounts/local/sites/{place.domain}/settings#delete-site")
        expect(page.locator("#confirm")).to_be_focused()
        page.fill("#confirm", "another")
        page.click("text=Delete site")
        dialog = page.locator("dialog:modal")
        expect(dialog.locator("#confirm-error")).to_contain_text(f"Type {place.domain}")
        expect(page.locator("#confirm")).to_have_value("another")
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()


def test_a_site_is_created_and_deleted_without_scripts(browser: Browser, product: Product) -> None:
    with watched_context(browser, viewport=PHONE, java_script_enabled=False) as context:
        page = context.new_page()
        set_up(page, product)
        place = on_this(product)
        page.goto(product.origin + "/sites/new")
        page.check("input[name=template][value=own]")
        page.fill("#domain_name", place.domain)
        page.fill("#command", place.command)
        page.click("text=Create site")
        expect(page.locator("h1")).to_have_text(place.domain)
        page.click("nav.tabs >> text=Settings")
        page.click("#settings >> text=Delete…")
        page.fill("#confirm", place.domain)
        page.click("text=Delete site")
        expect(page.locator(".notice[role=status]")).to_contain_text(f"{place.domain} deleted")


def test_another_choice_of_account_keeps_what_was_typed_and_suggests_its_own_places(
    browser: Browser, product: Product
) -> None:
    with watched_context(browser, viewport=DESKTOP) as context:
        page = context.new_page()
        set_up(page, product)
        connect(page, product)
        page.goto(product.origin + "/sites/new?account=local")
        page.check("input[name=template][value=own]")
        page.fill("#command", "/bin/mine --uds ${DOMAIN_SOCKET}")
        page.uncheck("input[name=enabled]")
        page.select_option("#account_id", label="Acme")
        expect(page.locator("#working_folder")).to_have_value(f"/home/{USER}/mysite")
        page.select_option("#account_id", label="Local host")
        expect(page.locator("#working_folder")).to_have_value("")
        assert page.url == f"{product.origin}/sites/new", "a command may hold a secret"
        expect(page.locator("#command")).to_have_value("/bin/mine --uds ${DOMAIN_SOCKET}")
        expect(page.locator("input[name=enabled]")).not_to_be_checked()
        expect(page.locator("input[name=template][value=own]")).to_be_checked()


def test_a_refused_token_shows_and_goes_while_the_overview_is_open(
    browser: Browser, product: Product, fake: FakePythonAnywhere
) -> None:
    with watched_context(browser, viewport=DESKTOP) as context:
        page = context.new_page()
        set_up(page, product)
        fake.add_site("shop.example.org")
        connect(page, product)
        page.goto(product.origin)
        notice = page.locator("#refused-tokens .notice")
        expect(page.locator("a.domain")).to_be_visible()
        expect(notice).to_have_count(0)
        fake.token = "d" * 40
        other = context.new_page()
        other.goto(product.origin + "/accounts")
        other.click("text=Test connection")
        page.bring_to_front()
        expect(notice).to_contain_text("PythonAnywhere refused the token", timeout=20_000)
        notice.get_by_role("link", name="Replace token").click()
        field = page.get_by_label("New API token")
        expect(field).to_be_visible()
        other.goto(product.origin)
        expect(other.locator("#refused-tokens .notice")).to_be_visible()
        field.fill("d" * 40)
        page.click("text=Test and replace")
        expect(other.locator("#refused-tokens .notice")).to_have_count(0)
