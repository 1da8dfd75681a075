"""A site with WebSockets, served by a real uvicorn behind the proxy."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from app.localhost.proxy.server import Proxy
from tests.localhost.proxy_kit import DEADLINE, HOST, QUICK, Directory, Site, until
from tests.localhost.test_proxy_uvicorn import accepts

APP = """
import asyncio, hashlib, json

async def app(scope, receive, send):
    if scope["type"] == "http":
        await upload(receive, send)
    elif scope["type"] == "websocket":
        await receive()
        await {"/echo": echo, "/refuse": refuse, "/goodbye": goodbye, "/scope": tell}[
            scope["path"]](scope, receive, send)

async def upload(receive, send):
    digest, size, is_more = hashlib.sha256(), 0, True
    while is_more:
        message = await receive()
        digest.update(message.get("body", b""))
        size += len(message.get("body", b""))
        is_more = message.get("more_body", False)
        await asyncio.sleep(0.001)
    text = f"{size} {digest.hexdigest()}".encode()
    headers = [(b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text})

async def echo(scope, receive, send):
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message.get("text"),
                    "bytes": message.get("bytes")})

async def refuse(scope, receive, send):
    await send({"type": "websocket.close", "code": 4003})

async def goodbye(scope, receive, send):
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": "bye"})
    await send({"type": "websocket.close", "code": 4000, "reason": "done"})

async def tell(scope, receive, send):
    await send({"type": "websocket.accept", "subprotocol": scope["subprotocols"][-1]})
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    seen = {"scheme": scope["scheme"], "client": scope["client"], "headers": headers}
    await send({"type": "websocket.send", "text": json.dumps(seen)})
    await receive()
"""


def write_app(folder: Path) -> list[str]:
    """The command, without the socket, that serves the site from `folder`."""
    (folder / "talking_site.py").write_text(APP)
    return [sys.executable, "-m", "uvicorn", "--app-dir", str(folder), "talking_site:app"]


@dataclass
class TalkingSite:
    """A proxy on `port` in front of a uvicorn `process`; `lines` are access-log lines."""

    proxy: Proxy
    process: asyncio.subprocess.Process
    lines: list[bytes]

    @property
    def port(self) -> int:
        assert self.proxy.address is not None
        return self.proxy.address[1]

    def connect(self, path: str, **options: Any) -> connect:
        return connect_to(self.port, path, **options)


def connect_to(port: int, path: str, **options: Any) -> connect:
    """A client of the site behind the proxy on `port`."""
    return connect(
        f"ws://{HOST}:{port}{path}",
        host="127.0.0.1",
        proxy=None,
        max_size=None,
        open_timeout=DEADLINE,
        close_timeout=DEADLINE,
        **options,
    )


async def says_back(client: ClientConnection, data: str | bytes) -> None:
    await client.send(data)
    assert await client.recv() == data


@asynccontextmanager
async def talking_site(folder: Path) -> AsyncIterator[TalkingSite]:
    """The site in a process of its own, with a proxy in front."""
    path = folder / "u.sock"
    process = await asyncio.create_subprocess_exec(
        *write_app(folder),
        *("--uds", str(path), "--log-level", "warning"),
        env={"FORWARDED_ALLOW_IPS": "*"},
    )
    lines: list[bytes] = []
    proxy = Proxy(Directory(Site(str(path))), lambda _, line: lines.append(line), QUICK)
    try:
        await until(lambda: accepts(path))
        await proxy.start("127.0.0.1", 0)
        yield TalkingSite(proxy, process, lines)
    finally:
        await proxy.close()
        if process.returncode is None:
            process.kill()
        await process.wait()
