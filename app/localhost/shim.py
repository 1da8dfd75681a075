"""The process between the local host and one site: starts the command and keeps its output.

It outlives the daemon: the pipes of the site end here, so no output is lost while the daemon is
away or restarted. SIGTERM asks it to stop the site. Standard library only and few imports, since
there is one such process per site.
"""

import json
import os
import resource
import select
import signal
import time

from app.localhost.plan import Plan
from app.localhost.processes import HAS_PROC, members, start_of
from app.localhost.rotating import RotatingLog

READ_BYTES = 64 * 1024
OPEN_FILES = 4096
DRAIN_SECONDS = 1.0
"""How long processes that the site left behind may hold its pipes after it has ended."""
LAST_READ_SECONDS = 0.2
CANNOT_EXECUTE = 126
NOT_FOUND = 127
_STDOUT, _STDERR = 1, 2


def run(plan_json: str) -> int:
    """Run the site of the plan until it ends. Returns the shim's own exit code."""
    return Shim(Plan.from_json(plan_json)).run()


class Shim:
    """One run of one site. `record` in the plan always tells how far it got."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._error_log = _open_log(plan, plan.error_log)
        self._server_log = _open_log(plan, plan.server_log)
        # Both exist from the start, so that a silent site has empty logs rather than none.
        self._server_log.position()
        self._logs: dict[int, RotatingLog] = {}
        self._record: dict[str, object] = {
            "generation": plan.generation,
            "shim": {"pid": os.getpid(), "start": start_of(os.getpid())},
            "child": None,
            "started_at": time.time(),
            "error_log": self._error_log.position(),
            "exit": None,
        }
        self._stop_wanted = False
        self._kill_at: float | None = None
        self._wakeup = -1

    def run(self) -> int:
        self._catch_signals()
        try:
            child = self._spawn()
        except OSError as error:
            self._error_log.write(f"{error}\n".encode("utf-8", "backslashreplace"))
            self._note_exit(_code_of(error), None, error)
            return 1
        self._record["child"] = {"pid": child, "start": start_of(child)}
        self._write_record()
        _tell_daemon()
        status = self._follow(child)
        self._drain(child)
        code = os.waitstatus_to_exitcode(status)
        self._note_exit(code if code >= 0 else None, -code if code < 0 else None)
        return 0

    def _catch_signals(self) -> None:
        read_end, write_end = os.pipe()
        os.set_blocking(read_end, False)
        os.set_blocking(write_end, False)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)
        self._wakeup = read_end

    def _spawn(self) -> int:
        """Start the command in a process group of its own. Raises OSError if it cannot run."""
        os.chdir(self._plan.working_directory)
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        limit = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        output, error = self._pipe(self._server_log), self._pipe(self._error_log)
        argv = self._plan.argv
        previous = os.umask(self._plan.umask)
        try:
            return os.posix_spawn(
                argv[0],
                argv,
                os.environ,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, output, _STDOUT),
                    (os.POSIX_SPAWN_DUP2, error, _STDERR),
                ],
                setpgroup=0,
                setsigmask=(),
                setsigdef=(signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT),
            )
        finally:
            os.umask(previous)
            os.close(output)
            os.close(error)

    def _pipe(self, log: RotatingLog) -> int:
        """The write end of a pipe whose bytes go to `log`."""
        read_end, write_end = os.pipe()
        os.set_blocking(read_end, False)
        self._logs[read_end] = log
        return write_end

    def _follow(self, child: int) -> int:
        """Copy output until the child ends; returns its wait status."""
        while True:
            self._copy(self._milliseconds_to_kill())
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return status
            if self._kill_at is not None and time.monotonic() >= self._kill_at:
                _signal_group(child, signal.SIGKILL)
                self._kill_at = None
            if self._stop_wanted:
                self._stop_wanted = False
                _signal_group(child, signal.SIGTERM)
                self._kill_at = time.monotonic() + self._plan.stop_seconds

    def _milliseconds_to_kill(self) -> int | None:
        if self._kill_at is None:
            return None
        return max(0, int((self._kill_at - time.monotonic()) * 1000) + 1)

    def _drain(self, child: int) -> None:
        """Take what is left in the pipes, and end what is left of the group."""
        _signal_group(child, signal.SIGTERM)
        deadline = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < deadline and (self._logs or _group_lives(child)):
            self._copy(10)
        _signal_group(child, signal.SIGKILL)
        deadline = time.monotonic() + LAST_READ_SECONDS
        while time.monotonic() < deadline and self._logs and self._copy(0):
            pass
        self._server_log.close()

    def _copy(self, milliseconds: int | None) -> bool:
        """Wait that long for output or a signal and take it. False if there was no output."""
        poll = select.poll()
        for descriptor in (self._wakeup, *self._logs):
            poll.register(descriptor, select.POLLIN)
        ready = [descriptor for descriptor, _ in poll.poll(milliseconds)]
        for descriptor in ready:
            data = os.read(descriptor, READ_BYTES)
            if descriptor == self._wakeup:
                self._stop_wanted = self._stop_wanted or signal.SIGTERM in data
            elif data:
                self._keep(self._logs[descriptor], data)
            else:
                os.close(descriptor)
                del self._logs[descriptor]
        return any(descriptor != self._wakeup for descriptor in ready)

    def _keep(self, log: RotatingLog, data: bytes) -> None:
        if not log.write(data):
            return
        for full in (self._error_log, self._server_log):
            if full.dropped:
                name = os.path.basename(full.path)
                text = f"\n[{full.dropped} bytes of {name} were not written: {full.failure}]\n"
                if self._error_log.write(text.encode()):
                    full.dropped = 0

    def _note_exit(
        self, code: int | None, number: int | None, error: OSError | None = None
    ) -> None:
        self._record["exit"] = {
            "code": code,
            "signal": number,
            "at": time.time(),
            "error": None if error is None else [error.errno, str(error.filename)],
        }
        self._write_record()
        self._error_log.close()

    def _write_record(self) -> None:
        unfinished = f"{self._plan.record}.{os.getpid()}"
        try:
            with open(unfinished, "w", encoding="utf-8") as file:
                json.dump(self._record, file)
            os.replace(unfinished, self._plan.record)
        except OSError as error:
            self._error_log.write(f"[The local host could not note a change: {error}]\n".encode())


def _open_log(plan: Plan, path: str) -> RotatingLog:
    return RotatingLog(path, os.path.join(plan.times_folder, os.path.basename(path)))


def _signal_group(group: int, number: int) -> bool:
    """Send a signal to every process of the group; False if it has none any more."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _group_lives(group: int) -> bool:
    """Zombies that nobody takes yet do not count."""
    if not _signal_group(group, 0):
        return False
    return not HAS_PROC or bool(members(os.getpid(), group))


def _code_of(error: OSError) -> int:
    return NOT_FOUND if isinstance(error, FileNotFoundError) else CANNOT_EXECUTE


def _tell_daemon() -> None:
    """The daemon waits for the end of this pipe before it reads the record."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, _STDOUT)
    os.close(null)
