"""Where the local host keeps its files, as one object that the dashboard uses too."""

import hashlib
import os
import stat
from pathlib import Path

from app.errors import ConfigurationError
from app.models import LogName

MAX_SOCKET_PATH = 107
"""Bytes that fit into the address of a Unix socket."""
_LONGEST_SOCKET = "0123456789ab.1234567890.sock"
MAX_DOMAIN = 230
"""Longest domain whose log files still have names of at most 255 bytes."""


class HostPaths:
    """Every path below the local host's folder. Asking creates nothing; `prepare` does.

    Sockets lie beside the rest unless their paths would be too long for the system: then in a
    folder of their own that the link `sockets` names.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(os.path.realpath(folder))
        self.token = self.folder / "token"
        self.lock = self.folder / "lock"
        self.daemon_log = self.folder / "daemon.log"
        self.sites = self.folder / "sites"
        self.run = self.folder / "run"
        self.log_folder = self.folder / "var" / "log"
        self.times_folder = self.folder / "var" / "times"
        self._link = self.folder / "sockets"

    @property
    def socket(self) -> Path:
        """The API's Unix socket."""
        sockets = self.sockets
        return (self.folder if sockets == self.run else sockets) / "host.sock"

    @property
    def sockets(self) -> Path:
        """The folder of the sites' sockets."""
        if _fits(self.run):
            return self.run
        try:
            recorded = Path(os.readlink(self._link))
        except OSError:
            return self._runtime_folder()
        return recorded if recorded.is_dir() else self._runtime_folder()

    def log_file(self, domain: str, name: LogName) -> Path:
        return self.log_folder / name.file_name(domain)

    def times_file(self, domain: str, name: LogName) -> Path:
        """The arrival index of a log file; only the live file and `.1` have one."""
        return self.times_folder / name.file_name(domain)

    def spec_file(self, domain: str) -> Path:
        return self.sites / f"{domain}.json"

    def record_file(self, domain: str) -> Path:
        """What the site's shim tells about its run."""
        return self.run / f"{_short_hash(domain)}.json"

    def site_socket(self, domain: str, generation: int) -> Path:
        return self.sockets / f"{_short_hash(domain)}.{generation}.sock"

    def current_socket(self, domain: str) -> Path:
        """A link to the socket of the generation that answers."""
        return self.sockets / f"{_short_hash(domain)}.current.sock"

    def prepare(self) -> None:
        """Create the folders, readable by their owner only. Raises ConfigurationError."""
        try:
            var = self.log_folder.parent
            folders = (self.folder, self.sites, self.run, var, self.log_folder, self.times_folder)
            for folder in folders:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                folder.chmod(0o700)
            if not _fits(self.run):
                self._prepare_runtime_folder()
        except OSError as error:
            raise ConfigurationError(
                f"The local host cannot write its folder {self.folder}: {error.strerror}. "
                "Choose another data folder, or give this one to your user."
            ) from error

    def _prepare_runtime_folder(self) -> None:
        folder = self.sockets
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
        ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
        if not ours or stat.S_IMODE(status.st_mode) & 0o077:
            raise ConfigurationError(
                f"The folder {folder} is not a private folder of this user, so no sockets can "
                "lie there. Remove it, or choose a data folder with a shorter path."
            )
        self._link.unlink(missing_ok=True)
        self._link.symlink_to(folder)

    def _runtime_folder(self) -> Path:
        name = _short_hash(str(self.folder))
        given = os.environ.get("XDG_RUNTIME_DIR", "")
        folder = Path(given) / f"sitedeck-{name}"
        if os.path.isdir(given) and folder.is_absolute() and _fits(folder):
            return folder
        return Path("/tmp") / f"sitedeck-{os.geteuid()}-{name}"


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / _LONGEST_SOCKET)) <= MAX_SOCKET_PATH


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
