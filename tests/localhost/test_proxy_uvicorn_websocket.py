"""WebSockets and streamed uploads between a real client and a real uvicorn, on both loops."""

import asyncio
import hashlib
import json
import os
import signal
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from tests.localhost.host_kit import LocalHost
from tests.localhost.proxy_kit import DEADLINE, HOST, until
from tests.localhost.websocket_site import connect_to, says_back, talking_site, write_app

pytestmark = pytest.mark.anyio


@pytest.fixture(
    params=[("asyncio", {"use_uvloop": False}), ("asyncio", {"use_uvloop": True})],
    ids=["asyncio", "uvloop"],
)
def anyio_backend(request: pytest.FixtureRequest) -> object:
    """The daemon runs on uvloop; the proxy must not depend on it."""
    return request.param


async def test_messages_of_every_size_come_back(tmp_path: Path) -> None:
    async with talking_site(tmp_path) as site, site.connect("/echo") as client:
        for data in ("hällo", b"", b"\0\xff", os.urandom(200_000), os.urandom(8_000_000), "end"):
            await says_back(client, data)
        await asyncio.wait_for(await client.ping(), DEADLINE)
        await client.close()
        await until(lambda: len(site.lines) == 1)
        assert b'"GET /echo HTTP/1.1" 101 82' in site.lines[0]


async def test_twenty_websockets_talk_at_once(tmp_path: Path) -> None:
    async with talking_site(tmp_path) as site:
        ready = asyncio.Barrier(20)

        async def talk(number: int) -> None:
            async with site.connect("/echo") as client:
                await ready.wait()
                for turn in range(20):
                    await says_back(client, f"{number} {turn} " + "x" * 10_000)

        async with asyncio.TaskGroup() as group:
            for number in range(20):
                group.create_task(talk(number))
        await until(lambda: len(site.lines) == 20)
        assert all(b" 101 " in line for line in site.lines)


async def test_a_site_knows_its_visitor_and_sees_no_session_of_the_dashboard(
    tmp_path: Path,
) -> None:
    async with (
        talking_site(tmp_path) as site,
        site.connect(
            "/scope",
            origin="http://elsewhere.example",
            subprotocols=[Subprotocol("one"), Subprotocol("two")],
            additional_headers={"Cookie": "sd=secret; a=1", "X-Forwarded-Proto": "https"},
        ) as client,
    ):
        assert client.subprotocol == "two"
        seen = json.loads(await client.recv())
        assert seen["scheme"] == "ws"
        assert seen["client"][0] == "127.0.0.1"
        assert seen["headers"]["origin"] == "http://elsewhere.example"
        assert seen["headers"]["cookie"] == "a=1"
        assert seen["headers"]["host"] == f"{HOST}:{site.port}"


async def test_a_refused_websocket_gets_the_sites_answer(tmp_path: Path) -> None:
    async with talking_site(tmp_path) as site:
        with pytest.raises(InvalidStatus) as refusal:
            await site.connect("/refuse")
        assert refusal.value.response.status_code == 403
        await until(lambda: len(site.lines) == 1)
        assert b'"GET /refuse HTTP/1.1" 403 ' in site.lines[0]


async def test_the_last_words_of_a_site_arrive(tmp_path: Path) -> None:
    async with talking_site(tmp_path) as site, site.connect("/goodbye") as client:
        assert await client.recv() == "bye"
        with pytest.raises(ConnectionClosed) as end:
            await client.recv()
        assert end.value.rcvd is not None
        assert (end.value.rcvd.code, end.value.rcvd.reason) == (4000, "done")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, None), (signal.SIGTERM, 1012)])
async def test_a_site_that_dies_ends_its_websockets(
    tmp_path: Path, number: signal.Signals, code: int | None
) -> None:
    async with talking_site(tmp_path) as site, site.connect("/echo") as client:
        await says_back(client, "hello")
        site.process.send_signal(number)
        async with asyncio.timeout(DEADLINE):
            with pytest.raises(ConnectionClosed) as end:
                await client.recv()
        assert (end.value.rcvd and end.value.rcvd.code) == code
        await until(lambda: len(site.lines) == 1)


async def test_closing_the_proxy_leaves_no_websocket(tmp_path: Path) -> None:
    async with talking_site(tmp_path) as site:
        clients = [await site.connect("/echo") for _ in range(5)]
        async with asyncio.timeout(1):
            await site.proxy.close()
        for client in clients:
            with pytest.raises(ConnectionClosed):
                await client.recv()
            await client.close()
        assert len(site.lines) == 5


async def test_a_chunked_upload_of_5_mb_streams_to_a_slow_site(tmp_path: Path) -> None:
    body = os.urandom(5_000_000)
    async with talking_site(tmp_path) as site:
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
        head = f"POST /upload HTTP/1.1\r\nHost: {HOST}\r\nTransfer-Encoding: chunked\r\n\r\n"
        writer.write(head.encode())
        for start in range(0, len(body), 7_919):
            piece = body[start : start + 7_919]
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        async with asyncio.timeout(20):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
            expected = f"{len(body)} {hashlib.sha256(body).hexdigest()}".encode()
            assert await reader.readexactly(len(expected)) == expected
        writer.close()
        await writer.wait_closed()


async def test_a_reload_ends_the_websockets_of_the_old_process_and_takes_new_ones(
    host: LocalHost,
) -> None:
    command = " ".join([*write_app(host.programs), "--uds ${DOMAIN_SOCKET}"])
    host.create(HOST, command)
    host.wait_for_state("running", HOST)
    port = int(host.call("GET", "/api/host/").json()["sites_address"].rpartition(":")[2])
    async with connect_to(port, "/echo") as client:
        await says_back(client, "before")
        host.call("POST", f"/api/v1/user/local/websites/{HOST}/reload/")
        async with asyncio.timeout(DEADLINE):
            with pytest.raises(ConnectionClosed):
                await client.recv()
    async with connect_to(port, "/echo") as client:
        await says_back(client, "after")
        host.call("PATCH", f"/api/v1/user/local/websites/{HOST}/", {"enabled": False})
        async with asyncio.timeout(DEADLINE):
            with pytest.raises(ConnectionClosed):
                await client.recv()
    await until(lambda: host.log(HOST, "access").count(b" 101 ") == 2)
