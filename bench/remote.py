"""Calls to a remote account's API with many viewers: `python -m bench.remote`. Takes 4 minutes.

Targets: with 10 viewers on 5 logs at most 36 calls a minute to any class, and a person's click
goes out within 2 s; with one viewer on one log of moderate size a line is seen within 3 s. The API
is the tests' PythonAnywhere on a real socket, with its limit of 40 calls a minute.
"""

import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx2

from tests.fakes.faults import Fault
from tests.fakes.pythonanywhere import (
    CLASSES,
    TOKEN,
    USER,
    FakePythonAnywhere,
    fake_pythonanywhere,
)
from tests.process import Product, open_stream, signed_in_client
from tests.support import attribute, eventually, one, parse

RESULTS = Path(__file__).parent / "results" / "remote.json"
DOMAINS = [f"site{number}.example.org" for number in range(5)]
VIEWERS = 10
LINES = 20
WATCHED_SECONDS = 120.0
LOG_LINE = b'INFO:      - "GET /stock HTTP/1.1" 200 OK\n'
MODERATE_BYTES = 256 * 1024
Figures = dict[str, float]


class Viewer:
    """An open log page: notes when each event of its stream came, by this machine's clock."""

    def __init__(self, client: httpx2.Client, domain: str) -> None:
        self.events: list[tuple[float, str]] = []
        page = client.get(f"/accounts/acme/sites/{domain}/logs")
        path = attribute(one(parse(page.text), "body"), "sse-connect")
        self._thread = threading.Thread(target=self._read, args=(client, path), daemon=True)
        self._thread.start()

    def _read(self, client: httpx2.Client, path: str) -> None:
        # The stream ends with the product.
        with suppress(httpx2.HTTPError), open_stream(client, path) as events:
            for _, _, data in events:
                self.events.append((time.monotonic(), data))

    def saw(self, text: str) -> float | None:
        return next((at for at, data in self.events.copy() if text in data), None)


@contextmanager
def watched() -> Iterator[tuple[FakePythonAnywhere, httpx2.Client]]:
    """A product with one remote account of five sites, whose logs are of moderate size."""
    with ExitStack() as stack:
        fake = stack.enter_context(fake_pythonanywhere())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sitedeck-")))
        for domain in DOMAINS:
            fake.add_site(domain)
            fake.write_log(domain, LOG_LINE * (MODERATE_BYTES // len(LOG_LINE)))
        product = Product(
            folder / "data",
            SITEDECK_API_HOSTS=f"lab={fake.address}",
            SITEDECK_LOCAL_HOST="off",
            SITEDECK_STREAMS_PER_SESSION="20",
        )
        stack.callback(product.close)
        product.start()
        client = stack.enter_context(signed_in_client(product))
        form = {"label": "Acme", "host": "lab", "username": USER, "token": TOKEN}
        assert client.post("/accounts", data=form).status_code == 303
        eventually(lambda: DOMAINS[0] in client.get("/").text, "the sites are listed")
        yield fake, client


def seen_after(knows_ranges: bool) -> Figures:
    """Seconds from a line in the log at the host to the same line in the one viewer's stream."""
    with watched() as (fake, client):
        fake.files.knows_ranges = knows_ranges
        viewer = Viewer(client, DOMAINS[0])
        fake.write_log(DOMAINS[0], b"begin\n")
        eventually(lambda: viewer.saw("begin"), "the first line", 30)
        taken = []
        for number in range(LINES):
            text = f"line number {number} of the bench"
            written = time.monotonic()
            fake.write_log(DOMAINS[0], f"{text}\n".encode())
            seen = eventually(lambda text=text: viewer.saw(text), text, 30)  # type: ignore[misc]
            assert seen is not None
            taken.append(seen - written)
            # At another moment of the poller's pace each time.
            time.sleep(0.37 + number * 0.13 % 1.9)
    return {
        "lines": LINES,
        "median_s": round(statistics.median(taken), 2),
        "max_s": round(max(taken), 2),
    }


def click(fake: FakePythonAnywhere, client: httpx2.Client) -> float:
    """Seconds from a person's click on Reload to its arrival at the API."""
    calls = len(fake.calls)
    started = time.monotonic()
    client.post(f"/accounts/acme/sites/{DOMAINS[0]}/reload")
    return next(call.at for call in fake.calls[calls:] if call.method == "POST") - started


def clicks(count: int, pause: float, make: Callable[[], float]) -> Figures:
    taken = []
    for _ in range(count):
        taken.append(make())
        time.sleep(pause)
    return {
        "clicks": count,
        "median_s": round(statistics.median(taken), 3),
        "max_s": round(max(taken), 3),
    }


def many_viewers() -> dict[str, Figures]:
    with watched() as (fake, client):
        viewers = [Viewer(client, DOMAINS[number % 5]) for number in range(VIEWERS)]
        for domain in DOMAINS:
            fake.write_log(domain, f"begin {domain}\n".encode())
        eventually(
            lambda: all(viewer.saw("begin") for viewer in viewers), "every viewer has a line", 60
        )
        pause = 4.0
        figures = clicks(int(WATCHED_SECONDS / pause), pause, lambda: click(fake, client))
        most: Figures = {name: fake.most_in_a_minute(name) for name in CLASSES}
        fake.faults["files"] = Fault.HANG
        time.sleep(2 * pause)
        hanging = clicks(5, 1.0, lambda: click(fake, client))
    return {
        "most calls in any minute": most,
        "a click goes out": figures,
        "a click goes out while the log calls hang": hanging,
    }


def main() -> None:
    results: dict[str, Figures | dict[str, Figures]] = {
        "one viewer, whole files": seen_after(False),
        "one viewer, ranges": seen_after(True),
        f"{VIEWERS} viewers on {len(DOMAINS)} logs": many_viewers(),
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
