"""The dashboard on a Unix socket, as a web server in front of it finds it."""

import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.process import Product
from tests.support import PASSWORD, SAME_ORIGIN

ORIGIN = "https://deck.example.org"


@pytest.fixture
def path() -> Iterator[Path]:
    """Short enough for the address of a socket."""
    with tempfile.TemporaryDirectory(prefix="sd") as folder:
        yield Path(folder) / "deck.sock"


@contextmanager
def product_at(path: Path, data: Path, **environment: str) -> Iterator[Product]:
    product = Product(
        data,
        SITEDECK_LISTEN=f"unix:{path}",
        SITEDECK_PUBLIC_ORIGIN=ORIGIN,
        SITEDECK_TRUSTED_PROXY="unix",
        **environment,
    )
    try:
        yield product
    finally:
        product.close()


def client_of(path: Path) -> httpx2.Client:
    transport = httpx2.HTTPTransport(uds=str(path))
    return httpx2.Client(base_url=ORIGIN.replace("https", "http"), transport=transport)


@pytest.mark.parametrize(("given", "mode"), [({}, 0o660), ({"SITEDECK_SOCKET_MODE": "666"}, 0o666)])
def test_who_may_connect_is_a_setting(
    path: Path, tmp_path: Path, given: dict[str, str], mode: int
) -> None:
    with product_at(path, tmp_path / "data", **given) as product:
        product.start()
        assert path.stat().st_mode & 0o777 == mode
        with client_of(path) as client:
            assert client.get("/healthz").text == "ok\n"


def test_a_socket_left_behind_is_replaced(path: Path, tmp_path: Path) -> None:
    with product_at(path, tmp_path / "data") as product:
        product.start()
        product.end(signal.SIGKILL)
        assert path.is_socket()
        product.start()
        with client_of(path) as client:
            assert client.get("/healthz").status_code == 200


def test_a_socket_in_use_is_left_alone(path: Path, tmp_path: Path) -> None:
    with product_at(path, tmp_path / "data") as product:
        product.start()
        refused = product.run("--data", str(tmp_path / "other"))
        assert refused.returncode == 2
        assert f"unix:{path} is already in use" in refused.stderr
        with client_of(path) as client:
            assert client.get("/healthz").status_code == 200


def test_it_says_where_it_is_and_nothing_of_sites_it_does_not_run(
    path: Path, tmp_path: Path
) -> None:
    with product_at(path, tmp_path / "data") as product:
        product.start()
        assert f"Sitedeck is at {ORIGIN}\n" in product.output
        assert product.setup_token
        assert "make stop" not in product.output


def test_the_client_is_who_the_server_in_front_says(path: Path, tmp_path: Path) -> None:
    with product_at(path, tmp_path / "data") as product:
        product.run("user", "add", "owner", "--role", "admin", "--password-stdin", text=PASSWORD)
        product.start()
        headers = SAME_ORIGIN | {"x-forwarded-for": "198.51.100.9, 203.0.113.7"}
        with client_of(path) as client:
            form = {"username": "owner", "password": PASSWORD}
            answer = client.post("/login", data=form, headers=headers)
            assert answer.headers["set-cookie"].startswith("__Host-sd-site=")
            cookie = answer.headers["set-cookie"].partition(";")[0]
            activity = client.get("/activity", headers={"cookie": cookie}).text
        assert "203.0.113.7" in activity and "198.51.100.9" not in activity
