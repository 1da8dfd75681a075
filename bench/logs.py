"""How soon a written line is an event, how soon the end of a large log is a page.

`python -m bench.logs` takes under 30 s, prints a table and writes bench/results/logs.json.
"""

import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from app.logs.entries import fold
from app.logs.files import Page, read_tail
from app.logs.hub import LogHub
from app.models import LogLine
from components.logrows import render_rows

PACED_LINES = 200
PACE_SECONDS = 0.04
ROUNDS = 30
LARGE_LOG_BYTES = 200 * 1024 * 1024
RESULTS = Path(__file__).parent / "results" / "logs.json"
LINE = b'INFO:     127.0.0.1:52814 - "GET /shop/cart?item=%06d HTTP/1.1" 200 OK\n'


def milliseconds(samples: Sequence[float]) -> dict[str, float]:
    ordered = sorted(samples)
    return {
        "median_ms": round(statistics.median(ordered) * 1000, 3),
        "p99_ms": round(ordered[int(len(ordered) * 0.99) - 1] * 1000, 3),
        "max_ms": round(ordered[-1] * 1000, 3),
    }


def render(lines: Sequence[LogLine]) -> bytes:
    return render_rows(fold(lines)).encode()


async def measure_latency(path: Path) -> dict[str, float]:
    """From before the write until the event with the rendered row is yielded."""
    log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    hub = LogHub(render)
    stream = hub.subscribe(path)
    await anext(stream)
    samples = []
    for number in range(PACED_LINES):
        event = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(PACE_SECONDS)
        started = time.perf_counter()
        os.write(log, LINE % number)
        await event
        samples.append(time.perf_counter() - started)
    os.close(log)
    await hub.close()
    return milliseconds(samples)


def write_large_log(path: Path) -> None:
    block = b"".join(LINE % number for number in range(10_000))
    with path.open("wb") as log:
        for _ in range(LARGE_LOG_BYTES // len(block)):
            log.write(block)


def timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def measure_tail(path: Path) -> tuple[dict[str, float], Page]:
    """The first reading counts all lines of the file, the later ones only what is new."""
    write_large_log(path)
    first = timed(lambda: read_tail(path))
    samples = [timed(lambda: read_tail(path)) for _ in range(ROUNDS)]
    return {"first_ms": round(first * 1000, 3), **milliseconds(samples)}, read_tail(path)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        latency = asyncio.run(measure_latency(Path(folder) / "paced.log"))
        tail, page = measure_tail(Path(folder) / "large.log")
    rendering = milliseconds([timed(lambda: render_rows(fold(page.lines))) for _ in range(ROUNDS)])
    results = {
        f"line written to event yielded, {PACED_LINES} paced lines": latency,
        f"last 500 lines of {LARGE_LOG_BYTES // 2**20} MiB, warm": tail,
        "500 rows rendered": rendering,
    }
    for name, figures in results.items():
        print(f"{name:50}", "  ".join(f"{key} {value}" for key, value in figures.items()))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
