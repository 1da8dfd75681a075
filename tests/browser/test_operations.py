"""A change of command in Chromium, followed live, and a deleted site brought back."""

import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESKTOP, PHONE, connect, follow, live, set_up, watched_context
from tests.fakes.pythonanywhere import FakePythonAnywhere, fake_pythonanywhere
from tests.fakes.troubles import Stop, Trouble
from tests.operations.kit import NEW, OLD, SHOP
from tests.process import Product
from tests.support import eventually

SITE = f"/accounts/acme/sites/{SHOP}"


@pytest.fixture
def fake() -> Iterator[FakePythonAnywhere]:
    with fake_pythonanywhere() as fake:
        fake.limit = None
        fake.add_site(SHOP, OLD)
        yield fake


def begin(page: Page, product: Product) -> None:
    """Signed in, with the site of the account in the list."""
    set_up(page, product)
    connect(page, product)
    page.goto(product.origin)
    expect(page.get_by_role("link", name=SHOP, exact=True)).to_be_visible()


def recreate(page: Page, fake: FakePythonAnywhere) -> Stop:
    """Confirms the question, up to where the site is gone and the page hears how it goes on."""
    held = fake.stops["create before"] = Stop()
    with live(page):
        page.get_by_role("dialog").get_by_role("button", name="Recreate site").click()
    return held


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_command_is_changed_before_ones_eyes(
    browser: Browser, product: Product, fake: FakePythonAnywhere, size: str
) -> None:
    viewport = DESKTOP if size == "desktop" else PHONE
    with watched_context(browser, viewport=viewport) as context:
        page = context.new_page()
        begin(page, product)
        first_page = context.new_page()
        with live(first_page):
            first_page.goto(product.origin)
        page.goto(product.origin + f"{SITE}/settings")
        page.fill("textarea#command", NEW)
        follow(page, "text=Recreate with this command…")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("10 to 30 seconds")
        held = recreate(page, fake)
        for each in (page, first_page):
            notice = each.locator("[data-operation]")
            expect(notice).to_contain_text("is being created with its new command")
            expect(each.locator(".status[data-s=starting]").first).to_be_visible()
        held.go.set()
        for each in (page, first_page):  # toasts first: they go by themselves
            expect(each.locator(".toast.ok")).to_contain_text("without the site")
        for each in (page, first_page):
            expect(each.locator("[data-operation]")).to_have_count(0)
            expect(each.locator(".notice")).to_have_count(0)
        page.goto(product.origin + f"{SITE}/settings")
        expect(page.locator("textarea#command")).to_have_value(NEW)


def test_that_a_change_failed_stays_said_whatever_succeeds_later(
    browser: Browser, product: Product, fake: FakePythonAnywhere
) -> None:
    fake.trouble("create", Trouble.COMMAND_REFUSED)
    with watched_context(browser, viewport=DESKTOP) as context:
        page = context.new_page()
        begin(page, product)
        page.goto(product.origin + f"{SITE}/settings")
        page.fill("textarea#command", NEW)
        follow(page, "text=Recreate with this command…")
        recreate(page, fake).go.set()
        failed = page.locator(".toast.bad")
        expect(failed).to_contain_text(f"Command change failed: {SHOP}")
        expect(failed).to_contain_text("The old command is back.")
        page.get_by_role("switch").click()
        expect(page.locator(".toast.ok")).to_contain_text(f"{SHOP} disabled")
        expect(failed).to_be_visible()


def test_the_question_can_be_declined_without_losing_what_was_typed(
    browser: Browser, product: Product, fake: FakePythonAnywhere
) -> None:
    with watched_context(browser, viewport=DESKTOP) as context:
        page = context.new_page()
        begin(page, product)
        page.goto(product.origin + f"{SITE}/settings")
        page.fill("textarea#command", NEW)
        follow(page, "text=Recreate with this command…")
        page.get_by_role("dialog").get_by_text("Keep as it is").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.locator("textarea#command")).to_have_value(NEW)
    assert fake.called("delete") == 0


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_new_command_is_looked_at_while_it_is_typed(
    browser: Browser, product: Product, size: str
) -> None:
    viewport = DESKTOP if size == "desktop" else PHONE
    with watched_context(browser, viewport=viewport) as context:
        page = context.new_page()
        begin(page, product)
        page.goto(product.origin + f"{SITE}/settings")
        command, notes = page.locator("#command"), page.locator("#command-notes")
        command.fill("/v/uvicorn main:app")
        expect(notes).to_contain_text("--uds ${DOMAIN_SOCKET} is missing")
        page.get_by_role("button", name="Use this line").click()
        expect(command).to_have_value("/v/uvicorn --uds ${DOMAIN_SOCKET} main:app")
        page.get_by_role("button", name="Check program and folder").click()
        expect(notes).to_contain_text("uvicorn is still missing")
        command.fill("/v/serve")
        follow(page, "text=Recreate with this command…")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("does not appear")
        dialog.get_by_text("Keep as it is").click()
        expect(notes).to_contain_text("does not appear")
        page.click("text=Discard")
        expect(command).to_have_value(OLD)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_an_old_command_is_brought_back_from_the_record(
    browser: Browser, product: Product, fake: FakePythonAnywhere, size: str
) -> None:
    viewport = DESKTOP if size == "desktop" else PHONE
    with watched_context(browser, viewport=viewport) as context:
        page = context.new_page()
        begin(page, product)
        page.goto(product.origin + f"{SITE}/settings")
        page.fill("textarea#command", NEW)
        follow(page, "text=Recreate with this command…")
        recreate(page, fake).go.set()
        expect(page.locator(".toast.ok")).to_contain_text("has its new command")
        page.goto(product.origin + "/activity")
        entry = page.locator(".event", has_text="changed the command of")
        entry.get_by_text("Both commands").click()
        expect(entry.locator("code")).to_have_text([OLD, NEW])
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        follow(page, entry.get_by_role("button", name="Change back…"))
        expect(page.locator("textarea#command")).to_have_value(OLD)
        follow(page, "text=Recreate with this command…")
        recreate(page, fake).go.set()
        expect(page.locator(".toast.ok")).to_contain_text("has its new command")
    assert fake.websites[SHOP]["webapp"]["command"] == OLD


def test_without_scripts_a_command_is_changed_and_a_site_brought_back(
    browser: Browser, product: Product, fake: FakePythonAnywhere
) -> None:
    with watched_context(browser, viewport=DESKTOP, java_script_enabled=False) as context:
        page = context.new_page()
        begin(page, product)
        page.goto(product.origin + f"{SITE}/settings")
        page.fill("textarea#command", NEW)
        follow(page, "text=Recreate with this command…")
        page.click("text=Recreate site")
        expect(page.locator("[data-operation]")).to_contain_text(SHOP)

        def is_over() -> bool:
            page.reload()
            return page.locator("[data-operation]").count() == 0

        eventually(is_over, "the change is over")
        assert fake.websites[SHOP]["webapp"]["command"] == NEW
        page.goto(product.origin + f"{SITE}/settings")
        page.click(".card.danger a[href='#delete-site']")
        page.fill("#confirm", SHOP)
        page.click("text=Delete site")
        page.get_by_role("button", name=f"Recreate {SHOP}").click()
        expect(page.get_by_role("heading", name=SHOP)).to_be_visible()
        assert fake.websites[SHOP]["webapp"]["command"] == NEW


def test_a_click_that_ends_with_the_dashboard_takes_its_guess_back(
    browser: Browser, product: Product, fake: FakePythonAnywhere
) -> None:
    # The browser itself reports the broken connections to the console.
    with browser.new_context(viewport=DESKTOP) as context:
        page = context.new_page()
        begin(page, product)
        expect(page.locator(".status[data-live]")).to_have_text("Running")
        held = fake.stops["patch before"] = Stop()
        page.click("[role=switch]")
        assert held.reached.wait(15)
        row = page.locator(".is-disabled[data-row]")
        expect(row).to_be_visible()  # drawn by the server: what was clicked is gone
        product.end(signal.SIGKILL)
        held.go.set()
        expect(page.locator(".toast.bad")).to_contain_text("is shown when it is back")
        expect(row).to_have_count(0)
        expect(page.locator("[role=switch]")).to_have_attribute("aria-checked", "true")
