"""What the proxy refuses: whatever two programs could read differently, and what is too much."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from tests.localhost.proxy_kit import GET, QUICK, saying, stage

pytestmark = pytest.mark.anyio

LINE = b"GET / HTTP/1.1\r\n"
HOST = b"Host: shop.localhost\r\n"
POST = b"POST / HTTP/1.1\r\n" + HOST
END = b"\r\n"

MALFORMED = {
    "no Host": LINE + END,
    "two Hosts": LINE + HOST + HOST + END,
    "an empty Host": LINE + b"Host:\r\n\r\n",
    "a Host with a path": LINE + b"Host: shop.localhost/x\r\n\r\n",
    "a Host with a user": LINE + b"Host: a@shop.localhost\r\n\r\n",
    "HTTP/1.0 without Host": b"GET / HTTP/1.0\r\n\r\n",
    "an absolute target for another host": b"GET http://other.localhost/ HTTP/1.1\r\n" + HOST + END,
    "an absolute target with another port": (
        b"GET http://shop.localhost:81/ HTTP/1.1\r\n" + HOST + END
    ),
    "an absolute target with a user": b"GET http://a@shop.localhost/ HTTP/1.1\r\n" + HOST + END,
    "a target of another scheme": b"GET ftp://shop.localhost/ HTTP/1.1\r\n" + HOST + END,
    "a target with a fragment": b"GET /#x HTTP/1.1\r\n" + HOST + END,
    "an asterisk for GET": b"GET * HTTP/1.1\r\n" + HOST + END,
    "two spaces in the request line": b"GET  / HTTP/1.1\r\n" + HOST + END,
    "no version": b"GET /\r\n" + HOST + END,
    "a method in lower case": b"get / HTTP/1.1\r\n" + HOST + END,
    "length and transfer encoding": (
        POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "transfer encoding and length": (
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"
    ),
    "two lengths": POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "a list of lengths": POST + b"Content-Length: 3, 3\r\n\r\nabc",
    "a length with a sign": POST + b"Content-Length: +3\r\n\r\nabc",
    "an empty length": POST + b"Content-Length:\r\n\r\n",
    "a hexadecimal length": POST + b"Content-Length: 0x3\r\n\r\nabc",
    "another transfer encoding": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": POST + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n0\r\n\r\n",
    "a hidden chunked": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "chunked in HTTP/1.0": (
        b"POST / HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "a folded header": LINE + HOST + b"X: a\r\n b\r\n\r\n",
    "a header folded with a tab": LINE + HOST + b"X: a\r\n\tb\r\n\r\n",
    "a folded first header": LINE + b" X: a\r\n" + HOST + END,
    "a bare line feed": LINE + HOST + b"X: a\nY: b\r\n\r\n",
    "line feeds only": b"GET / HTTP/1.1\nHost: shop.localhost\n\n",
    "a bare carriage return": LINE + HOST + b"X: a\rY: b\r\n\r\n",
    "a NUL": LINE + HOST + b"X: a\0b\r\n\r\n",
    "a space before the colon": LINE + HOST + b"X : a\r\n\r\n",
    "a line without colon": LINE + HOST + b"X\r\n\r\n",
    "a name that is no token": LINE + HOST + b"X@Y: a\r\n\r\n",
    "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 50,
    "noise": b"\xff\xfe\xfd\r\n\r\n",
}
WRONG_CHUNKS = {
    "no size": b"\r\n",
    "a size with a sign": b"+3\r\nabc\r\n",
    "a prefixed size": b"0x3\r\nabc\r\n",
    "a huge size": b"fffffffffffffffff\r\n",
    "a size ended by a line feed": b"3\nabc\r\n",
    "a size with a bare carriage return": b"3\r;\r\nabc\r\n",
    "a chunk without its end": b"3\r\nabcd\r\n",
    "a chunk ended by a line feed": b"3\r\nabc\n0\r\n\r\n",
    "an endless size line": b"3;" + b"a" * 5_000,
    "a trailer that is no header": b"0\r\nno header\r\n\r\n",
    "too many trailers": b"0\r\n" + b"X: %b\r\n" % (b"a" * 3_000) * 10,
}


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED.keys())
async def test_a_malformed_head_is_answered_with_400_and_the_end(
    tmp_path: Path, raw: bytes
) -> None:
    async with stage(tmp_path) as it:
        answer = await it.send(raw + GET)
        assert answer.startswith(b"HTTP/1.1 400 ") or b"HTTP/1.1 505 " in answer[:13]
        assert answer.count(b"HTTP/1.1") == 1
        assert b"connection: close\r\n" in answer
        assert it.upstream.requests == []


@pytest.mark.parametrize("chunks", WRONG_CHUNKS.values(), ids=WRONG_CHUNKS.keys())
async def test_a_malformed_chunk_is_answered_with_400_and_the_end(
    tmp_path: Path, chunks: bytes
) -> None:
    async with stage(tmp_path) as it:
        answer = await it.send(POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
        assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 413 "))
        assert it.upstream.requests == []


@pytest.mark.parametrize("method", [b"CONNECT", b"TRACE"])
async def test_connect_and_trace_are_not_allowed(tmp_path: Path, method: bytes) -> None:
    target = b"shop.localhost:80" if method == b"CONNECT" else b"/"
    async with stage(tmp_path) as it:
        answer = await it.get(b"%b %b HTTP/1.1\r\n%b\r\n" % (method, target, HOST))
    assert answer.status == 405
    assert "GET" in answer.headers["allow"]


async def test_http_2_is_not_spoken(tmp_path: Path) -> None:
    async with stage(tmp_path) as it:
        answer = await it.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 505 ")


async def test_a_good_request_before_a_bad_one_is_answered_first(tmp_path: Path) -> None:
    async with stage(tmp_path) as it:
        answer = await it.send(GET + MALFORMED["two Hosts"] + GET)
        assert answer.startswith(b"HTTP/1.1 200 OK")
        assert b"helloHTTP/1.1 400 " in answer
        assert len(it.upstream.requests) == 1


async def test_upgrades_to_other_protocols_are_refused_with_a_sentence(tmp_path: Path) -> None:
    upgrade = b"Connection: Upgrade\r\nUpgrade: TLS/1.2\r\n\r\n"
    async with stage(tmp_path) as it, it.client() as client:
        for _ in range(2):
            client.write(LINE + HOST + upgrade)
            answer = await client.answer()
            assert answer.status == 501
            assert answer.body.endswith(b".\n")
        assert it.upstream.requests == []


async def test_an_offer_of_http_2_is_ignored(tmp_path: Path) -> None:
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n"
    async with stage(tmp_path) as it:
        assert (await it.get(LINE + HOST + offer)).status == 200
        seen = it.upstream.requests[0]
        assert seen.values("upgrade") + seen.values("http2-settings") == []


@pytest.mark.parametrize("part", ["target", "header", "endless"])
async def test_a_head_over_64_kib_is_too_large(tmp_path: Path, part: str) -> None:
    long = b"a" * 65_536
    raw = {
        "target": b"GET /" + long + b" HTTP/1.1\r\n" + HOST + END,
        "header": LINE + HOST + b"X: " + long + b"\r\n\r\n",
        "endless": LINE + HOST + b"X: " + long,
    }[part]
    async with stage(tmp_path) as it:
        assert (await it.send(raw)).startswith(b"HTTP/1.1 431 ")


async def test_a_head_of_nearly_64_kib_passes(tmp_path: Path) -> None:
    raw = LINE + HOST + b"X: " + b"a" * 65_000 + b"\r\n\r\n"
    async with stage(tmp_path) as it:
        assert (await it.get(raw)).status == 200


async def test_a_head_that_does_not_become_complete_is_too_late(tmp_path: Path) -> None:
    limits = replace(QUICK, head_seconds=0.1)
    async with stage(tmp_path, limits=limits) as it:
        assert (await it.send(LINE + b"Host: sh")).startswith(b"HTTP/1.1 408 ")


async def test_trickling_does_not_prolong_the_time_for_a_head(tmp_path: Path) -> None:
    limits = replace(QUICK, head_seconds=0.2)
    async with stage(tmp_path, limits=limits) as it, it.client() as client:
        client.write(LINE)
        answering = asyncio.create_task(client.head())
        while not answering.done():
            client.write(b"X: a\r\n")
            await asyncio.sleep(0.02)
        assert (await answering).status == 408


async def test_a_connection_that_says_nothing_is_closed(tmp_path: Path) -> None:
    limits = replace(QUICK, head_seconds=0.05)
    async with stage(tmp_path, limits=limits) as it:
        assert await it.send(b"") == b""


async def test_a_connection_that_stays_idle_is_closed(tmp_path: Path) -> None:
    limits = replace(QUICK, idle_seconds=0.05)
    async with stage(tmp_path, limits=limits) as it, it.client() as client:
        client.write(GET)
        assert (await client.answer()).status == 200
        assert await client.read_to_end() == b""


@pytest.mark.parametrize("is_announced", [True, False])
async def test_a_body_that_is_too_large_is_refused(tmp_path: Path, is_announced: bool) -> None:
    limits = replace(QUICK, body_bytes=1_000)
    if is_announced:
        raw = POST + b"Content-Length: 1001\r\n\r\n" + b"a" * 1_001
    else:
        raw = POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"100\r\n%b\r\n" % (b"a" * 256) * 4
    async with stage(tmp_path, limits=limits) as it:
        answer = await it.send(raw)
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert it.upstream.requests == []
        assert len(it.log) == 1


async def test_what_still_comes_of_a_refused_body_is_swallowed(tmp_path: Path) -> None:
    async with stage(tmp_path) as it, it.client() as client:
        client.write(POST + b"Content-Length: 200000000\r\n\r\n")
        assert (await client.head()).status == 413
        client.write(b"a" * 1_000_000)
        await client.writer.drain()
        assert (await client.read_to_end()).endswith(b".\n")


async def test_a_client_that_does_not_leave_after_a_refusal_is_dropped(tmp_path: Path) -> None:
    limits = replace(QUICK, linger_seconds=0.1)
    async with stage(tmp_path, limits=limits) as it, it.client() as client:
        client.write(MALFORMED["two Hosts"])
        await client.read_to_end()
        with pytest.raises(ConnectionError):
            while True:
                client.write(b"a")
                await client.writer.drain()
                await asyncio.sleep(0.02)


async def test_a_slow_reader_gets_the_end_of_its_last_answer(tmp_path: Path) -> None:
    body = b"a" * 20_000_000
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    limits = replace(QUICK, linger_seconds=0.05)
    async with stage(tmp_path, saying(head + body), limits=limits) as it:
        reader, writer = await asyncio.open_connection("127.0.0.1", it.port, limit=100_000)
        writer.write(LINE + HOST + b"Connection: close\r\n\r\n")
        received = 0
        while piece := await reader.read(1_000_000):
            received += len(piece)
            await asyncio.sleep(0.005)
        writer.close()
        await writer.wait_closed()
        assert received > len(body)


async def test_a_body_of_100_megabytes_is_the_limit(tmp_path: Path) -> None:
    async with stage(tmp_path) as it:
        answer = await it.send(POST + b"Content-Length: 100000001\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 413 ")


async def test_a_body_that_stops_coming_is_too_late(tmp_path: Path) -> None:
    limits = replace(QUICK, idle_seconds=0.1)
    async with stage(tmp_path, limits=limits) as it:
        answer = await it.send(POST + b"Content-Length: 10\r\n\r\nabc")
    assert answer.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("host", [b"nobody.localhost", b"127.0.0.1:8800", b"[::1]:8800", b"x_y"])
async def test_an_unknown_host_is_not_found_and_nothing_is_listed(
    tmp_path: Path, host: bytes
) -> None:
    async with stage(tmp_path) as it:
        raw = b"GET / HTTP/1.1\r\nAccept: text/html\r\nHost: %b\r\n\r\n" % host
        answer = await it.get(raw)
        assert answer.status == 404
        assert b"shop" not in answer.body
        assert it.log == []
