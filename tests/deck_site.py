"""The dashboard as a site: served on a socket by a real local host, reached through its proxy."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from app.localhost.ask import ask
from app.localhost.paths import HostPaths
from app.models import LogKind, LogName
from tests.fakes.pythonanywhere import TOKEN, USER, FakePythonAnywhere, fake_pythonanywhere
from tests.process import ROOT
from tests.support import PASSWORD, SAME_ORIGIN, eventually, local_host

DECK, SHOP = "deck.localhost", "shop.example.org"
WEBSITES = "/api/v1/user/local/websites/"
WEBSITE = f"{WEBSITES}{DECK}/"
LOGS = f"/accounts/acme/sites/{SHOP}/logs"
ACCOUNT = {"label": "Acme", "host": "lab", "username": USER, "token": TOKEN}
SIGN_IN = {"username": "owner", "password": PASSWORD}


@dataclass
class DeckSite:
    """A dashboard that is the site DECK of the local host at `address`.

    Its account Acme is the fake, whose logs lie in `log_folder`.
    """

    address: str
    paths: HostPaths
    data: Path
    log_folder: Path
    fake: FakePythonAnywhere

    @property
    def origin(self) -> str:
        return f"http://{DECK}:{self.address.partition(':')[2]}"

    @property
    def command(self) -> str:
        return (
            f"{sys.executable} {ROOT}/main.py --listen unix:${{DOMAIN_SOCKET}} --socket-mode 666 "
            f"--public-origin {self.origin} --trusted-proxy unix "
            f"--network-disk on --data {self.data} --api-hosts lab={self.fake.address} "
            f"--check-sites off --own-logs {USER}@lab={self.log_folder}"
        )

    @property
    def shop_log(self) -> Path:
        return self.log_folder / LogName(LogKind.ERROR).file_name(SHOP)

    def own_log(self, kind: LogKind) -> str:
        path = self.paths.log_file(DECK, LogName(kind))
        return path.read_text() if path.exists() else ""

    def status(self) -> dict[str, Any]:
        website = ask(self.paths, "GET", WEBSITE)
        assert isinstance(website, dict)
        return dict(website["status"])

    def wait_for(self, state: str) -> dict[str, Any]:
        eventually(lambda: self.status()["state"] == state, f"the dashboard is {state}", 30)
        return self.status()

    def enable(self, enabled: bool) -> None:
        ask(self.paths, "PATCH", WEBSITE, {"enabled": enabled})

    def reload(self) -> None:
        """Returns when another process answers."""
        pid = self.status()["pid"]
        ask(self.paths, "POST", f"{WEBSITE}reload/")
        eventually(lambda: self.status()["pid"] != pid, "another process", 30)
        self.wait_for("running")

    def add_owner(self) -> None:
        """As from a console: another process, with nothing but the data folder."""
        arguments = ["user", "add", "owner", "--role", "admin", "--password-stdin"]
        subprocess.run(
            [sys.executable, ROOT / "main.py", *arguments, "--data", self.data],
            input=PASSWORD,
            text=True,
            check=True,
            capture_output=True,
            timeout=30,
        )

    @contextmanager
    def client(self) -> Iterator[httpx2.Client]:
        """Goes through the proxy. (Python does not resolve NAME.localhost.)"""
        headers = SAME_ORIGIN | {"host": self.origin.removeprefix("http://")}
        base = f"http://{self.address}"
        with httpx2.Client(base_url=base, headers=headers, timeout=15) as client:
            yield client


@contextmanager
def deck_site(folder: Path) -> Iterator[DeckSite]:
    """Running, without users; everything lies below `folder`."""
    log_folder = folder / "var" / "log"
    log_folder.mkdir(parents=True)
    outer = folder / "outer"
    with fake_pythonanywhere() as fake, local_host(outer) as address:
        fake.add_site(SHOP)
        deck = DeckSite(address, HostPaths(outer / "host"), folder / "inner", log_folder, fake)
        deck.shop_log.write_text("ERROR:    an old line\n")
        website = {"domain_name": DECK, "enabled": True, "webapp": {"command": deck.command}}
        ask(deck.paths, "POST", WEBSITES, website)
        deck.wait_for("running")
        yield deck
