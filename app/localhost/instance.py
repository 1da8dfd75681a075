"""What makes the daemon the only one of its data folder: lock, token, socket and its own log."""

import contextlib
import fcntl
import os
import re
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path

from app.errors import ConfigurationError
from app.localhost.paths import HostPaths

MAX_DAEMON_LOG = 1024 * 1024
KEPT_DAEMON_LOG = 256 * 1024
_TOKEN = re.compile(r"[0-9a-f]{40}")


@contextlib.contextmanager
def only_instance(paths: HostPaths) -> Iterator[None]:
    """Hold the lock of the folder. Raises ConfigurationError that names the holder's pid."""
    descriptor = os.open(paths.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 20).decode("ascii", "replace").strip() or "unknown"
            raise ConfigurationError(
                f"The local host of {paths.folder} already runs as process {holder}. "
                "Use it, or end it first: python main.py host stop"
            ) from None
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def read_token(path: Path) -> str:
    """The API token of this folder, made the first time. Raises ConfigurationError if damaged."""
    try:
        token = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        token = secrets.token_hex(20)
        unfinished = path.with_suffix(".new")
        unfinished.write_text(f"{token}\n", encoding="ascii")
        os.replace(unfinished, path)
    if not _TOKEN.fullmatch(token):
        raise ConfigurationError(f"{path} does not hold a token. Remove it to get a new one.")
    return token


@contextlib.contextmanager
def bind_socket(path: Path) -> Iterator[socket.socket]:
    """A Unix socket only this user can reach; removed at the end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        # A leftover of a killed daemon: the lock says that nobody serves it.
        path.unlink(missing_ok=True)
        listening.bind(str(path))
        path.chmod(0o600)
        try:
            yield listening
        finally:
            path.unlink(missing_ok=True)


def trim_log(path: Path) -> None:
    """Keep only the end of a daemon log that has grown large. Standard error may point to it."""
    if not path.exists() or path.stat().st_size <= MAX_DAEMON_LOG:
        return
    with open(path, "r+b") as file:
        file.seek(-KEPT_DAEMON_LOG, os.SEEK_END)
        kept = file.read().partition(b"\n")[2]
        file.seek(0)
        file.truncate()
        file.write(kept)
