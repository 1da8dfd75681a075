"""Which process is which, across restarts of the daemon: a pid alone may have a new owner.

Standard library only, since shims use it too.
"""

import os

HAS_PROC = os.path.exists("/proc/self/stat")
_STATE, _GROUP, _SESSION, _START = 0, 2, 3, 19
"""Positions in /proc/PID/stat behind the command name, see proc_pid_stat(5)."""
_boot_id = ""


def start_of(pid: int) -> str:
    """A text no two processes with this pid share: boot id and start time in clock ticks.

    Empty if there is no such process, or no /proc to ask.
    """
    fields = _fields(pid)
    return f"{_boot()}:{fields[_START]}" if fields else ""


def is_running(pid: int, start: str) -> bool:
    """Whether the process that `start_of` described still runs (a zombie does not)."""
    if not HAS_PROC:
        return _exists(pid)
    fields = _fields(pid)
    return bool(fields) and fields[_STATE] != "Z" and start_of(pid) == start


def members(session: int, group: int | None = None) -> list[int]:
    """Living processes of a session, of one process group in it if given. Needs /proc."""
    found = []
    for name in os.listdir("/proc") if HAS_PROC else []:
        if not name.isdigit():
            continue
        fields = _fields(int(name))
        if not fields or fields[_STATE] == "Z" or int(fields[_SESSION]) != session:
            continue
        if group is None or int(fields[_GROUP]) == group:
            found.append(int(name))
    return found


def _fields(pid: int) -> list[str]:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            # The name in front may hold blanks and brackets.
            return file.read().rpartition(")")[2].split()
    except (OSError, ValueError):
        return []


def _boot() -> str:
    global _boot_id
    if not _boot_id:
        try:
            with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
                _boot_id = file.read().strip()
        except OSError:
            _boot_id = "?"
    return _boot_id


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
