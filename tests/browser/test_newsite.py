"""The form of a new site in Chromium: by mouse, by keys, and without scripts."""

import re
import threading

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.conftest import DESKTOP, PHONE, connect, set_up, watched_context
from tests.fakes.pythonanywhere import USER, FakePythonAnywhere
from tests.process import Product

BIN = f"/home/{USER}/.virtualenvs/mysite/bin"
SITE = f"/home/{USER}/mysite"


def open_form(page: Page, product: Product) -> None:
    """A connected account's form of a new site."""
    set_up(page, product)
    connect(page, product)
    page.goto(product.origin + "/sites/new?account=acme")


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_wrong_line_is_found_while_typing_and_mended_with_one_click(
    browser: Browser, product: Product, fake: FakePythonAnywhere, size: str
) -> None:
    viewport = DESKTOP if size == "desktop" else PHONE
    with watched_context(browser, viewport=viewport) as context:
        page = context.new_page()
        open_form(page, product)
        command, notes = page.locator("#command"), page.locator("#command-notes")
        expect(command).to_have_value(
            f"{BIN}/uvicorn --app-dir {SITE} --uds ${{DOMAIN_SOCKET}} main:app"
        )
        command.fill("cd ~/mysite && uvicorn main:app")
        expect(notes).to_contain_text("no shell reads this line")
        expect(command).to_be_focused()
        page.get_by_role("button", name="Use this line").click()
        served = f"{BIN}/uvicorn --uds ${{DOMAIN_SOCKET}} main:app"
        expect(command).to_have_value(f'/bin/bash -lc "cd ~/mysite && exec {served}"')
        expect(command).to_be_focused()
        expect(notes.locator("li")).to_have_count(0)
        page.get_by_role("button", name="Check program and folder").click()
        expect(notes).to_contain_text("uvicorn is still missing")
        fake.files.contents = {f"{BIN}/uvicorn": b"", f"{SITE}/main.py": b""}
        page.get_by_role("button", name="Check again").press("Enter")
        expect(notes.locator("li.kept")).to_have_count(3)
        expect(page.locator("#look-command")).to_be_focused()
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_a_click_right_after_typing_is_answered(
    browser: Browser, product: Product, fake: FakePythonAnywhere
) -> None:
    with watched_context(browser, viewport=DESKTOP) as context:
        page = context.new_page()
        open_form(page, product)
        page.evaluate(
            """document.addEventListener("htmx:confirm", ({ target }) => {
                if (target.id === "command") document.body.dataset.due = "yes";
            })"""
        )
        held = fake.holds["GET"] = threading.Event()
        page.fill("#command", f"{BIN}/serve ${{DOMAIN_SOCKET}}")
        page.get_by_role("button", name="Check program and folder").click()
        # By then the look that belongs to the typing would have gone out.
        expect(page.locator("body[data-due]")).to_be_attached()
        held.set()
        notes = page.locator("#command-notes")
        expect(notes).to_contain_text("serve is still missing")
        fake.holds.clear()
        page.fill("#command", "serve")
        expect(notes).to_contain_text("needs its whole path")


def test_templates_and_lines_to_copy_follow_what_is_typed(
    browser: Browser, product: Product
) -> None:
    with watched_context(browser, viewport=DESKTOP) as context:
        page = context.new_page()
        open_form(page, product)
        page.check("input[name=template][value=flask]")
        page.fill("#working_folder", "/home/alice/my shop")
        expect(page.locator("#command")).to_have_value(
            f'{BIN}/gunicorn --threads 8 --chdir "/home/alice/my shop" '
            "--bind unix:${DOMAIN_SOCKET} flask_app:app"
        )
        lines = page.locator("[data-steps=flask] [data-fill]")
        expect(lines.first).to_have_text('mkdir -p "/home/alice/my shop"')
        copy = page.locator("[data-steps=flask] [data-copy]").first
        expect(copy).to_have_attribute("data-copy", 'mkdir -p "/home/alice/my shop"')
        page.fill("#command", "/bin/serve ${DOMAIN_SOCKET}")
        page.check("input[name=template][value=django]")
        expect(page.locator("#command")).to_have_value("/bin/serve ${DOMAIN_SOCKET}")


def test_another_template_leaves_an_application_that_was_typed(
    browser: Browser, product: Product
) -> None:
    with watched_context(browser, viewport=DESKTOP) as context:
        page = context.new_page()
        open_form(page, product)
        application, command = page.locator("#application"), page.locator("#command")
        page.check("input[name=template][value=flask]")
        expect(application).to_have_value("flask_app:app")
        page.check("input[name=template][value=fastapi]")
        expect(application).to_have_value("main:app")
        application.fill("shop.main:create")
        page.check("input[name=template][value=flask]")
        expect(command).to_have_value(re.compile("gunicorn .* shop.main:create$"))
        expect(application).to_have_value("shop.main:create")


def test_enter_in_a_field_creates_the_site(browser: Browser, product: Product) -> None:
    with watched_context(browser, viewport=DESKTOP) as context:
        page = context.new_page()
        open_form(page, product)
        page.press("#domain_name", "Enter")
        expect(page.locator("h1")).to_have_text(f"{USER}.pythonanywhere.com")


def test_without_scripts_the_form_says_the_same(
    browser: Browser, product: Product, fake: FakePythonAnywhere
) -> None:
    with watched_context(browser, viewport=DESKTOP, java_script_enabled=False) as context:
        page = context.new_page()
        open_form(page, product)
        page.fill("#command", "uvicorn main:app")
        page.click("#look-command")
        expect(page.locator("#command-notes")).to_contain_text("needs its whole path")
        page.click("#use-command")
        expect(page.locator("#command")).to_have_value(
            f"{BIN}/uvicorn --uds ${{DOMAIN_SOCKET}} main:app"
        )
        fake.files.contents = {f"{BIN}/uvicorn": b""}
        page.click("#look-command")
        expect(page.locator("#command-notes li.kept")).to_have_text(f"{BIN}/uvicorn exists.")
        page.click("text=Create site")
        expect(page.locator("h1")).to_have_text(f"{USER}.pythonanywhere.com")


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_no_starter_lies_under_its_button_or_widens_its_card(
    browser: Browser, product: Product, size: ViewportSize
) -> None:
    with watched_context(browser, viewport=size) as context:
        page = context.new_page()
        open_form(page, product)
        for template in page.locator("input[name=template]").all():
            template.evaluate("radio => radio.click()")
            box = page.locator(".starter:visible")
            for code in box.all():
                edges, button = code.bounding_box(), code.locator("button").bounding_box()
                text, card = (
                    code.locator("pre").bounding_box(),
                    page.locator(".split").bounding_box(),
                )
                assert edges and button and text and card
                assert button["y"] + button["height"] <= text["y"]
                assert edges["x"] + edges["width"] <= card["x"] + card["width"] - 12
