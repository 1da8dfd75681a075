"""Real Chromium, the system's own, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    Playwright,
    Request,
    Response,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.fakes.pythonanywhere import TOKEN, USER, FakePythonAnywhere, fake_pythonanywhere
from tests.process import Product
from tests.support import PASSWORD

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Nothing but the pages under test: no updates, no look-ups in the background.
FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
]
# The sample site.
HELLO = "hello.localhost"
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}

# A busy machine is slow, not wrong.
expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for each module: while it is open, its event loop keeps async tests from running."""
    if find_chromium() is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed.")
        pytest.skip("Chromium is not installed.")
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def fake() -> Iterator[FakePythonAnywhere]:
    """PythonAnywhere, as the API host `lab` of `product`. A module's own may hold sites already."""
    with fake_pythonanywhere() as fake:
        yield fake


@pytest.fixture
def product(tmp_path: Path, fake: FakePythonAnywhere) -> Iterator[Product]:
    yield from running_product(tmp_path / "data", fake)


@pytest.fixture
def deck(browser: Browser, product: Product) -> Iterator[Page]:
    """Signed in, on the page of the running sample site."""
    with watched_context(browser, viewport=DESKTOP) as context:
        page = context.new_page()
        set_up(page, product)
        follow(page, "#sample-site")
        expect(page.locator(".status[data-live]").first).to_have_text("Running", timeout=15_000)
        yield page


def running_product(data: Path, fake: FakePythonAnywhere, **settings: str) -> Iterator[Product]:
    """What a fixture yields: started, and stopped with all that belongs to it."""
    product = Product(data, SITEDECK_API_HOSTS=f"lab={fake.address}", **settings)
    product.start()
    try:
        yield product
    finally:
        product.close()


def find_chromium() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def launch(playwright: Playwright) -> Browser:
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    return playwright.chromium.launch(executable_path=find_chromium(), args=flags)


@contextmanager
def watched_context(browser: Browser, **options: object) -> Iterator[BrowserContext]:
    """A context that fails the test if any page of it writes an error to the console."""
    context = browser.new_context(**options)  # type: ignore[arg-type]
    problems: list[str] = []

    def watch(page: Page) -> None:
        page.on(
            "console",
            lambda message: (
                problems.append(f"{message.text} {message.location}")
                if message.type in ("error", "warning")
                else None
            ),
        )
        page.on("pageerror", lambda error: problems.append(str(error)))

    context.on("page", watch)
    try:
        yield context
    finally:
        context.close()
    assert problems == []


def follow(page: Page, target: str | Locator) -> None:
    """Clicks on what leads to another page, and waits until that has loaded: no script listens
    before, so a click would do what it does without scripts, and a key nothing."""
    with page.expect_navigation():
        (page.click(target) if isinstance(target, str) else target.click())


@contextmanager
def live(page: Page) -> Iterator[None]:
    """For what opens another page: at the end of the block that page's event stream is open.

    A toast that is announced earlier is not shown there.
    """
    begun: list[Request] = []  # the stream of the page before may open only now

    def note(request: Request) -> None:
        begun.append(request)

    def is_opened(response: Response) -> bool:
        kind = response.headers.get("content-type", "")
        return kind.startswith("text/event-stream") and response.request in begun

    page.on("request", note)
    with page.expect_event("response", is_opened):
        yield
    page.remove_listener("request", note)


def set_up(page: Page, product: Product) -> None:
    """From the first page to the empty overview."""
    page.goto(product.origin)
    page.fill("#setup_token", product.setup_token)
    page.fill("#password", PASSWORD)
    page.fill("#password_again", PASSWORD)
    follow(page, "text=Create administrator")
    page.wait_for_selector("#sample-site")


def connect(page: Page, product: Product, token: str = TOKEN) -> None:
    """Adds the account of `fake`, called Acme."""
    page.goto(product.origin + "/accounts/new")
    page.check("input[name=host][value=lab]")
    page.fill("#label", "Acme")
    page.fill("#username", USER)
    page.fill("#token", token)
    follow(page, "text=Test and add")


def is_for_chips(request: Request) -> bool:
    return request.headers.get("hx-target") == "site-summary"
