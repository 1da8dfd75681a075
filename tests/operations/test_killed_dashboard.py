"""The dashboard itself, killed at each step of a change of command and started again."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.fakes.pythonanywhere import TOKEN, USER, FakePythonAnywhere, fake_pythonanywhere
from tests.fakes.troubles import Stop, Trouble
from tests.operations.kit import NEW, OLD, OLD_SPEC, SHOP
from tests.process import Product, signed_in_client
from tests.support import eventually, parse

pytestmark = pytest.mark.long
SITE = f"/accounts/acme/sites/{SHOP}"
STEPS = [
    f"{call} {moment}"
    for call in ("delete", "create", "certify", "reload")
    for moment in ("before", "after")
]


@dataclass
class Place:
    product: Product
    fake: FakePythonAnywhere
    client: httpx2.Client

    def page(self, path: str = "/") -> str:
        return self.client.get(path).text

    def kill_at(self, step: str) -> None:
        """Asks for the change, and kills the dashboard while the API holds the call."""
        held = self.fake.stops[step] = Stop(is_dropped=step.endswith("before"))
        form = {"command": NEW, "confirmed": "yes"}
        assert self.client.post(f"{SITE}/command", data=form).status_code == 303
        assert held.reached.wait(20)
        self.product.end(signal.SIGKILL)
        held.go.set()

    def until_closed(self) -> str:
        """The site's record of activity when nothing is open any more."""
        eventually(lambda: not parse(self.page()).select("[data-operation]"), "the end", 60)
        return self.page(f"{SITE}/activity")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with fake_pythonanywhere() as fake:
        fake.limit = None
        fake.add_site(SHOP, OLD)
        fake.add_certificate(SHOP)
        product = Product(
            tmp_path / "data", SITEDECK_API_HOSTS=f"lab={fake.address}", SITEDECK_LOCAL_HOST="off"
        )
        product.start()
        try:
            with signed_in_client(product) as client:
                form = {"label": "Acme", "host": "lab", "username": USER, "token": TOKEN}
                assert client.post("/accounts", data=form).status_code == 303
                eventually(lambda: SHOP in client.get("/").text, "the site is listed")
                yield Place(product, fake, client)
        finally:
            product.close()


@pytest.mark.parametrize("step", STEPS)
def test_the_next_start_ends_what_was_begun(place: Place, step: str) -> None:
    place.kill_at(step)
    place.product.start()
    assert "without the site" in place.until_closed()
    assert place.fake.websites[SHOP]["webapp"]["command"] == NEW
    assert place.fake.websites[SHOP]["enabled"]
    assert place.fake.certificates[SHOP]["cert_type"] == OLD_SPEC.certificate


@pytest.mark.parametrize("step", ["create before", "create after"])
def test_a_restoration_that_was_killed_is_ended_too(place: Place, step: str) -> None:
    place.fake.trouble("create", Trouble.COMMAND_REFUSED)
    place.kill_at(step)
    place.fake.trouble("create", Trouble.COMMAND_REFUSED)
    place.product.start()
    record = place.until_closed()
    command = place.fake.websites[SHOP]["webapp"]["command"]
    assert command == (OLD if "old command is back" in record else NEW)
    assert place.fake.certificates[SHOP]["cert_type"] == OLD_SPEC.certificate


@pytest.mark.parametrize("step", ["patch before", "patch after"])
def test_a_site_switched_off_for_its_reload_is_switched_on_after_a_kill(
    place: Place, step: str
) -> None:
    place.fake.trouble("reload", Trouble.NOT_FOUND)
    held = place.fake.stops[step] = Stop(is_dropped=step.endswith("before"))
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(place.client.post, f"{SITE}/reload")
        assert held.reached.wait(20)
        place.product.end(signal.SIGKILL)
        held.go.set()
        assert isinstance(asked.exception(20), httpx2.TransportError)
    place.product.start()
    eventually(lambda: place.fake.called("patch") == 2, "the switch is set again", 30)
    place.until_closed()
    assert place.fake.websites[SHOP]["enabled"]


def test_while_it_is_open_the_first_page_says_so_after_the_restart(place: Place) -> None:
    place.kill_at("delete after")
    place.fake.reserved[SHOP] = float("inf")
    place.product.start()
    eventually(lambda: "still keeps the domain" in place.page(), "the page says it", 20)
    assert "Try again now" in place.page()
    place.fake.reserved.clear()
    assert "without the site" in place.until_closed()
