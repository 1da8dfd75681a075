"""How soon a remote account is in use again: `python -m bench.recovery`. Takes about 5 minutes.

Target: within 30 s of the API's return, by itself, while somebody looks. Measured from the return
of the API to the account that is connected again, and to a log line that was written meanwhile.
"""

import json
import time
from pathlib import Path

from bench.remote import DOMAINS, Figures, Viewer, watched
from tests.fakes.faults import Fault
from tests.support import eventually, one, parse

RESULTS = Path(__file__).parent / "results" / "recovery.json"
AWAY_SECONDS = 45.0
FAULTS = (Fault.HTML_502, Fault.GARBAGE, Fault.RESET, Fault.HANG, Fault.DRIP)


def recovery(fault: Fault) -> Figures:
    with watched() as (fake, client):
        viewer = Viewer(client, DOMAINS[0])
        fake.write_log(DOMAINS[0], b"begin\n")
        eventually(lambda: viewer.saw("begin"), "the first line", 30)

        def badge() -> str:
            return one(parse(client.get("/accounts").text), ".card-head .badge").get_text()

        fake.fail(fault)
        before = len(fake.calls)
        away = time.monotonic()
        eventually(lambda: badge() == "Needs attention", "the failure is seen", 60)
        noticed = time.monotonic() - away
        fake.write_log(DOMAINS[0], b"written meanwhile\n")
        time.sleep(max(AWAY_SECONDS - noticed, 0))
        calls = len(fake.calls) - before
        fake.fail(None)
        back = time.monotonic()
        eventually(lambda: badge() == "Connected", "the account is connected", 120)
        connected = time.monotonic() - back
        seen = eventually(lambda: viewer.saw("written meanwhile"), "the line", 120)
        assert seen is not None
    return {
        "noticed_s": round(noticed, 1),
        "calls_while_away": calls,
        "connected_s": round(connected, 1),
        "line_seen_s": round(max(seen - back, 0.0), 1),
    }


def main() -> None:
    results = {fault.value: recovery(fault) for fault in FAULTS}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
