"""WebSockets byte by byte: a handshake, the right answer to it, and raw sites that switch."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha1
from pathlib import Path

from app.localhost.proxy.limits import ProxyLimits
from tests.localhost.proxy_kit import QUICK, Connection, Serving, Stage, bare_site, stage

LINE = b"GET /chat?room=1 HTTP/1.1\r\n"
HOST = b"Host: shop.localhost\r\n"
KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
FIELDS = {
    "connection": b"Connection: keep-alive, Upgrade\r\n",
    "upgrade": b"Upgrade: WebSocket\r\n",
    "version": b"Sec-WebSocket-Version: 13\r\n",
    "key": b"Sec-WebSocket-Key: " + KEY + b"\r\n",
}
HANDSHAKE = LINE + HOST + b"".join(FIELDS.values()) + b"\r\n"


def handshake(line: bytes = LINE, extra: bytes = b"", **changes: bytes) -> bytes:
    """A handshake in which some fields are replaced by other lines, or by none."""
    return line + HOST + b"".join((FIELDS | changes).values()) + extra + b"\r\n"


def accept_of(key: bytes = KEY) -> bytes:
    return b64encode(sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())


def switching(accept: bytes | None = None, extra: bytes = b"") -> bytes:
    """A site's 101 to `HANDSHAKE`."""
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Accept: %b\r\n%b\r\n" % (accept or accept_of(), extra)
    )


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A site that switches and returns every byte until the client ends."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(switching())
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()


@asynccontextmanager
async def switched_stage(
    folder: Path, serve: Serving = echo, *, limits: ProxyLimits = QUICK
) -> AsyncIterator[Stage]:
    """A proxy with a site that speaks raw bytes after its handshake."""
    async with (
        stage(folder, is_up=False, limits=limits) as it,
        bare_site(it.site.socket_path, serve),
    ):
        yield it


async def switch(client: Connection) -> None:
    """Open a WebSocket."""
    client.write(HANDSHAKE)
    assert (await client.head()).status == 101


async def says_back(client: Connection, data: bytes = b"hello") -> None:
    client.write(data)
    assert await client.reader.readexactly(len(data)) == data
