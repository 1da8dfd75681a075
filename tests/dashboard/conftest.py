"""A signed-in dashboard over a real local host with two real sites."""

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from httpx2 import Response

from app.hosting.probe import Ask
from app.localhost.ask import ask
from app.localhost.paths import HostPaths
from app.models import Site, SiteStatus
from app.routes.services import Services
from app.settings import parse_listen
from app.store.database import Database
from tests.fakes.pythonanywhere import TOKEN, USER, FakePythonAnywhere
from tests.support import SAME_ORIGIN, Dashboard, eventually, local_host, running_dashboard

PROGRAM = """
import sys
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    if scope["path"] == "/fail":
        print("ERROR:    It failed", file=sys.stderr, flush=True)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})
"""
WORKS, BROKEN = "works.localhost", "broken.localhost"
# The account of a fake PythonAnywhere that is the API host `lab`, and a site of it.
FORM = {"label": "Acme", "host": "lab", "username": USER, "token": TOKEN}
SITE = "shop.example.org"


@dataclass
class Deck:
    """The dashboard, the address of the sites and the folder of its data."""

    dashboard: Dashboard
    sites_address: str
    paths: HostPaths

    @property
    def services(self) -> Services:
        services: Services = self.dashboard.app.state.services
        return services

    def site(self, domain: str) -> Site:
        site = self.services.sites.get("local", domain)
        assert site is not None
        return site

    def wait_for(self, domain: str, status: SiteStatus) -> Site:
        eventually(lambda: self.site(domain).status is status, f"{domain} {status}")
        return self.site(domain)

    def ask(self, method: str, path: str, body: object = None) -> object:
        return ask(self.paths, method, path, body)


@dataclass
class Connected:
    """A signed-in dashboard that knows a fake PythonAnywhere; `add` connects the account."""

    dashboard: Dashboard
    fake: FakePythonAnywhere
    data: Path

    @property
    def services(self) -> Services:
        services: Services = self.dashboard.app.state.services
        return services

    def post(self, path: str, **form: str) -> Response:
        return self.dashboard.client.post(path, data=form, headers=SAME_ORIGIN)

    def get(self, path: str) -> str:
        return self.dashboard.client.get(path).text

    def add(self, **changes: str) -> Response:
        return self.post("/accounts", **(FORM | changes))

    def status(self) -> SiteStatus | None:
        site = self.services.sites.get("acme", SITE)
        return site.status if site else None


@contextmanager
def connected(
    fake: FakePythonAnywhere, data: Path, ask: Ask | None = None, **settings: object
) -> Iterator[Connected]:
    """Signed in, with the account of `fake`, all of whose sites are listed."""
    with knowing(fake, data, ask, **settings) as place:
        assert place.add().status_code == 303
        domains = fake.websites.keys()

        def are_listed() -> bool:
            return {site.domain_name for site in place.services.sites.all()} == domains

        eventually(are_listed, "the sites are listed")
        yield place


@contextmanager
def knowing(
    fake: FakePythonAnywhere, data: Path, ask: Ask | None = None, **settings: object
) -> Iterator[Connected]:
    """Signed in, with `fake` as the API host `lab`, of which there is no account yet."""
    with running_dashboard(data, ask, api_hosts={"lab": fake.address}, **settings) as dashboard:
        dashboard.sign_in()
        yield Connected(dashboard, fake, data)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(tmp_path / "sitedeck.db")
    yield database
    database.close()


@pytest.fixture
def deck(tmp_path: Path) -> Iterator[Deck]:
    (tmp_path / "program.py").write_text(PROGRAM)
    command = f"{sys.executable} -m uvicorn --app-dir {tmp_path} --uds ${{DOMAIN_SOCKET}}"
    data = tmp_path / "data"
    with local_host(data) as address:
        paths = HostPaths(data / "host")
        for domain, line in ((WORKS, f"{command} program:app"), (BROKEN, "/no/such/program")):
            website = {"domain_name": domain, "enabled": True, "webapp": {"command": line}}
            ask(paths, "POST", "/api/v1/user/local/websites/", website)
        sites_listen = parse_listen("sites_listen", address)
        with running_dashboard(data, local_host=True, sites_listen=sites_listen) as dashboard:
            dashboard.sign_in()
            found = Deck(dashboard, address, paths)
            eventually(lambda: len(found.services.sites.all()) == 2, "both sites listed")
            found.wait_for(WORKS, SiteStatus.RUNNING)
            found.wait_for(BROKEN, SiteStatus.FAILING)
            yield found
