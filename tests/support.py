"""What several tests need: free ports, a dashboard in this process, reading its pages."""

import asyncio
import http.client
import re
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bs4 import BeautifulSoup, Tag
from fasthtml.common import FastHTML
from starlette.testclient import TestClient

from app.factory import create_app
from app.hosting.probe import Ask
from app.localhost.paths import HostPaths
from app.localhost.start import start_daemon, stop_everything
from app.models import Role
from app.security.passwords import hash_password
from app.settings import Listen, Settings
from app.store.database import Database
from app.store.users import Users

Value = TypeVar("Value")

PASSWORD = "correct horse battery"
SAME_ORIGIN = {"sec-fetch-site": "same-origin"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def settings_for(data: Path, **changes: object) -> Settings:
    """Settings of a dashboard without a local host and checks, unless `changes` say otherwise."""
    values: dict[str, object] = {
        "data": data,
        "listen": Listen("127.0.0.1", 5001),
        "local_host": False,
        "check_sites": False,
    }
    return Settings(**(values | changes))  # type: ignore[arg-type]


@dataclass
class Dashboard:
    """An app in this process with its database and a client that keeps cookies."""

    app: FastHTML
    database: Database
    client: TestClient

    def add_user(self, name: str = "admin", role: Role = Role.ADMIN) -> None:
        Users(self.database).add(name, hash_password(PASSWORD), role)

    def sign_in(self, name: str = "admin", role: Role = Role.ADMIN) -> None:
        """Adds the user and signs in through the form, as a browser does."""
        self.add_user(name, role)
        answer = self.client.post(
            "/login", data={"username": name, "password": PASSWORD}, headers=SAME_ORIGIN
        )
        assert answer.status_code == 303, answer.text


@contextmanager
def running_dashboard(data: Path, ask: Ask | None = None, **changes: object) -> Iterator[Dashboard]:
    """Sites are asked whether they answer only if `ask` does it."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(data / "sitedeck.db")
    settings = settings_for(data, check_sites=ask is not None, **changes)
    app = create_app(settings, database, ask)
    try:
        client = TestClient(
            app,
            base_url="http://127.0.0.1:5001",
            follow_redirects=False,
            raise_server_exceptions=False,
        )
        with client:
            yield Dashboard(app, database, client)
    finally:
        database.close()


def parse(html: str) -> BeautifulSoup:
    """The page as a tree. What stands in a template is read like the rest."""
    return BeautifulSoup(html.replace("<template>", "<div>"), "html.parser")


def visible_text(html: str) -> str:
    return re.sub(r"\s+", " ", parse(html).get_text(" ")).strip()


def one(page: BeautifulSoup | Tag, selector: str) -> Tag:
    """The only element that the selector finds."""
    found = page.select(selector)
    assert len(found) == 1, f"{selector} finds {len(found)} elements"
    return found[0]


def attribute(element: Tag, name: str) -> str:
    """An attribute's value, empty if it is absent."""
    value = element.get(name, "")
    return value if isinstance(value, str) else " ".join(value or [])


def eventually(look: Callable[[], Value], what: str, seconds: float = 30.0) -> Value:
    """What `look` finds, as soon as it is true; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (value := look()):
        assert time.monotonic() < deadline, f"still waiting: {what}"
        time.sleep(0.01)
    return value


@asynccontextmanager
async def running(work: Coroutine[object, object, None]) -> AsyncIterator[None]:
    """The work goes on in the background until the end of the block."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextmanager
def local_host(data: Path) -> Iterator[str]:
    """A real daemon of its own below `data`; yields the HOST:PORT of its sites."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    paths = HostPaths(data / "host")
    address = f"127.0.0.1:{free_port()}"
    start_daemon(paths, address)
    try:
        yield address
    finally:
        stop_everything(paths, address)


def get_from_site(address: str, domain: str, path: str = "/") -> tuple[int, str]:
    """Asks a site through the proxy. (Python does not resolve NAME.localhost.)"""
    host, _, port = address.partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=15)
    try:
        connection.request("GET", path, headers={"Host": f"{domain}:{port}"})
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()
