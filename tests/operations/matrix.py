"""Changes of a command over crash points, faults and the age of reads: what each one comes to."""

import time
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from app.models import Operation, OperationState
from app.store.operations import Operations
from tests.fakes.pythonanywhere import FakePythonAnywhere, fake_pythonanywhere
from tests.fakes.troubles import Stop, Trouble
from tests.hosting.conftest import REMOTE
from tests.operations.child import child
from tests.operations.kit import NEW, OLD, OLD_SPEC, SHOP, opened, plan

DEADLINE = 30.0


@dataclass(frozen=True)
class Case:
    """`crash` is a call and a moment: `create before` means that the process is killed before the
    call does its work, which is then lost. `consistency` is how old reads are after a write."""

    crash: str
    fault: str
    consistency: str

    def __str__(self) -> str:
        return f"{self.crash}, {self.fault}, {self.consistency}"


@dataclass(frozen=True)
class Result:
    """How a case ended, or what was wrong with its end."""

    case: Case
    reached: bool
    state: str
    command: str
    seconds: float
    without_seconds: float | None
    problem: str


CRASHES = (
    "none",
    *(
        f"{call} {moment}"
        for call in ("get", "delete", "create", "certificate", "certify", "reload")
        for moment in ("before", "after")
    ),
)
CONSISTENCY = ("exact", "3 reads late", "0.4 s late")
FAULTS: dict[str, tuple[str, tuple[Trouble, ...]]] = {
    "none": ("", ()),
    "delete: 504, done": ("delete", (Trouble.TIMEOUT_AFTER,)),
    "delete: reset, not done": ("delete", (Trouble.RESET_BEFORE,)),
    "create: 504, done": ("create", (Trouble.TIMEOUT_AFTER,)),
    "create: reset, not done": ("create", (Trouble.RESET_BEFORE,)),
    "create: refused": ("create", (Trouble.COMMAND_REFUSED,)),
    "create: made without command": ("create", (Trouble.MADE_WITHOUT_COMMAND,)),
    "domain stays taken 0.6 s": ("", ()),
}
# Tried without a crash only.
MORE_FAULTS: dict[str, tuple[str, tuple[Trouble, ...]]] = {
    "delete: reset, done": ("delete", (Trouble.RESET_AFTER,)),
    "delete: 504, not done": ("delete", (Trouble.TIMEOUT_BEFORE,)),
    "delete: 500 twice, not done": ("delete", (Trouble.ERROR_BEFORE,) * 2),
    "delete: hangs, done": ("delete", (Trouble.HANG_AFTER,)),
    "delete: hangs, not done": ("delete", (Trouble.HANG_BEFORE,)),
    "delete: 429": ("delete", (Trouble.THROTTLED,)),
    "delete: refused": ("delete", (Trouble.PLAN_LIMIT,)),
    "create: reset, done": ("create", (Trouble.RESET_AFTER,)),
    "create: 504, not done": ("create", (Trouble.TIMEOUT_BEFORE,)),
    "create: 500, not done": ("create", (Trouble.ERROR_BEFORE,)),
    "create: hangs, done": ("create", (Trouble.HANG_AFTER,)),
    "create: hangs, not done": ("create", (Trouble.HANG_BEFORE,)),
    "create: 429": ("create", (Trouble.THROTTLED,)),
    "create: plan limit": ("create", (Trouble.PLAN_LIMIT,)),
    "create: refused three times": ("create", (Trouble.COMMAND_REFUSED,) * 3),
    "create: made disabled": ("create", (Trouble.MADE_DISABLED,)),
    "create: made without log files": ("create", (Trouble.MADE_WITHOUT_LOGS,)),
    "get: 504 three times": ("get", (Trouble.TIMEOUT_BEFORE,) * 3),
    "get: 429": ("get", (Trouble.THROTTLED,)),
    "reload: 504": ("reload", (Trouble.TIMEOUT_AFTER,)),
    "reload: refused": ("reload", (Trouble.PLAN_LIMIT,) * 6),
    "certify: 504, not done": ("certify", (Trouble.TIMEOUT_BEFORE,)),
    "certificate: 500": ("certificate", (Trouble.ERROR_BEFORE,)),
}
CASES = [
    *(Case(*each) for each in product(CRASHES, FAULTS, CONSISTENCY)),
    *(Case("none", *each) for each in product(MORE_FAULTS, CONSISTENCY)),
]
# One of each kind, for every run of the tests.
FEW = [
    Case("delete before", "none", "exact"),
    Case("delete after", "none", "3 reads late"),
    Case("create before", "delete: 504, done", "exact"),
    Case("create after", "create: 504, done", "0.4 s late"),
    Case("create after", "create: refused", "exact"),
    Case("reload before", "create: made without command", "exact"),
    Case("certify after", "domain stays taken 0.6 s", "exact"),
    Case("none", "create: hangs, done", "3 reads late"),
    Case("none", "delete: refused", "exact"),
    Case("none", "create: made disabled", "exact"),
]


def run(case: Case, folder: Path) -> Result:
    """One change from its entry in the journal to its end, with the crash on the way."""
    path = folder / "sitedeck.db"
    started = time.monotonic()
    with fake_pythonanywhere() as fake:
        prepare(fake, case)
        with opened(path) as database:
            plan(database)
            reached = crash(fake, case, path) if case.crash != "none" else True
            with child(path, fake.address):
                operation = ended(Operations(database))
        return judge(case, reached, operation, fake, time.monotonic() - started)


def prepare(fake: FakePythonAnywhere, case: Case) -> None:
    fake.limit = None
    fake.add_site(SHOP, OLD)
    fake.add_certificate(SHOP)
    call, troubles = (FAULTS | MORE_FAULTS)[case.fault]
    fake.trouble(call, *troubles)
    fake.reserved_seconds = 0.6 if "taken" in case.fault else 0.0
    fake.late.reads = 3 if "reads" in case.consistency else 0
    fake.late.seconds = 0.4 if case.consistency == "0.4 s late" else 0.0


def crash(fake: FakePythonAnywhere, case: Case, path: Path) -> bool:
    """Kills the process at the call; False if the operation ended without it."""
    stop = fake.stops[case.crash] = Stop(is_dropped=case.crash.endswith("before"))
    with child(path, fake.address), opened(path) as database:
        operations = Operations(database)
        deadline = time.monotonic() + DEADLINE
        while not stop.reached.wait(0.02):
            if not operations.open() or time.monotonic() > deadline:
                break
    fake.stops.clear()
    stop.go.set()
    return stop.reached.is_set()


def ended(operations: Operations) -> Operation:
    deadline = time.monotonic() + DEADLINE
    while True:
        operation = operations.latest(REMOTE.id, SHOP)
        assert operation is not None
        if not operation.state.is_open or time.monotonic() > deadline:
            return operation
        time.sleep(0.02)


def judge(
    case: Case, reached: bool, operation: Operation, fake: FakePythonAnywhere, seconds: float
) -> Result:
    website = fake.websites.get(SHOP)
    command = website["webapp"]["command"] if website else "no site"
    return Result(
        case,
        reached,
        operation.state.value,
        {OLD: "old", NEW: "new"}.get(command, command),
        round(seconds, 2),
        operation.without_seconds and round(operation.without_seconds, 2),
        problem_of(operation, fake, command),
    )


def problem_of(operation: Operation, fake: FakePythonAnywhere, command: str) -> str:
    """Empty if the new command runs, or the old one again, as it was set, and all is kept."""
    expected = {OperationState.DONE: NEW, OperationState.RESTORED: OLD}.get(operation.state)
    if expected is None:
        return f"it ended {operation.state}: {operation.reason or operation.note}"
    if command != expected:
        return f"it ended {operation.state}, but the command is {command}"
    if not fake.websites[SHOP]["enabled"]:
        return "the site is disabled"
    if fake.certificates.get(SHOP, {}).get("cert_type") != OLD_SPEC.certificate:
        return "the certificate is missing"
    if operation.old != OLD_SPEC or operation.new is None or operation.new.command != NEW:
        return "a specification was lost"
    return ""
