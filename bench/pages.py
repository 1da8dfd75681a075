"""Server time of the overview with 20 sites and of its clicks: `python -m bench.pages`.

Measured from a client on the same machine, so the network's share is in it; a static file of the
same run is the yardstick. Targets: overview under 30 ms, a click's answer under 50 ms (medians).
"""

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import httpx2

from bench.demo import add_site, demo, wait_for_sites

RESULTS = Path(__file__).parent / "results" / "pages.json"
SITES = 20
FROM_ROW = {"hx-request": "true", "hx-target": "site-local-site-0_localhost"}


def main() -> None:
    with demo() as (product, client):
        domains = [f"site-{number}.localhost" for number in range(SITES)]
        for domain in domains:
            add_site(product, domain)
        wait_for_sites(product, dict.fromkeys(domains, "running"))
        results = measure(client)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


def measure(client: httpx2.Client) -> dict[str, dict[str, float]]:
    site = "/accounts/local/sites/site-0.localhost"
    results = {
        "static file": timed(200, lambda: client.get("/static/css/base.css")),
        "overview, 20 sites": timed(200, lambda: client.get("/")),
        "site page": timed(200, lambda: client.get(site)),
        "log page": timed(200, lambda: client.get(f"{site}/logs")),
        "disable": timed(10, lambda: click(client, site, "disable"), lambda: settle(client, site)),
        "enable": timed(10, lambda: click(client, site, "enable"), lambda: settle(client, site)),
        "reload": timed(10, lambda: click(client, site, "reload"), lambda: settle(client, site)),
    }
    yardstick = results["static file"]["median_ms"]
    for figures in results.values():
        figures["x_static_file"] = round(figures["median_ms"] / yardstick, 1)
    return results


def click(client: httpx2.Client, site: str, action: str) -> httpx2.Response:
    return client.post(f"{site}/{action}", headers=FROM_ROW)


def settle(client: httpx2.Client, site: str) -> None:
    """Not counted: the site is brought back to running before the next click."""
    if 'data-s="disabled"' in client.get(site).text:
        click(client, site, "enable")
    while 'data-s="running"' not in client.get(site).text:
        time.sleep(0.05)


def timed(
    rounds: int, call: Callable[[], httpx2.Response], between: Callable[[], None] | None = None
) -> dict[str, float]:
    """Milliseconds of so many calls, after three that warm up."""
    taken = []
    for number in range(rounds + 3):
        start = time.perf_counter()
        answer = call()
        end = time.perf_counter()
        assert answer.status_code == 200, answer.status_code
        if number >= 3:
            taken.append((end - start) * 1000)
        if between is not None:
            between()
    return {
        "median_ms": round(statistics.median(taken), 2),
        "max_ms": round(max(taken), 2),
    }


if __name__ == "__main__":
    main()
