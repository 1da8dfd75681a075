"""A running product with a handful of real sites, for benchmarks and screenshots."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from app.localhost.ask import ask
from app.localhost.paths import HostPaths
from tests.process import Product, signed_in_client
from tests.support import eventually

WEBSITES = "/api/v1/user/local/websites/"
PROGRAM = """
import logging, sys
logging.basicConfig(level=logging.INFO, format="%(levelname)s:     %(message)s")
log = logging.getLogger("demo")
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    path = scope["path"]
    if path == "/slow":
        log.warning("slow query 1.18 s: SELECT id, sku, level FROM stock")
    elif path == "/cart":
        raise KeyError("cart_id")
    elif path != "/":
        log.info("stock cache refreshed: 412 items in 0.31 s")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})
"""


@contextmanager
def demo(folder: Path | None = None) -> Iterator[tuple[Product, httpx2.Client]]:
    """A fresh product and a signed-in client of it; ended and removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="sitedeck-") as temporary:
        product = Product((folder or Path(temporary)) / "data")
        product.start()
        try:
            with signed_in_client(product) as client:
                yield product, client
        finally:
            product.close()


def add_site(product: Product, domain: str, command: str = "", *, enabled: bool = True) -> None:
    """Through the local host's API; without a command, a small site that really runs.

    Its command names no path of this machine, so that pictures show none.
    """
    folder = product.data / "programs"
    folder.mkdir(exist_ok=True)
    (folder / "demo.py").write_text(PROGRAM)
    start = f'exec {sys.executable} -m uvicorn --app-dir {folder} --uds "$DOMAIN_SOCKET" "$1"\n'
    (folder / "serve.sh").write_text(start)
    body = {
        "domain_name": domain,
        "enabled": enabled,
        "webapp": {"command": command or "/bin/sh serve.sh demo:app"},
        "working_directory": str(folder),
    }
    ask(HostPaths(product.data / "host"), "POST", WEBSITES, body)


def wait_for_sites(product: Product, states: dict[str, str]) -> None:
    """Until each domain is in its state, as the local host says."""

    def is_so() -> bool:
        found = ask(HostPaths(product.data / "host"), "GET", WEBSITES)
        now = {website["domain_name"]: website["status"]["state"] for website in found}
        return all(now.get(domain) in state.split("|") for domain, state in states.items())

    eventually(is_so, f"sites reach {states}", 60)
