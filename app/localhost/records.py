"""What a shim has noted about a run of its site, read back and checked."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.localhost import processes


@dataclass(frozen=True, slots=True)
class Process:
    """A process that can be recognised later; `start` is the text of `processes.start_of`."""

    pid: int
    start: str

    def is_running(self) -> bool:
        return processes.is_running(self.pid, self.start)


@dataclass(frozen=True, slots=True)
class RunExit:
    """How a run ended, at Unix time `at`: exit `code`, or `signal` number.

    `error` is the system's error number and the file it names if the command could not be run.
    """

    code: int | None
    signal: int | None
    at: float
    error: tuple[int, str] | None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run of a site. `error_log` is inode and size of its error log when the run began."""

    generation: int
    shim: Process
    child: Process | None
    started_at: float
    error_log: tuple[int, int]
    exit: RunExit | None


def read_record(path: Path) -> RunRecord | None:
    """The record at `path`; None if there is none or it cannot be understood."""
    try:
        content = json.loads(path.read_bytes())
        return _record(content)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _record(content: dict[str, Any]) -> RunRecord:
    child, ended = content["child"], content["exit"]
    inode, size = content["error_log"]
    return RunRecord(
        generation=int(content["generation"]),
        shim=_process(content["shim"]),
        child=None if child is None else _process(child),
        started_at=float(content["started_at"]),
        error_log=(int(inode), int(size)),
        exit=None if ended is None else _exit(ended),
    )


def _process(content: dict[str, Any]) -> Process:
    return Process(int(content["pid"]), str(content["start"]))


def _exit(content: dict[str, Any]) -> RunExit:
    code, number, error = content["code"], content["signal"], content["error"]
    return RunExit(
        code=None if code is None else int(code),
        signal=None if number is None else int(number),
        at=float(content["at"]),
        error=None if error is None else (int(error[0]), str(error[1])),
    )
