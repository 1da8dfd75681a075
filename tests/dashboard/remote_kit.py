"""A dashboard over one account at a fake PythonAnywhere, with one site whose command changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bs4 import BeautifulSoup

from tests.dashboard.conftest import Connected
from tests.fakes.pythonanywhere import fake_pythonanywhere
from tests.fakes.troubles import Stop
from tests.operations.kit import NEW, OLD, SHOP
from tests.support import eventually, parse, running_dashboard

SITE = f"/accounts/acme/sites/{SHOP}"


class Place(Connected):
    """With the account connected, and its site in the list."""

    def page(self, path: str) -> BeautifulSoup:
        return parse(self.dashboard.client.get(path).text)

    def hold(self, stop: str) -> Stop:
        """Changes the command and waits until the worker stands at this call."""
        held = self.fake.stops[stop] = Stop()
        assert self.post(f"{SITE}/command", command=NEW, confirmed="yes").status_code == 303
        assert held.reached.wait(10)
        return held

    def until_closed(self) -> None:
        eventually(lambda: not self.services.operations.open(), "the operation is closed", 20)


@contextmanager
def remote_place(data: Path) -> Iterator[Place]:
    """The dashboard keeps its data in that folder."""
    with fake_pythonanywhere() as fake:
        fake.limit = None
        fake.add_site(SHOP, OLD)
        with running_dashboard(data, api_hosts={"lab": fake.address}) as dashboard:
            dashboard.sign_in()
            place = Place(dashboard, fake, data)
            assert place.add().status_code == 303
            eventually(lambda: place.services.sites.get("acme", SHOP), "the site is listed")
            yield place
