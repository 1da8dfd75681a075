"""What the proxy costs: the same site measured directly and through the proxy (and nginx).

    python -m bench.proxy

Every peer has a process of its own; the load client is the same for all: 32 keep-alive
connections, each with one request at a time. The rounds take turns, so that whatever else the
machine does hits all peers. nginx (one worker) takes part if it is on the PATH. Takes less than
20 s and writes bench/results/proxy.json. Compare the CPU time per request before the rates: the
load client itself takes part of the machine.
"""

import asyncio
import json
import os
import shutil
import socket
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import uvloop

from app.localhost.proxy.server import Proxy
from app.models import HostState
from bench.proxy_load import HOST, Address, Peer, Round, accepts, measure

RESULTS = Path(__file__).parent / "results" / "proxy.json"
ROUNDS = 3
ROUND_SECONDS = 1.2
SITE = """
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200,
                    "headers": [(b"content-length", b"12")]})
        await send({"type": "http.response.body", "body": b"hello world\\n"})
"""
NGINX = """
%(user)s worker_processes 1; daemon off; pid %(folder)s/nginx.pid; error_log %(folder)s/nginx.log;
events { worker_connections 1024; }
http {
  access_log %(folder)s/nginx.access.log combined buffer=64k flush=1s;
  keepalive_requests 10000000;
  client_body_temp_path %(folder)s/n1; proxy_temp_path %(folder)s/n2;
  fastcgi_temp_path %(folder)s/n3; uwsgi_temp_path %(folder)s/n4; scgi_temp_path %(folder)s/n5;
  upstream site { server unix:%(socket)s; keepalive 64; keepalive_requests 10000000; }
  server {
    listen 127.0.0.1:%(port)d;
    location / {
      proxy_pass http://site; proxy_http_version 1.1;
      proxy_set_header Connection ""; proxy_set_header Host $host;
    }
  }
}
"""


@dataclass(frozen=True)
class BenchSite:
    """The measured site, as the proxy's directory knows it."""

    socket_path: str
    domain_name: str = HOST
    state: HostState = HostState.RUNNING

    async def wait_until_ready(self, seconds: float) -> bool:
        return True


@dataclass(frozen=True)
class BenchDirectory:
    site: BenchSite

    def find(self, host: str) -> BenchSite | None:
        return self.site if host == HOST else None


@dataclass(frozen=True)
class Figures:
    """Medians over the rounds of one peer."""

    requests_per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us_per_request: float


def summarize(rounds: list[Round]) -> Figures:
    def median(value: Callable[[Round], float]) -> float:
        return round(statistics.median(map(value, rounds)), 3)

    def percentile(part: float, one: Round) -> float:
        return sorted(one.durations)[int(len(one.durations) * part)] * 1_000

    return Figures(
        requests_per_second=median(lambda one: len(one.durations) / ROUND_SECONDS),
        p50_ms=median(partial(percentile, 0.5)),
        p99_ms=median(partial(percentile, 0.99)),
        cpu_us_per_request=median(lambda one: one.cpu_seconds / len(one.durations) * 1e6),
    )


@asynccontextmanager
async def running(address: Address, *command: str) -> AsyncIterator[int]:
    """Run a process until the end of the block; yields its pid once `address` accepts."""
    process = await asyncio.create_subprocess_exec(*command)
    try:
        async with asyncio.timeout(5):
            while not accepts(address):  # noqa: ASYNC110 - another process does not tell
                await asyncio.sleep(0.02)
        yield process.pid
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def worker_of(pid: int) -> int:
    """The only child of a process."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


async def start_peers(folder: Path, stack: AsyncExitStack) -> dict[str, Peer]:
    (folder / "bench_site.py").write_text(SITE)
    path = str(folder / "site.sock")
    site = [sys.executable, "-m", "uvicorn", "--app-dir", str(folder), "bench_site:app"]
    site += ["--uds", path, "--log-level", "warning", "--no-access-log"]
    site_pid = await stack.enter_async_context(running(path, *site))
    port = free_port()
    proxy = [sys.executable, "-m", "bench.proxy", str(port), path, str(folder / "access.log")]
    proxy_pid = await stack.enter_async_context(running(port, *proxy))
    peers = {"direct": Peer(path, site_pid), "sitedeck": Peer(port, proxy_pid)}
    nginx = shutil.which("nginx")
    if nginx is not None:
        port = free_port()
        config = folder / "nginx.conf"
        user = "" if os.geteuid() else "user root;"  # its worker must reach the site's socket
        values = {"folder": folder, "socket": path, "port": port, "user": user}
        config.write_text(NGINX % values)
        nginx_pid = await stack.enter_async_context(running(port, nginx, "-c", str(config)))
        peers["nginx"] = Peer(port, worker_of(nginx_pid))
    return peers


async def compare() -> dict[str, Figures]:
    with tempfile.TemporaryDirectory() as name:
        async with AsyncExitStack() as stack:
            peers = await start_peers(Path(name), stack)
            rounds: dict[str, list[Round]] = {peer: [] for peer in peers}
            for _ in range(ROUNDS):
                for peer in peers:
                    rounds[peer].append(await measure(peers[peer], ROUND_SECONDS))
    return {peer: summarize(rounds[peer]) for peer in peers}


async def serve(port: int, socket_path: str, log: Path) -> None:
    """The proxy alone, with its access log in a file, until it is terminated."""
    with log.open("ab", buffering=65_536) as file:

        def record(_domain: str, line: bytes) -> None:
            file.write(line)

        proxy = Proxy(BenchDirectory(BenchSite(socket_path)), record)
        await proxy.start("127.0.0.1", port)
        await asyncio.Event().wait()


def report(figures: dict[str, Figures]) -> dict[str, object]:
    """The results as they are printed and written: figures of each peer and ratios."""
    direct, ours, nginx = (figures.get(name) for name in ("direct", "sitedeck", "nginx"))
    assert direct is not None and ours is not None
    result: dict[str, object] = {
        "peers": {name: asdict(value) for name, value in figures.items()},
        "added_p50_ms": round(ours.p50_ms - direct.p50_ms, 3),
        "added_p99_ms": round(ours.p99_ms - direct.p99_ms, 3),
        "rate_to_direct": round(ours.requests_per_second / direct.requests_per_second, 3),
    }
    if nginx is not None:
        result["rate_to_nginx"] = round(ours.requests_per_second / nginx.requests_per_second, 3)
        result["cpu_to_nginx"] = round(ours.cpu_us_per_request / nginx.cpu_us_per_request, 3)
    return result


def main() -> None:
    """Without arguments compare all peers; with PORT SOCKET LOG be the proxy of a comparison."""
    if len(sys.argv) == 4:
        uvloop.run(serve(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
        return
    text = json.dumps(report(uvloop.run(compare())), indent=2)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
