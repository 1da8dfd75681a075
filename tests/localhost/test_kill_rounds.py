"""Many kills at random moments: in the end every site runs exactly once and answers."""

import contextlib
import os
import random
import signal
from functools import partial
from pathlib import Path

import pytest

from tests.localhost.host_kit import PID_SITE, LocalHost, wait_until

DOMAINS = ("one.localhost", "two.localhost", "three.localhost")
ROUNDS = 60


def running(program: Path) -> list[int]:
    """Processes that execute this program, their shims not counted."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            arguments = (folder / "cmdline").read_bytes().split(b"\0")
            if arguments[-2:-1] == [bytes(program)]:
                found.append(int(folder.name))
    return found


def runs_once(program: Path) -> bool:
    return len(running(program)) == 1


def kill_something(host: LocalHost, chance: random.Random) -> None:
    """kill -9 of a site, a shim or the daemon, whatever state they are in."""
    record = host.record(chance.choice(DOMAINS))
    victims = [record.shim] + ([record.child] if record.child else [])
    if chance.random() < 0.3:
        host.kill()
        host.start()
        return
    victim = chance.choice(victims)
    if victim.is_running():
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim.pid, signal.SIGKILL)


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_many_kills_each_site_runs_exactly_once(host: LocalHost, seed: int) -> None:
    programs = {domain: host.programs / f"{domain}.py" for domain in DOMAINS}
    for domain in DOMAINS:
        host.create(domain, host.program(PID_SITE, domain))
    for domain in DOMAINS:
        host.wait_for_state("running", domain)
    chance = random.Random(seed)
    for _ in range(ROUNDS):
        kill_something(host, chance)
    # A new daemon knows no back-off, so nobody has to wait for one.
    host.terminate()
    host.start()
    for domain, program in programs.items():
        status = host.wait_for_state("running", domain, 40)
        wait_until(partial(runs_once, program))
        assert running(program) == [status["pid"]]
        assert host.visit(domain).body == str(status["pid"]).encode()
