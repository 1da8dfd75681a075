"""From a clean clone to the first page: `python -m bench.startup`.

Targets: under 2 minutes including the installation, under 3 s the second time. Needs the network
that `make run` needs.
"""

import json
import os
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.support import free_port

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results" / "startup.json"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="sitedeck-") as temporary:
        clone = Path(temporary) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        environment = os.environ | {
            "SITEDECK_LISTEN": f"127.0.0.1:{free_port()}",
            "SITEDECK_SITES_LISTEN": f"127.0.0.1:{free_port()}",
        }
        try:
            results = {
                "first_page_after_clone_s": start_and_end(clone, environment),
                "second_start_s": start_and_end(clone, environment),
            }
        finally:
            subprocess.run(["make", "--quiet", "stop"], cwd=clone, env=environment, check=True)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


def start_and_end(clone: Path, environment: dict[str, str]) -> float:
    """Seconds from `make run` to the first page; ends the dashboard as Ctrl+C does."""
    start = time.monotonic()
    process = subprocess.Popen(["make", "run"], cwd=clone, env=environment, start_new_session=True)
    while not answers(f"http://{environment['SITEDECK_LISTEN']}/setup"):
        assert process.poll() is None, "make run ended"
        time.sleep(0.01)
    taken = round(time.monotonic() - start, 2)
    os.killpg(process.pid, signal.SIGINT)
    process.wait(10)
    return taken


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError):
        return False


if __name__ == "__main__":
    main()
