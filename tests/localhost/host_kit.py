"""A real local host in a process of its own, and small programs for it to run."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from app.localhost.paths import HostPaths
from app.localhost.records import RunRecord, read_record

PROJECT = Path(__file__).parents[2]
DEADLINE = 10.0
WEBSITES = "/api/v1/user/local/websites/"
LOGS = "/api/v0/user/local/files/path/var/log/"
HELLO = "hello.localhost"
Value = TypeVar("Value")

SERVE = """
import os, socket, sys
def serve(answer):
    server = socket.socket(socket.AF_UNIX)
    server.bind(os.environ["DOMAIN_SOCKET"])
    server.listen()
    while True:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            body = answer()
            head = b"HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: %d\\r\\n\\r\\n"
            connection.sendall(head % len(body) + body)
"""
PID_SITE = SERVE + "serve(lambda: b'%d' % os.getpid())\n"


@dataclass(frozen=True)
class Reply:
    """One answer of the API or of a site."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=DEADLINE)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(DEADLINE)
        self.sock.connect(self._path)


class LocalHost:
    """A daemon on `data`. Times to start and stop sites are short, so that failures show soon."""

    def __init__(self, data: Path, programs: Path, **environment: str) -> None:
        self.data = data
        self.programs = programs
        self.paths = HostPaths(data)
        self.messages = programs / "daemon.log"
        self.environment = {**os.environ, **environment}
        self.listen = "127.0.0.1:0"
        self.daemon: subprocess.Popen[bytes] | None = None

    def start(self, *options: str, version: str = "") -> None:
        """Start a daemon and wait until it answers."""
        self.daemon = self.launch(*options, version=version)
        wait_until(self.is_up)

    def launch(self, *options: str, version: str = "") -> subprocess.Popen[bytes]:
        """Start a daemon without waiting for it."""
        module = ["-m", "app.localhost.daemon"]
        if version:
            source = "import sys; from app.localhost.daemon import main; "
            module = ["-c", f"{source}sys.exit(main(version={version!r}))"]
        arguments = ["--data", str(self.data), "--listen", self.listen, "--stop-seconds", "1"]
        # A file, as in production: the shims inherit it and outlive the daemon.
        with open(self.messages, "ab") as messages:
            return subprocess.Popen(
                [sys.executable, *module, *arguments, *options],
                cwd=PROJECT,
                env=self.environment,
                stderr=messages,
            )

    def is_up(self) -> bool:
        try:
            return self.call("GET", "/api/host/").status == 200
        except (OSError, http.client.HTTPException):
            return False

    def token(self) -> str:
        return self.paths.token.read_text().strip()

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Reply:
        """Call the API with the right token."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        token = {"Authorization": f"Token {self.token()}"}
        return self.request(method, path, data, {**token, **(headers or {})})

    def request(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> Reply:
        """Call the API with exactly these headers."""
        return exchange(UnixConnection(str(self.paths.socket)), method, path, data, headers)

    def create(self, domain: str, command: str, **fields: Any) -> Any:
        """Create a site; returns its object."""
        content = {"domain_name": domain, "webapp": {"command": command}, **fields}
        reply = self.call("POST", WEBSITES, content)
        assert reply.status == 201, reply.body
        return reply.json()

    def program(self, source: str, name: str = "site") -> str:
        """The command of a Python program with this source."""
        path = self.programs / f"{name}.py"
        path.write_text(source)
        return f"{sys.executable} -I -S {path}"

    def site(self, domain: str = HELLO) -> Any:
        return self.call("GET", f"{WEBSITES}{domain}/").json()

    def status(self, domain: str = HELLO) -> Any:
        return self.site(domain)["status"]

    def wait_for_state(self, state: str, domain: str = HELLO, seconds: float = DEADLINE) -> Any:
        """The status object once the site is in this state."""

        def reached() -> Any:
            status = self.status(domain)
            return status if status["state"] == state else None

        return wait_until(reached, seconds, lambda: f"{state}, but {self.status(domain)}")

    def run_hello(self) -> Any:
        """A running site that answers with its pid; returns its status object."""
        self.create(HELLO, self.program(PID_SITE))
        return self.wait_for_state("running")

    def record(self, domain: str = HELLO) -> RunRecord:
        record = read_record(self.paths.record_file(domain))
        assert record is not None
        return record

    def visit(self, domain: str = HELLO) -> Reply:
        """Ask the site through the proxy."""
        address = self.call("GET", "/api/host/").json()["sites_address"]
        host, _, port = address.rpartition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=DEADLINE)
        return exchange(connection, "GET", "/", None, {"Host": domain})

    def visit_directly(self, domain: str = HELLO) -> Reply:
        """Ask the site on its own socket: works without a daemon."""
        socket_path = str(self.paths.current_socket(domain))
        return exchange(UnixConnection(socket_path), "GET", "/", None, {"Host": domain})

    def log(self, domain: str = HELLO, kind: str = "error") -> bytes:
        path = self.paths.log_folder / f"{domain}.{kind}.log"
        return path.read_bytes() if path.exists() else b""

    def kill(self) -> None:
        """kill -9 of the daemon."""
        assert self.daemon is not None
        self.daemon.kill()
        self._reap()

    def terminate(self) -> int:
        """Ask the daemon to end; returns its exit code."""
        assert self.daemon is not None
        self.daemon.send_signal(signal.SIGTERM)
        return self._reap()

    def end_with_sites(self) -> None:
        """End all that this host has started, with a new daemon if none runs."""
        if not self.is_up():
            self.start()
        self.call("POST", "/api/host/stop/", {"stop_sites": True})
        if self.daemon is not None:
            self._reap()

    def _reap(self) -> int:
        assert self.daemon is not None
        code = self.daemon.wait(DEADLINE)
        self.daemon = None
        return code


def exchange(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    data: bytes | None,
    headers: dict[str, str],
) -> Reply:
    with contextlib.closing(connection):
        connection.request(method, path, data, headers)
        with connection.getresponse() as response:
            return Reply(response.status, response.headers, response.read())


def wait_until(
    condition: Callable[[], Value],
    seconds: float = DEADLINE,
    describe: Callable[[], str] = lambda: "the condition",
) -> Value:
    """The first true value of `condition`, asked every 5 ms. Fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"waited {seconds} s for {describe()}"
        time.sleep(0.005)


@contextlib.contextmanager
def local_host(folder: Path, **environment: str) -> Iterator[LocalHost]:
    """A host below `folder`, not yet started; ended with all of its sites."""
    programs = folder / "programs"
    programs.mkdir()
    host = LocalHost(folder / "host", programs, **environment)
    try:
        yield host
    finally:
        if host.paths.token.exists():
            host.end_with_sites()
