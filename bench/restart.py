"""How soon a killed site is back: `python -m bench.restart`, results in bench/results/.

Kills the process of a running site with signal 9 and measures until its new process exists. Each
run begins with a fresh back-off, so each is a first restart.
"""

import json
import os
import signal
import statistics
import tempfile
import time
from pathlib import Path

from tests.localhost.host_kit import HELLO, WEBSITES, LocalHost, local_host, wait_until

RUNS = 20
TARGET_MS = 100
RESULTS = Path(__file__).with_name("results") / "restart.json"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="sd") as folder, local_host(Path(folder)) as host:
        host.start()
        host.run_hello()
        times = [first_restart(host) for _ in range(RUNS)]
    result = {
        "measure": "ms from kill -9 of the site's process until its new process exists",
        "runs": RUNS,
        "target_max": TARGET_MS,
        "median": round(statistics.median(times), 1),
        "max": round(max(times), 1),
        "all": [round(value, 1) for value in times],
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=1) + "\n")
    print(f"{'runs':>6} {'median ms':>10} {'max ms':>8} {'target':>8}")
    print(f"{RUNS:>6} {result['median']:>10} {result['max']:>8} {f'<= {TARGET_MS}':>8}")


def first_restart(host: LocalHost) -> float:
    """Milliseconds of one restart, after a reload that clears the back-off."""
    before = host.status()["generation"]
    host.call("POST", f"{WEBSITES}{HELLO}/reload/")
    wait_until(lambda: host.status()["generation"] > before)
    pid = host.wait_for_state("running")["pid"]
    killed_at = time.perf_counter()
    os.kill(pid, signal.SIGKILL)
    while child_pid(host) in (None, pid):
        # Short, because the steps of the measurement add to the figure.
        time.sleep(0.001)
    elapsed = time.perf_counter() - killed_at
    host.wait_for_state("running")
    return elapsed * 1000


def child_pid(host: LocalHost) -> int | None:
    child = host.record().child
    return child.pid if child else None


if __name__ == "__main__":
    main()
