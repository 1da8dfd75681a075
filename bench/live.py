"""From a line written to the line in the page: `python -m bench.live`. Target: 300 ms.

Real Chromium on a live error log; the page notes when a row appears, this process when it was
written, both by the same machine's clock.
"""

import json
import statistics
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from app.localhost.paths import HostPaths
from app.models import LogKind, LogName
from bench.demo import add_site, demo, wait_for_sites
from bench.screenshot import DESKTOP, sign_in
from tests.browser.conftest import launch

RESULTS = Path(__file__).parent / "results" / "live.json"
LINES = 100
OBSERVE = """() => {
  window.seen = {};
  new MutationObserver((records) => {
    const now = performance.timeOrigin + performance.now();
    for (const record of records) for (const node of record.addedNodes) {
      const match = node.textContent?.match(/paced line (\\d+)/);
      if (match) window.seen[match[1]] ??= now;
    }
  }).observe(document.getElementById("log"), { childList: true });
}"""


def main() -> None:
    with demo() as (product, _), sync_playwright() as playwright:
        add_site(product, "shop.localhost")
        wait_for_sites(product, {"shop.localhost": "running"})
        log = HostPaths(product.data / "host").log_file("shop.localhost", LogName(LogKind.ERROR))
        browser = launch(playwright)
        page = browser.new_page(viewport=DESKTOP)
        sign_in(page, product)
        page.goto(f"{product.origin}/accounts/local/sites/shop.localhost/logs")
        page.wait_for_selector("#conn[data-c=live]")
        page.evaluate(OBSERVE)
        written = {}
        with log.open("a", buffering=1) as file:
            for number in range(LINES):
                written[str(number)] = time.time() * 1000
                file.write(f"paced line {number}\n")
                page.wait_for_timeout(50)
        page.wait_for_timeout(500)
        seen = page.evaluate("window.seen")
        browser.close()
    taken = sorted(seen[number] - written[number] for number in written)
    results = {
        "lines": LINES,
        "lost": LINES - len(seen),
        "median_ms": round(statistics.median(taken), 1),
        "p99_ms": round(taken[int(len(taken) * 0.99)], 1),
        "max_ms": round(taken[-1], 1),
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
