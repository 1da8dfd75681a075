"""Server time of the pages while an account's API does not work: `python -m bench.hanging`.

Target: every page under 50 ms (median) while the API hangs, answers after ten seconds, or answers
garbage. It is the tests' PythonAnywhere on a real socket. A static file of the same minute is the
yardstick.
"""

import json
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx2

from bench.pages import timed
from tests.fakes.faults import Fault
from tests.fakes.pythonanywhere import TOKEN, USER, FakePythonAnywhere, fake_pythonanywhere
from tests.process import Product, signed_in_client
from tests.support import eventually

RESULTS = Path(__file__).parent / "results" / "hanging.json"
DOMAIN = "shop.example.org"
SITE = f"/accounts/acme/sites/{DOMAIN}"
STATIC = "/static/css/base.css"
PAGES = (
    "/",
    "/sites/new",
    "/accounts",
    "/accounts/new",
    "/activity",
    SITE,
    f"{SITE}/logs",
    f"{SITE}/settings",
    f"{SITE}/activity",
)
ROUNDS = 100
TARGET_MS = 50.0

Figures = dict[str, dict[str, float]]


class TenSeconds(threading.Event):
    """Holds every call that waits for it for so long."""

    def wait(self, timeout: float | None = None) -> bool:
        time.sleep(10)
        return True


def works(fake: FakePythonAnywhere) -> None:
    """The API answers as it should."""


def hangs(fake: FakePythonAnywhere) -> None:
    fake.fail(Fault.HANG)


def is_slow(fake: FakePythonAnywhere) -> None:
    fake.holds["GET"] = TenSeconds()


def answers_garbage(fake: FakePythonAnywhere) -> None:
    fake.fail(Fault.GARBAGE)


CASES = {"works": works, "hangs": hangs, "slow": is_slow, "garbage": answers_garbage}


def main() -> None:
    results = {name: measured(begin) for name, begin in CASES.items()}
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))
    for name, figures in results.items():
        slowest = max(figures[page]["median_ms"] for page in PAGES)
        verdict = "met" if slowest < TARGET_MS else "MISSED"
        print(f"{name}: the slowest page takes {slowest} ms, target {TARGET_MS} ms: {verdict}")


def measured(begin: Callable[[FakePythonAnywhere], None]) -> Figures:
    """A dashboard of its own, so that nothing of the case before is left."""
    with fake_pythonanywhere() as fake, tempfile.TemporaryDirectory(prefix="sitedeck-") as folder:
        fake.add_site(DOMAIN, "/home/alice/serve")
        product = Product(Path(folder) / "data", SITEDECK_API_HOSTS=f"lab={fake.address}")
        product.start()
        try:
            with signed_in_client(product) as client:
                form = {"label": "Acme", "host": "lab", "username": USER, "token": TOKEN}
                assert client.post("/accounts", data=form).status_code == 303
                eventually(lambda: DOMAIN in client.get("/").text, "the site is listed")
                begin(fake)
                # Somebody looks, so the account is polled; from the next call on it is measured.
                calls = fake.count("websites")
                eventually(lambda: fake.count("websites") > calls, "a call under way", 30)
                return pages(client)
        finally:
            product.close()


def pages(client: httpx2.Client) -> Figures:
    figures = {path: timed(ROUNDS, partial(client.get, path)) for path in (STATIC, *PAGES)}
    for page in figures.values():
        page["x_static_file"] = round(page["median_ms"] / figures[STATIC]["median_ms"], 1)
    return figures


if __name__ == "__main__":
    main()
