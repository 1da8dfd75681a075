"""Takes the README's picture of the running product: `python -m bench.screenshot [FOLDER]`.

With a folder, also every page in both themes at desktop and phone width, to compare them.
"""

import sys
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

from bench.demo import add_site, demo, wait_for_sites
from tests.browser.conftest import launch
from tests.process import Product
from tests.support import PASSWORD, get_from_site

README_PICTURE = Path(__file__).parent.parent / "docs" / "screenshot.png"
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
SHOP = "/accounts/local/sites/shop.localhost"
PAGES = {
    "sites": "/",
    "sites-none": "/?query=nothing",
    "site": SHOP,
    "site-failing": "/accounts/local/sites/api.localhost",
    "log": f"{SHOP}/logs",
    "access-log": f"{SHOP}/logs?name=access",
    "settings": f"{SHOP}/settings",
    "site-activity": f"{SHOP}/activity",
    "activity": "/activity",
    "accounts": "/accounts",
    "new-account": "/accounts/new",
    "new-site": "/sites/new",
    "login": "/login",
    "404": "/nothing",
}


def main(folder: Path | None) -> None:
    with demo() as (product, _), sync_playwright() as playwright:
        fill(product)
        browser = launch(playwright)
        page = browser.new_page(viewport=DESKTOP)
        sign_in(page, product)
        page.goto(product.origin)
        page.wait_for_load_state("load")
        page.screenshot(path=README_PICTURE)
        for theme in ("light", "dark") if folder else ():
            for name, size in (("desktop", DESKTOP), ("phone", PHONE)):
                page.set_viewport_size(size)
                page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
                for title, path in PAGES.items():
                    page.goto(product.origin + path)
                    page.wait_for_timeout(300)
                    page.screenshot(path=f"{folder}/{title}-{name}-{theme}.png")
        browser.close()


def fill(product: Product) -> None:
    """Sites in every state, with errors in one log."""
    for domain in ("shop.localhost", "blog.localhost", "docs.localhost", "metrics.localhost"):
        add_site(product, domain)
    add_site(product, "api.localhost", "/opt/api/venv/bin/uvicorn --uds ${DOMAIN_SOCKET} api:app")
    add_site(product, "old-blog.localhost", enabled=False)
    running = {f"{name}.localhost": "running" for name in ("shop", "blog", "docs", "metrics")}
    failing = {"api.localhost": "failed|backoff|crash_loop"}
    wait_for_sites(product, running | failing)
    for path in ("/stock", "/stock", "/slow", "/cart", "/stock", "/cart", "/slow"):
        get_from_site(f"127.0.0.1:{product.sites_port}", "shop.localhost", path)


def sign_in(page: Page, product: Product) -> None:
    page.goto(product.origin + "/login")
    page.fill("#username", "admin")
    page.fill("#password", PASSWORD)
    page.click("text=Sign in >> nth=-1")
    page.wait_for_selector("h1")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
