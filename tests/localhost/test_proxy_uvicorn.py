"""The proxy in front of a real uvicorn process, on both event loops."""

import asyncio
import http.client
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from app.localhost.proxy.server import Proxy
from tests.localhost.proxy_kit import DEADLINE, HOST, Directory, Site, until

APP = """
import asyncio

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    if scope["path"] == "/events":
        await send({"type": "http.response.start", "status": 200,
                    "headers": [(b"content-type", b"text/event-stream")]})
        for number in range(3):
            data = b"data: %d\\n\\n" % number
            await send({"type": "http.response.body", "body": data, "more_body": True})
            await asyncio.sleep(0.05)
        await send({"type": "http.response.body", "body": b""})
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    text = b"%b %d" % (scope["method"].encode(), len(body))
    await send({"type": "http.response.start", "status": 200,
                "headers": [(b"content-length", str(len(text)).encode())]})
    await send({"type": "http.response.body", "body": text})
"""


@pytest.fixture(
    params=[("asyncio", {"use_uvloop": False}), ("asyncio", {"use_uvloop": True})],
    ids=["asyncio", "uvloop"],
)
def anyio_backend(request: pytest.FixtureRequest) -> object:
    """The daemon runs on uvloop; the proxy must not depend on it."""
    return request.param


pytestmark = pytest.mark.anyio


@asynccontextmanager
async def uvicorn_site(folder: Path) -> AsyncIterator[tuple[int, list[bytes]]]:
    """(port of a proxy in front of a uvicorn process, access-log lines)."""
    (folder / "shop_site.py").write_text(APP)
    path = folder / "u.sock"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "uvicorn", "--app-dir", str(folder), "shop_site:app"),
        *("--uds", str(path), "--log-level", "warning"),
    )
    lines: list[bytes] = []
    proxy = Proxy(Directory(Site(str(path))), lambda _, line: lines.append(line))
    try:
        await until(lambda: accepts(path))
        await proxy.start("127.0.0.1", 0)
        assert proxy.address is not None
        yield proxy.address[1], lines
    finally:
        await proxy.close()
        process.kill()
        await process.wait()


def accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def converse(port: int) -> list[bytes]:
    """Many requests of different kinds on one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
    bodies = []
    for method, body in [("GET", None), ("POST", b"a" * 300_000), ("HEAD", None), ("PUT", b"b")]:
        connection.request(method, "/", body=body, headers={"Host": HOST})
        bodies.append(connection.getresponse().read())
    pieces = (piece for piece in [b"c" * 10_000] * 3)
    connection.request("POST", "/", body=pieces, headers={"Host": HOST}, encode_chunked=True)
    bodies.append(connection.getresponse().read())
    connection.close()
    return bodies


async def test_one_connection_carries_requests_of_every_kind(tmp_path: Path) -> None:
    async with uvicorn_site(tmp_path) as (port, lines):
        bodies = await anyio.to_thread.run_sync(converse, port)
        assert bodies == [b"GET 0", b"POST 300000", b"", b"PUT 1", b"POST 30000"]
        assert len(lines) == 5


async def test_fifty_clients_at_once_are_served(tmp_path: Path) -> None:
    async with uvicorn_site(tmp_path) as (port, lines):
        async with asyncio.TaskGroup() as group:
            for _ in range(50):
                group.create_task(visit(port, 10))
        assert len(lines) == 500


async def visit(port: int, count: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(count):
        writer.write(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK")
        assert await reader.readexactly(5) == b"GET 0"
    writer.close()
    await writer.wait_closed()


async def test_server_sent_events_arrive_one_by_one(tmp_path: Path) -> None:
    async with uvicorn_site(tmp_path) as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /events HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        loop = asyncio.get_running_loop()
        times = []
        for number in range(3):
            assert b"data: %d\n\n" % number in await reader.readuntil(b"\n\n\r\n")
            times.append(loop.time())
        assert await reader.readexactly(5) == b"0\r\n\r\n"
        assert times[2] - times[0] > 0.05
        writer.close()
        await writer.wait_closed()
