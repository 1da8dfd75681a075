"""Starts the daemon from another program: detached, so that it and its sites outlive that one."""

import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from app.errors import ConfigurationError, HostUnavailable, SitedeckError
from app.localhost.ask import ask
from app.localhost.paths import HostPaths
from app.localhost.records import read_record

START_SECONDS = 10.0
# Every site may take 10 seconds to end; they end side by side.
STOP_SECONDS = 20.0
STOP_TRIES = 3
_PROJECT = Path(__file__).resolve().parents[2]


def start_daemon(paths: HostPaths, listen: str) -> None:
    """Returns when a daemon answers on the socket, at once if one did before.

    `listen` is HOST:PORT of the sites. Raises ConfigurationError with what the daemon said.
    """
    if is_answering(paths.socket):
        return
    paths.prepare()
    with paths.daemon_log.open("ab") as log:
        os.fchmod(log.fileno(), 0o600)
        start = log.tell()
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "app.localhost.daemon"),
                *("--data", str(paths.folder), "--listen", listen),
            ],
            cwd=_PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # Ctrl+C in this terminal is not meant for the daemon.
            start_new_session=True,
        )
    # A daemon that ends before this program must be reaped, or it would stay as a zombie.
    threading.Thread(target=process.wait, name="daemon-reaper", daemon=True).start()
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if is_answering(paths.socket):
            return
        if process.poll() is not None:
            raise ConfigurationError(f"The local host did not start. {_said(paths, start)}")
        time.sleep(0.01)
    raise ConfigurationError(
        f"The local host did not answer within {START_SECONDS:.0f} seconds. {_said(paths, start)}"
    )


def is_answering(path: Path) -> bool:
    """Whether something accepts connections on the Unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def has_running_sites(paths: HostPaths) -> bool:
    """Whether a shim or a command of any site is alive, with or without a daemon."""
    for file in paths.run.glob("*.json"):
        record = read_record(file)
        if record is None:
            continue
        processes = (record.shim, record.child)
        if any(process is not None and process.is_running() for process in processes):
            return True
    return False


def stop_everything(paths: HostPaths, listen: str) -> bool:
    """Ends the daemon and every site; False if nothing was running.

    Sites outlive a daemon that was killed or ended without them: a new one takes them over and
    can end them. Raises SitedeckError if something does not end.
    """
    was_running = False
    for _ in range(STOP_TRIES):
        if not is_answering(paths.socket):
            if not has_running_sites(paths):
                return was_running
            start_daemon(paths, listen)
        was_running = True
        with suppress(HostUnavailable):
            ask(paths, "POST", "/api/host/stop/", {"stop_sites": True})
        _wait_for_end(paths)
    raise SitedeckError("The local host or one of its sites does not end. Its log may say why.")


def _wait_for_end(paths: HostPaths) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while is_answering(paths.socket) and time.monotonic() < deadline:
        time.sleep(0.02)


def _said(paths: HostPaths, start: int) -> str:
    text = paths.daemon_log.read_bytes()[start:].decode(errors="replace").strip()
    last = text.splitlines()[-1] if text else "It said nothing."
    return f"{last} (All of it is in {paths.daemon_log}.)"
