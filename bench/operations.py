"""Changes of a command under faults: `python -m bench.operations`, results in bench/results/.

Every crash point with the main faults and three ages of reads, and every fault without a crash. A
crash is kill -9 of the process that works on the operation, while the API holds its call.
"""

import json
import statistics
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from tests.operations.matrix import CASES, Case, Result, run

RESULTS = Path(__file__).with_name("results")
SIDE_BY_SIDE = 3


def main() -> None:
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        results = list(pool.map(run_case, CASES))
    failed = [result for result in results if result.problem]
    RESULTS.mkdir(exist_ok=True)
    table = [{**asdict(result.case), **_fields(result)} for result in results]
    rows = ",\n".join(json.dumps(row) for row in table)
    (RESULTS / "operations.json").write_text(f"[\n{rows}\n]\n")
    (RESULTS / "operations.md").write_text(_markdown(results))
    print(_summary(results))
    for result in failed:
        print(f"{result.case}: {result.problem}")


def run_case(case: Case) -> Result:
    with tempfile.TemporaryDirectory(prefix="sitedeck-") as folder:
        return run(case, Path(folder))


def _fields(result: Result) -> dict[str, object]:
    fields = asdict(result)
    del fields["case"]
    return fields


def _summary(results: list[Result]) -> str:
    good = sum(not result.problem for result in results)
    crashed = sum(result.reached and result.case.crash != "none" for result in results)
    ends = Counter(result.state for result in results)
    absences = [result.without_seconds for result in results if result.without_seconds is not None]
    return (
        f"{good} of {len(results)} runs ended well, {crashed} with a kill -9 on the way: "
        f"{ends['done']} with the new command, {ends['restored']} with the old one put back. "
        f"Without the site: median {statistics.median(absences):.2f} s, most {max(absences):.2f} s "
        "(waits shortened, see PACE in tests/operations/kit.py)."
    )


def _markdown(results: list[Result]) -> str:
    rows = [
        f"| {result.case.crash}{'' if result.reached else ' (not reached)'} | {result.case.fault}"
        f" | {result.case.consistency} | {result.state} | {result.command}"
        f" | {result.seconds} | {result.without_seconds} | {result.problem or 'well'} |"
        for result in results
    ]
    head = (
        "| kill -9 at | fault | reads | journal | command | seconds | without the site, s | end |\n"
        "|---|---|---|---|---|---|---|---|"
    )
    return "\n".join(
        ["# Changes of a command under faults", "", _summary(results), "", head, *rows, ""]
    )


if __name__ == "__main__":
    main()
