"""Starts shims, finds them again after a restart of the daemon, and ends them."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.localhost import processes
from app.localhost.command import split_command
from app.localhost.paths import HostPaths
from app.localhost.plan import Plan
from app.localhost.records import Process, RunRecord, read_record
from app.localhost.specs import SiteSpec
from app.localhost.watch import process_end, reap
from app.models import LogKind, LogName

_ENTRY = Path(__file__).with_name("start_shim.py")
_INHERITED = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ")
SHIM_SLACK = 3.0
"""Seconds a shim may take, beyond the site's own time to stop, before it is killed."""


@dataclass(frozen=True, slots=True)
class SiteProcess:
    """One run of a site: its shim, where the site listens, and where the shim keeps its record."""

    generation: int
    shim: Process
    socket_path: str
    record_path: Path

    def record(self) -> RunRecord | None:
        """What the shim has noted about this run so far."""
        record = read_record(self.record_path)
        return record if record is not None and record.generation == self.generation else None

    async def wait(self) -> RunRecord | None:
        """Return when the run is over and nothing of it is left, with its last record."""
        await process_end(self.shim.pid, self.shim.start)
        record = self.record()
        if record is None or record.exit is None:
            # The shim was killed: its site has lost its output and its keeper.
            kill_leftovers(self.shim.pid, record.child if record else None)
        # Last, because until then the shim's pid cannot get a new owner.
        reap(self.shim.pid)
        return record

    async def stop(self, seconds: float) -> None:
        """Ask the site to end, kill it after `seconds`. Returns when it is gone."""
        try:
            async with asyncio.timeout(seconds + SHIM_SLACK):
                self._signal(signal.SIGTERM)
                await self.wait()
        except TimeoutError:
            self._signal(signal.SIGKILL)
            await self.wait()

    def _signal(self, number: int) -> None:
        if self.shim.is_running():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.shim.pid, number)


@dataclass(frozen=True, slots=True)
class Launcher:
    """Starts runs of sites with settings that are the same for all of them.

    `stop_seconds` is what a site gets between SIGTERM and SIGKILL; `umask` is the user's own.
    """

    paths: HostPaths
    stop_seconds: float
    umask: int

    def launch(self, spec: SiteSpec, generation: int) -> tuple[SiteProcess, int]:
        """Start a run. The pipe (a descriptor to close) ends when the start is in the record.

        Raises InvalidInput for a command that cannot be split, OSError if no process can start.
        """
        socket_path = self.paths.site_socket(spec.domain_name, generation)
        environment = site_environment(str(socket_path))
        argv = split_command(spec.command, environment)
        plan = self._plan(spec, generation, argv, environment["HOME"])
        socket_path.unlink(missing_ok=True)
        pid, started = _spawn_shim(plan, environment)
        shim = Process(pid, processes.start_of(pid))
        record_path = self.paths.record_file(spec.domain_name)
        return SiteProcess(generation, shim, str(socket_path), record_path), started

    def adopt(self, spec: SiteSpec) -> SiteProcess | None:
        """The run that an earlier daemon left, if its shim lives. Ends what a dead shim left."""
        path = self.paths.record_file(spec.domain_name)
        record = read_record(path)
        if record is None:
            return None
        if record.shim.is_running():
            socket_path = self.paths.site_socket(spec.domain_name, record.generation)
            return SiteProcess(record.generation, record.shim, str(socket_path), path)
        if record.exit is None and record.child is not None:
            kill_leftovers(record.shim.pid, record.child)
        return None

    def end_stray(self, record_path: Path) -> None:
        """End the run of a site that no longer exists, and remove what it left on the disk."""
        record = read_record(record_path)
        if record is not None and record.shim.is_running():
            with contextlib.suppress(ProcessLookupError):
                os.kill(record.shim.pid, signal.SIGTERM)
        elif record is not None and record.exit is None and record.child is not None:
            kill_leftovers(record.shim.pid, record.child)
        for path in (record_path, *self.paths.sockets.glob(f"{record_path.stem}.*.sock")):
            path.unlink(missing_ok=True)

    def publish(self, domain: str, process: SiteProcess) -> None:
        """Point the site's `current` link to this run, and remove the sockets of earlier ones."""
        current = self.paths.current_socket(domain)
        unfinished = current.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        unfinished.symlink_to(os.path.basename(process.socket_path))
        os.replace(unfinished, current)
        for path in self._sockets(domain):
            if path != current and str(path) != process.socket_path:
                path.unlink(missing_ok=True)

    def clean(self, domain: str) -> None:
        """Remove every socket of the site."""
        for path in self._sockets(domain):
            path.unlink(missing_ok=True)

    def _sockets(self, domain: str) -> list[Path]:
        current = self.paths.current_socket(domain)
        prefix = current.name.partition(".")[0]
        return list(current.parent.glob(f"{prefix}.*.sock"))

    def _plan(self, spec: SiteSpec, generation: int, argv: list[str], home: str) -> Plan:
        domain = spec.domain_name
        return Plan(
            argv=argv,
            working_directory=spec.working_directory or home,
            error_log=str(self.paths.log_file(domain, LogName(LogKind.ERROR))),
            server_log=str(self.paths.log_file(domain, LogName(LogKind.SERVER))),
            times_folder=str(self.paths.times_folder),
            record=str(self.paths.record_file(domain)),
            generation=generation,
            stop_seconds=self.stop_seconds,
            umask=self.umask,
        )


def site_environment(socket_path: str) -> dict[str, str]:
    """The whole environment of a site: built here, never the daemon's own."""
    environment = {name: os.environ[name] for name in _INHERITED if os.environ.get(name)}
    environment.setdefault("PATH", os.defpath)
    environment.setdefault("HOME", os.path.expanduser("~"))
    return {
        **environment,
        "DOMAIN_SOCKET": socket_path,
        # Only our proxy reaches the socket, and it replaces what clients claim.
        "FORWARDED_ALLOW_IPS": "*",
        "PYTHONUNBUFFERED": "1",
    }


def kill_leftovers(session: int, child: Process | None) -> None:
    """Kill what a dead shim left behind: its session, narrowed to the site's group if known."""
    if child is not None and child.is_running():
        _kill_group(child.pid)
    for pid in processes.members(session, child.pid if child else None):
        if pid != session:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _spawn_shim(plan: Plan, environment: Mapping[str, str]) -> tuple[int, int]:
    """Its pid, and the read end of a pipe that closes when the record of the start is written."""
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)
    try:
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-I", "-S", str(_ENTRY), plan.to_json()],
            environment,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, write_end, 1),
            ],
            setsid=True,
            setsigmask=(),
            setsigdef=(signal.SIGINT, signal.SIGTERM),
        )
    except BaseException:
        os.close(read_end)
        raise
    finally:
        os.close(write_end)
    return pid, read_end
