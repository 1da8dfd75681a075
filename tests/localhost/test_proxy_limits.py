"""How the proxy stays bounded: connections, requests in flight, memory, and its own end."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.localhost.proxy.server import Proxy
from app.models import HostState
from tests.localhost.proxy_kit import (
    GET,
    QUICK,
    Answer,
    Directory,
    Request,
    bare_site,
    stage,
    until,
)

pytestmark = pytest.mark.anyio

PIECE = b"x" * 65_536
# Two socket buffers, two transports' buffers and one read on the way; far below what is sent.
BOUND = 16_000_000


async def test_a_client_that_does_not_read_makes_the_site_wait(tmp_path: Path) -> None:
    written = 0

    async def flood(_: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(PIECE) * 1_000))
        for _number in range(1_000):
            writer.write(PIECE)
            await writer.drain()
            written += len(PIECE)

    async with stage(tmp_path, flood) as it:
        reader, writer = await asyncio.open_connection("127.0.0.1", it.port, limit=1_000)
        writer.write(GET)
        await until_still(lambda: written)
        assert 0 < written < BOUND
        async with asyncio.timeout(20):
            await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(len(PIECE) * 1_000)
        writer.close()
        await writer.wait_closed()


async def test_a_site_that_does_not_read_makes_the_client_wait(tmp_path: Path) -> None:
    proceed = asyncio.Event()
    received = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal received
        await reader.readuntil(b"\r\n\r\n")
        await proceed.wait()
        while received < len(PIECE) * 1_000:
            received += len(await reader.read(1_000_000))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await reader.read()

    sent = 0

    async def upload(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        for _ in range(1_000):
            writer.write(PIECE)
            await writer.drain()
            sent += len(PIECE)

    head = b"POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: %d\r\n\r\n"
    async with (
        stage(tmp_path, is_up=False) as it,
        bare_site(it.site.socket_path, serve),
        it.client() as client,
    ):
        client.write(head % (len(PIECE) * 1_000))
        uploading = asyncio.create_task(upload(client.writer))
        await until_still(lambda: sent)
        assert 0 < sent < BOUND
        proceed.set()
        assert (await client.answer()).status == 204
        await uploading


async def test_a_chunked_body_waits_for_its_site_and_arrives_whole(tmp_path: Path) -> None:
    proceed = asyncio.Event()
    count = 200
    received = bytearray()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await proceed.wait()
        while size := int(await reader.readline(), 16):
            received.extend((await reader.readexactly(size + 2))[:-2])
        assert await reader.readline() == b"\r\n"
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await reader.read()

    sent = 0

    async def upload(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        for number in range(count):
            writer.write(b"10000\r\n%b\r\n" % (bytes([number]) * 65_536))
            await writer.drain()
            sent += 65_536
        writer.write(b"0\r\n\r\n")

    head = b"POST / HTTP/1.1\r\nHost: shop.localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with (
        stage(tmp_path, is_up=False) as it,
        bare_site(it.site.socket_path, serve),
    ):
        reader, writer = await open_with_small_buffers(it.port)
        writer.write(head)
        uploading = asyncio.create_task(upload(writer))
        await until_still(lambda: sent)
        assert 0 < sent < count * 65_536
        proceed.set()
        async with asyncio.timeout(20):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204 ")
        await uploading
        assert received == b"".join(bytes([number]) * 65_536 for number in range(count))
        writer.close()
        await writer.wait_closed()


async def open_with_small_buffers(
    port: int,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection in which the system keeps little, so that waiting is felt soon."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
    client.setblocking(False)
    await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", port))
    return await asyncio.open_connection(sock=client)


async def test_a_body_waits_at_the_client_while_its_site_is_coming_up(tmp_path: Path) -> None:
    sent = 0
    head = b"POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 65536000\r\n\r\n"
    async with stage(tmp_path, state=HostState.STARTING) as it, it.client() as client:
        client.write(head)

        async def upload() -> None:
            nonlocal sent
            while True:
                client.write(PIECE)
                await client.writer.drain()
                sent += len(PIECE)

        uploading = asyncio.create_task(upload())
        await until_still(lambda: sent)
        assert 0 < sent < BOUND
        uploading.cancel()
        await asyncio.gather(uploading, return_exceptions=True)
        client.writer.transport.abort()


async def until_still(value: Callable[[], int]) -> None:
    """Wait until `value` is above zero and has not changed for 0.2 s."""
    async with asyncio.timeout(10):
        before = -1
        while value() != before or not before:
            before = value()
            await asyncio.sleep(0.2)


async def test_a_client_that_stops_reading_for_long_is_dropped(tmp_path: Path) -> None:
    async def flood(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(PIECE)
            await writer.drain()

    limits = replace(QUICK, idle_seconds=0.2)
    async with stage(tmp_path, flood, limits=limits) as it:
        _, writer = await asyncio.open_connection("127.0.0.1", it.port, limit=1_000)
        writer.write(GET)
        await until(lambda: it.upstream.lost == 1)
        writer.close()


async def test_requests_beyond_the_limit_of_a_site_are_told_to_come_back(tmp_path: Path) -> None:
    async def wait(_: Request, writer: asyncio.StreamWriter) -> None:
        await proceed.wait()
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    proceed = asyncio.Event()
    limits = replace(QUICK, in_flight_per_site=3)
    async with stage(tmp_path, wait, limits=limits) as it:
        waiting = [asyncio.create_task(it.get()) for _ in range(3)]
        await until(lambda: len(it.upstream.requests) == 3)
        refused = await it.get()
        proceed.set()
        assert [answer.status for answer in await asyncio.gather(*waiting)] == [204] * 3
        assert (refused.status, refused.headers["retry-after"]) == (503, "2")
        assert (await it.get()).status == 204


async def test_at_most_100_requests_wait_for_a_site(tmp_path: Path) -> None:
    async with stage(tmp_path, state=HostState.STARTING, is_up=False) as it:
        waiting = [asyncio.create_task(it.get()) for _ in range(100)]
        await until(lambda: it.site.waiting == 100)
        assert (await it.get()).status == 503
        await it.upstream.start()
        it.site.state = HostState.RUNNING
        it.site.ready.set()
        assert {answer.status for answer in await asyncio.gather(*waiting)} == {200}


async def test_only_a_few_idle_connections_to_a_site_are_kept(tmp_path: Path) -> None:
    limits = replace(QUICK, idle_upstreams_per_site=2)
    async with stage(tmp_path, limits=limits) as it:
        await asyncio.gather(*(it.get() for _ in range(10)))
        await until(lambda: it.upstream.connections - it.upstream.lost <= 2)


async def test_connections_beyond_the_limit_are_turned_away(tmp_path: Path) -> None:
    limits = replace(QUICK, connections=2)
    async with stage(tmp_path, limits=limits) as it, it.client() as first, it.client() as second:
        for client in (first, second):
            client.write(GET)
            await client.answer()
        assert (await it.send(b"")).startswith(b"HTTP/1.1 503 ")
        await first.close()
        await until_served(it.get)


async def until_served(get: Callable[[], Awaitable[Answer]]) -> None:
    """Try until a place is free again."""
    async with asyncio.timeout(5):
        while (await get()).status != 200:  # noqa: ASYNC110 - nothing tells of these changes
            await asyncio.sleep(0.01)


async def test_fifty_clients_keep_their_connections(tmp_path: Path) -> None:
    async with stage(tmp_path) as it:

        async def visit() -> int:
            async with it.client() as client:
                for _ in range(20):
                    client.write(GET)
                    assert (await client.answer()).body == b"hello"
            return 20

        assert sum(await asyncio.gather(*(visit() for _ in range(50)))) == 1_000
        assert len(it.log) == 1_000


async def test_a_port_that_is_taken_is_an_error(tmp_path: Path) -> None:
    async with stage(tmp_path) as it:
        other = Proxy(Directory(), lambda _domain, _line: None)
        with pytest.raises(OSError, match="address already in use"):
            await other.start("127.0.0.1", it.port)
        assert other.address is None
        await other.close()


async def test_closing_ends_every_connection_within_a_second(tmp_path: Path) -> None:
    left = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nendless")
        await reader.read()
        left.set()

    async with (
        stage(tmp_path, is_up=False) as it,
        bare_site(it.site.socket_path, serve),
        it.client() as busy,
        it.client() as idle,
    ):
        busy.write(GET)
        await busy.reader.readuntil(b"endless")
        async with asyncio.timeout(1):
            await it.proxy.close()
        assert it.proxy.address is None
        with pytest.raises(ConnectionResetError):
            await busy.read_to_end()
        assert await idle.read_to_end() == b""
        await left.wait()


async def test_closing_lets_a_running_answer_complete(tmp_path: Path) -> None:
    async def slow(_: Request, writer: asyncio.StreamWriter) -> None:
        await closing.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlast")

    closing = asyncio.Event()
    async with stage(tmp_path, slow) as it, it.client() as client:
        client.write(GET)
        await until(lambda: len(it.upstream.requests) == 1)
        closed = asyncio.create_task(it.proxy.close())
        await until(lambda: it.proxy.is_closing)
        closing.set()
        answer = await client.answer()
        assert (answer.body, answer.headers["connection"]) == (b"last", "close")
        await closed


async def test_a_closed_proxy_can_start_again(tmp_path: Path) -> None:
    async with stage(tmp_path) as it:
        await it.proxy.close()
        await it.proxy.start("127.0.0.1", 0)
        assert (await it.get()).status == 200
