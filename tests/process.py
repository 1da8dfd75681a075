"""The product as a process of its own, started as a person starts it."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from tests.support import PASSWORD, SAME_ORIGIN, eventually, free_port

ROOT = Path(__file__).parent.parent


class Product:
    """`python main.py` with a data folder and ports of its own; may be killed and started again."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.data = data
        self.port = free_port()
        self.sites_port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self._environment = environment
        self._process: subprocess.Popen[str] | None = None
        self._output: list[str] = []

    @property
    def output(self) -> str:
        return "".join(self._output)

    @property
    def setup_token(self) -> str:
        tokens = re.findall(r"^Setup token: (\w+)$", self.output, re.MULTILINE)
        return str(tokens[-1])

    def start(self) -> None:
        """Returns when the dashboard's address answers."""
        process = subprocess.Popen(
            [sys.executable, "main.py"],
            cwd=ROOT,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._process = process
        start = len(self._output)

        def read() -> None:
            assert process.stdout is not None
            with process.stdout:
                self._output += process.stdout

        threading.Thread(target=read, daemon=True).start()
        eventually(
            lambda: "startup complete" in "".join(self._output[start:]) or process.poll(),
            "the dashboard starts",
            20,
        )
        assert process.poll() is None, self.output

    def run(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Another command of the same installation, to its end."""
        return subprocess.run(
            [sys.executable, "main.py", *arguments],
            cwd=ROOT,
            env=self.environment(),
            input=text,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if "SITEDECK" not in name}
        return own | {
            # What a test calls its sites may be somebody's address.
            "SITEDECK_CHECK_SITES": "off",
            "SITEDECK_DATA": str(self.data),
            "SITEDECK_LISTEN": f"127.0.0.1:{self.port}",
            "SITEDECK_SITES_LISTEN": f"127.0.0.1:{self.sites_port}",
            **self._environment,
        }

    def end(self, number: signal.Signals = signal.SIGINT, seconds: float = 10.0) -> int:
        """Sends the signal and returns the exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        code = self._process.wait(seconds)
        self._process = None
        return code

    def close(self) -> None:
        """Ends everything, sites included."""
        if self._process is not None:
            self.end(signal.SIGKILL)
        answer = self.run("host", "stop")
        assert answer.returncode == 0, answer.stdout + answer.stderr


@contextmanager
def signed_in_client(product: Product) -> Iterator[httpx2.Client]:
    """A client with a session, made through the setup form."""
    form = {
        "setup_token": product.setup_token,
        "username": "admin",
        "password": PASSWORD,
        "password_again": PASSWORD,
    }
    with httpx2.Client(base_url=product.origin, headers=SAME_ORIGIN, timeout=15) as client:
        assert client.post("/setup", data=form).status_code == 303
        yield client


@contextmanager
def open_stream(client: httpx2.Client, path: str) -> Iterator[Iterator[tuple[str, str, str]]]:
    """The events of a stream as (name, id, data), as they come."""
    with client.stream("GET", path) as response:
        assert response.status_code == 200, response.status_code
        yield _events(response)


def _events(response: httpx2.Response) -> Iterator[tuple[str, str, str]]:
    name, identity, data = "message", "", list[str]()
    for line in response.iter_lines():
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "id":
            identity = value
        elif field == "data":
            data.append(value)
        elif not line and data:
            yield name, identity, "\n".join(data)
            name, data = "message", []


def until(events: Iterator[tuple[str, str, str]], name: str, text: str = "") -> tuple[str, str]:
    """Id and data of the next event of that name that holds the text."""
    for found, identity, data in events:
        if found == name and text in data:
            return identity, data
    raise AssertionError(f"the stream ended before {name} {text}")
