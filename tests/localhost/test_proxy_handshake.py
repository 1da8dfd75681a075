"""The opening handshake of a WebSocket: what is refused, what passes, who has to agree."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from app.models import HostState
from tests.localhost.proxy_kit import GET, HELLO, QUICK, Request, saying, stage, until
from tests.localhost.websocket_kit import (
    FIELDS,
    HANDSHAKE,
    HOST,
    KEY,
    accept_of,
    handshake,
    says_back,
    switch,
    switched_stage,
    switching,
)

pytestmark = pytest.mark.anyio

POST = b"POST / HTTP/1.1\r\n"
NO_HANDSHAKE = {
    "another method": handshake(POST),
    "HEAD": handshake(b"HEAD / HTTP/1.1\r\n"),
    "HTTP/1.0": handshake(b"GET / HTTP/1.0\r\n"),
    "no Connection": handshake(connection=b""),
    "another Connection": handshake(connection=b"Connection: keep-alive\r\n"),
    "no key": handshake(key=b""),
    "an empty key": handshake(key=b"Sec-WebSocket-Key:\r\n"),
    "a short key": handshake(key=b"Sec-WebSocket-Key: c2hvcnQ=\r\n"),
    "a long key": handshake(key=b"Sec-WebSocket-Key: " + b"A" * 26 + b"==\r\n"),
    "a key that is no Base64": handshake(key=b"Sec-WebSocket-Key: " + b"-" * 22 + b"==\r\n"),
    "two keys": handshake(extra=FIELDS["key"]),
    "a body": handshake(extra=b"Content-Length: 3\r\n") + b"abc",
    "a chunked body": handshake(extra=b"Transfer-Encoding: chunked\r\n") + b"0\r\n\r\n",
}
WRONG_VERSION = {
    "no version": b"",
    "an old version": b"Sec-WebSocket-Version: 8\r\n",
    "two versions": FIELDS["version"] * 2,
    "a list of versions": b"Sec-WebSocket-Version: 13, 8\r\n",
}
UNAGREED = {
    "another accept": switching(accept_of(b"AAAAAAAAAAAAAAAAAAAAAA==")),
    "no accept": switching().replace(b"Sec-WebSocket-Accept", b"X-Accept"),
    "two accepts": switching(extra=b"Sec-WebSocket-Accept: " + accept_of() + b"\r\n"),
    "another protocol": switching().replace(b"Upgrade: websocket", b"Upgrade: h2c"),
    "no Upgrade": switching().replace(b"Upgrade: websocket\r\n", b""),
    "no Connection": switching().replace(b"Connection: Upgrade\r\n", b""),
}


@pytest.mark.parametrize("raw", NO_HANDSHAKE.values(), ids=NO_HANDSHAKE.keys())
async def test_what_is_no_handshake_is_answered_with_400_and_the_end(
    tmp_path: Path, raw: bytes
) -> None:
    async with stage(tmp_path) as it:
        answer = await it.send(raw + GET)
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert answer.count(b"HTTP/1.1 ") == 1
        assert it.upstream.connections == 0


@pytest.mark.parametrize("version", WRONG_VERSION.values(), ids=WRONG_VERSION.keys())
async def test_another_version_is_answered_with_the_one_that_is_spoken(
    tmp_path: Path, version: bytes
) -> None:
    async with stage(tmp_path) as it:
        answer = await it.get(handshake(version=version))
        assert answer.status == 426
        assert answer.headers["sec-websocket-version"] == "13"
        assert answer.headers["upgrade"] == "websocket"
        assert b"connection: Upgrade\r\n" in answer.raw_head
        assert it.upstream.connections == 0


async def test_a_websocket_of_an_unknown_host_is_not_found(tmp_path: Path) -> None:
    async with stage(tmp_path) as it:
        raw = HANDSHAKE.replace(HOST, b"Host: nobody.localhost\r\n")
        assert (await it.get(raw)).status == 404


async def test_a_site_sees_the_handshake_without_what_is_not_its_own(tmp_path: Path) -> None:
    extra = (
        b"Origin: http://elsewhere.example\r\nCookie: a=1; sd=secret; __Host-sd=secret\r\n"
        b"Sec-WebSocket-Protocol: chat, soap\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"
        b"X-Forwarded-For: 9.9.9.9\r\nX_Real_IP: 9.9.9.9\r\nKeep-Alive: timeout=5\r\n"
    )
    async with stage(tmp_path, saying(HELLO)) as it:
        await it.get(handshake(extra=extra))
        seen = it.upstream.requests[0]
    assert seen.lines[0] == b"GET /chat?room=1 HTTP/1.1"
    assert seen.values("connection") == [b"Upgrade"]
    assert seen.values("upgrade") == [b"websocket"]
    assert seen.values("sec-websocket-key") == [KEY]
    assert seen.values("sec-websocket-version") == [b"13"]
    assert seen.values("sec-websocket-protocol") == [b"chat, soap"]
    assert seen.values("sec-websocket-extensions") == [b"permessage-deflate"]
    assert seen.values("origin") == [b"http://elsewhere.example"]
    assert seen.values("cookie") == [b"a=1"]
    assert seen.values("x-forwarded-for") == [b"127.0.0.1"]
    assert seen.values("x_real_ip") + seen.values("keep-alive") == []


async def test_a_client_sees_the_sites_agreement_without_the_dashboards_cookie(
    tmp_path: Path,
) -> None:
    extra = b"Sec-WebSocket-Protocol: chat\r\nSet-Cookie: sd=x\r\nSet-Cookie: a=1\r\n"
    async with stage(tmp_path, saying(switching(extra=extra))) as it, it.client() as client:
        client.write(HANDSHAKE)
        answer = await client.head()
    assert answer.status == 101
    assert answer.headers["upgrade"] == "websocket"
    assert answer.headers["connection"] == "Upgrade"
    assert answer.headers["sec-websocket-accept"] == accept_of().decode()
    assert answer.headers["sec-websocket-protocol"] == "chat"
    assert answer.headers["set-cookie"] == "a=1"
    assert b"content-length" not in answer.raw_head
    assert b"transfer-encoding" not in answer.raw_head


@pytest.mark.parametrize("answer", UNAGREED.values(), ids=UNAGREED.keys())
async def test_a_site_that_does_not_agree_properly_is_a_bad_gateway(
    tmp_path: Path, answer: bytes
) -> None:
    async with stage(tmp_path, saying(answer + b"secret")) as it:
        seen = await it.send(HANDSHAKE)
        assert seen.startswith(b"HTTP/1.1 502 ")
        assert b"secret" not in seen
        await until(lambda: it.upstream.lost == 1)


async def test_a_sites_refusal_passes_and_ends_the_connection(tmp_path: Path) -> None:
    refusal = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"
    async with stage(tmp_path, saying(refusal)) as it:
        seen = await it.send(HANDSHAKE + GET)
        assert seen.startswith(b"HTTP/1.1 403 ")
        assert b"connection: close\r\n" in seen
        assert seen.endswith(b"\r\n\r\nno")
        assert len(it.upstream.requests) == 1
        await until(lambda: it.upstream.lost == 1)


async def test_a_site_sees_nothing_of_the_client_before_it_has_agreed(tmp_path: Path) -> None:
    agree = asyncio.Event()
    early = asyncio.get_running_loop().create_future()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        waiting = asyncio.create_task(reader.read(100))
        await agree.wait()
        assert not waiting.done()
        writer.write(switching() + b"welcome")
        early.set_result(await waiting)

    async with switched_stage(tmp_path, serve) as it, it.client() as client:
        client.write(HANDSHAKE + b"early")
        await until(lambda: it.proxy.address is not None)
        agree.set()
        assert (await client.head()).status == 101
        assert await client.reader.readexactly(7) == b"welcome"
        assert await early == b"early"


async def test_an_interim_answer_may_come_before_the_agreement(tmp_path: Path) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nSec-WebSocket-Accept: wrong\r\n\r\n"
    async with stage(tmp_path, saying(hints + switching())) as it, it.client() as client:
        client.write(HANDSHAKE)
        assert [(await client.head()).status for _ in range(2)] == [103, 101]


async def test_an_agreement_nobody_asked_for_is_a_bad_gateway(tmp_path: Path) -> None:
    async with stage(tmp_path, saying(switching() + b"secret")) as it:
        answer = await it.get()
        assert answer.status == 502
        assert b"secret" not in answer.body


async def test_a_client_that_leaves_before_its_site_is_up_is_let_go(tmp_path: Path) -> None:
    async with stage(tmp_path, state=HostState.STARTING) as it:
        async with it.client() as client:
            client.write(HANDSHAKE)
            await until(lambda: it.site.waiting == 1)
        await until(lambda: len(it.log) == 1 and it.site.waiting == 0)


async def test_a_client_that_leaves_before_the_site_agrees_is_logged_as_gone(
    tmp_path: Path,
) -> None:
    async def never(_: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with stage(tmp_path, never) as it:
        async with it.client() as client:
            client.write(HANDSHAKE)
            await until(lambda: it.upstream.requests != [])
        await until(lambda: len(it.log) == 1)
        assert b'HTTP/1.1" 499 0 ' in it.log[0][1]


async def test_a_site_that_never_agrees_is_too_slow(tmp_path: Path) -> None:
    async def never(_: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    limits = replace(QUICK, first_byte_seconds=0.1)
    async with stage(tmp_path, never, limits=limits) as it:
        assert (await it.send(HANDSHAKE)).startswith(b"HTTP/1.1 504 ")


async def test_a_websocket_waits_for_a_site_that_is_coming_up(tmp_path: Path) -> None:
    async with switched_stage(tmp_path) as it, it.client() as client:
        it.site.state = HostState.STARTING
        client.write(HANDSHAKE)
        await until(lambda: it.site.waiting == 1)
        it.site.state = HostState.RUNNING
        it.site.ready.set()
        assert (await client.head()).status == 101
        await says_back(client)


async def test_a_websocket_never_uses_a_kept_connection(tmp_path: Path) -> None:
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(switching() if b"upgrade" in head else HELLO)
        await reader.read()

    async with switched_stage(tmp_path, serve) as it:
        assert (await it.get()).body == b"hello"
        async with it.client() as client:
            await switch(client)
        assert connections == 2
