"""An open WebSocket: bytes both ways with back-pressure, for as long as both ends want it."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.localhost.proxy_kit import GET, QUICK, Connection, until
from tests.localhost.test_proxy_limits import BOUND, PIECE, until_still
from tests.localhost.websocket_kit import HANDSHAKE, says_back, switch, switched_stage, switching

pytestmark = pytest.mark.anyio

ALL_BYTES = bytes(range(256))


@pytest.fixture(
    params=[("asyncio", {"use_uvloop": False}), ("asyncio", {"use_uvloop": True})],
    ids=["asyncio", "uvloop"],
)
def anyio_backend(request: pytest.FixtureRequest) -> object:
    """How connections end differs between event loops; the daemon runs on uvloop."""
    return request.param


async def test_bytes_pass_both_ways_unchanged(tmp_path: Path) -> None:
    async with switched_stage(tmp_path) as it, it.client() as client:
        await switch(client)
        for _ in range(3):
            await says_back(client, ALL_BYTES * 1_000)
        await says_back(client, GET)


async def test_a_silent_websocket_stays_open(tmp_path: Path) -> None:
    limits = replace(QUICK, idle_seconds=0.05, head_seconds=0.05, first_byte_seconds=0.05)
    async with switched_stage(tmp_path, limits=limits) as it, it.client() as client:
        await switch(client)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.4):
                await client.reader.read(1)
        await says_back(client)


async def test_the_log_has_one_line_when_it_has_ended(tmp_path: Path) -> None:
    async with switched_stage(tmp_path) as it:
        async with it.client() as client:
            await switch(client)
            await says_back(client, b"a" * 1_234)
            assert it.log == []
        await until(lambda: it.log != [])
        ((domain, line),) = it.log
    assert domain == "shop.localhost"
    assert re.search(
        rb'"GET /chat\?room=1 HTTP/1\.1" 101 1234 "-" "-" "127\.0\.0\.1" response-time=\d', line
    )


async def test_a_client_that_does_not_read_makes_the_site_wait(tmp_path: Path) -> None:
    written = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        await reader.readuntil(b"\r\n\r\n")
        writer.write(switching())
        for _ in range(600):
            writer.write(PIECE)
            await writer.drain()
            written += len(PIECE)

    async with switched_stage(tmp_path, flood) as it:
        reader, writer = await asyncio.open_connection("127.0.0.1", it.port, limit=1_000)
        writer.write(HANDSHAKE)
        await until_still(lambda: written)
        assert 0 < written < BOUND
        async with asyncio.timeout(20):
            await reader.readuntil(b"\r\n\r\n")
            assert len(await reader.read()) == len(PIECE) * 600
        writer.close()
        await writer.wait_closed()


async def test_a_site_that_does_not_read_makes_the_client_wait(tmp_path: Path) -> None:
    proceed = asyncio.Event()
    sent = received = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal received
        await reader.readuntil(b"\r\n\r\n")
        writer.write(switching())
        await proceed.wait()
        while data := await reader.read(1_000_000):
            received += len(data)

    async def upload(client: Connection) -> None:
        nonlocal sent
        for _ in range(600):
            client.write(PIECE)
            await client.writer.drain()
            sent += len(PIECE)
        client.writer.write_eof()

    async with switched_stage(tmp_path, serve) as it, it.client() as client:
        await switch(client)
        uploading = asyncio.create_task(upload(client))
        await until_still(lambda: sent)
        assert 0 < sent < BOUND
        proceed.set()
        await uploading
        await client.read_to_end()
        assert received == len(PIECE) * 600


async def test_a_client_that_ends_its_side_still_hears_the_goodbye(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(switching())
        writer.write(b"got %d, goodbye" % len(await reader.read()))

    async with switched_stage(tmp_path, serve) as it, it.client() as client:
        await switch(client)
        client.write(b"a" * 500_000)
        client.writer.write_eof()
        assert await client.read_to_end() == b"got 500000, goodbye"
        await until(lambda: len(it.log) == 1)


async def test_a_site_that_never_says_goodbye_is_left(tmp_path: Path) -> None:
    left = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(switching())
        await reader.read()
        try:
            while True:
                writer.write(b"a")
                await writer.drain()
                await asyncio.sleep(0.01)
        except ConnectionError:
            left.set()
            raise

    limits = replace(QUICK, linger_seconds=0.1)
    async with switched_stage(tmp_path, serve, limits=limits) as it, it.client() as client:
        await switch(client)
        client.writer.write_eof()
        await left.wait()
        await until(lambda: len(it.log) == 1)


async def test_a_client_that_vanishes_is_felt_by_the_site(tmp_path: Path) -> None:
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(switching())
        await reader.read()
        ended.set()

    async with switched_stage(tmp_path, serve) as it, it.client() as client:
        await switch(client)
        client.writer.transport.abort()
        await ended.wait()
        await until(lambda: len(it.log) == 1)


async def test_what_a_site_says_before_it_ends_arrives(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(switching() + b"b" * 3_000_000)

    async with switched_stage(tmp_path, serve) as it, it.client() as client:
        await switch(client)
        assert await client.read_to_end() == b"b" * 3_000_000
        await until(lambda: len(it.log) == 1)
        assert b'" 101 3000000 "' in it.log[0][1]


async def test_a_client_that_takes_nothing_for_long_is_dropped(tmp_path: Path) -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(switching())
        while True:
            writer.write(PIECE)
            await writer.drain()

    limits = replace(QUICK, idle_seconds=0.2)
    async with switched_stage(tmp_path, flood, limits=limits) as it:
        _, writer = await asyncio.open_connection("127.0.0.1", it.port, limit=1_000)
        writer.write(HANDSHAKE)
        await until(lambda: len(it.log) == 1)
        writer.transport.abort()


async def test_open_websockets_count_as_requests_of_the_site(tmp_path: Path) -> None:
    limits = replace(QUICK, in_flight_per_site=2)
    async with switched_stage(tmp_path, limits=limits) as it:
        async with it.client() as first, it.client() as second:
            await switch(first)
            await switch(second)
            assert (await it.get(HANDSHAKE)).status == 503
            await says_back(first)
        await until(lambda: len(it.log) == 3)
        async with it.client() as again:
            await switch(again)


async def test_open_websockets_count_as_connections(tmp_path: Path) -> None:
    limits = replace(QUICK, connections=1)
    async with switched_stage(tmp_path, limits=limits) as it, it.client() as client:
        await switch(client)
        assert b"503" in await it.send(GET)
        await says_back(client)


async def test_closing_the_proxy_ends_websockets_at_once(tmp_path: Path) -> None:
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(switching())
        await reader.read()
        ended.set()

    async with switched_stage(tmp_path, serve) as it, it.client() as client:
        await switch(client)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await it.proxy.close()
        assert loop.time() - began < 0.5
        assert await client.read_to_end() == b""
        await ended.wait()
        assert len(it.log) == 1
