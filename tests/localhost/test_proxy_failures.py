"""What happens when a site's answer is wrong, late or breaks off."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from app.models import HostState
from tests.localhost.proxy_kit import GET, HELLO, QUICK, Request, bare_site, saying, stage, until

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\n"
GARBAGE = {
    "noise": b"\x00\x01garbage\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH\r\n",
    "a length and a transfer encoding": (
        OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "two lengths": OK + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "an unknown transfer encoding": OK + b"Transfer-Encoding: gzip\r\n\r\nhello",
    "a switch of protocols": b"HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "an odd status": b"HTTP/1.1 700 X\r\n\r\n",
    "a header with a bare line feed": OK + b"X: a\nY: b\r\n\r\n",
    "a header with a NUL": OK + b"X: a\0\r\n\r\n",
    "an endless head": OK + b"X: " + b"a" * 70_000,
    "endless headers": OK + b"X: aaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 3_000,
}


@pytest.mark.parametrize("raw", GARBAGE.values(), ids=GARBAGE.keys())
async def test_garbage_from_a_site_is_a_bad_gateway(tmp_path: Path, raw: bytes) -> None:
    async with stage(tmp_path, saying(raw)) as it, it.client() as client:
        for _ in range(2):
            client.write(GET)
            assert (await client.answer()).status == 502
        assert [line.split()[8] for _, line in it.log] == [b"502", b"502"]


@pytest.mark.parametrize("raw", [b"", b"HTTP/1.1 2", OK + b"X: a\r\n"])
async def test_a_site_that_dies_in_its_head_is_a_bad_gateway(tmp_path: Path, raw: bytes) -> None:
    async with stage(tmp_path, saying(raw, then_close=True)) as it:
        assert (await it.get()).status == 502
        assert it.upstream.connections == 1


class Interrupted:
    """A site that sends `first`, waits until `proceed` is set, sends `last` and dies."""

    def __init__(self, first: bytes, last: bytes) -> None:
        self.first = first
        self.last = last
        self.proceed = asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(self.first)
        await self.proceed.wait()
        writer.write(self.last)


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (OK + b"Content-Length: 10\r\n\r\nhello", b"abc"),
        (CHUNKED, b""),
        (CHUNKED, b"nonsense\r\n0\r\n\r\n"),
    ],
)
async def test_an_answer_that_breaks_off_is_seen_to_be_cut(
    tmp_path: Path, first: bytes, last: bytes
) -> None:
    site = Interrupted(first, last)
    async with (
        stage(tmp_path, is_up=False) as it,
        bare_site(it.site.socket_path, site),
        it.client() as client,
    ):
        client.write(GET)
        head = await client.head()
        await client.reader.readuntil(b"hello")
        site.proceed.set()
        rest = await client.read_to_end()
        assert rest.strip() in (b"", b"abc")
        assert "content-length" in head.headers or b"0\r\n\r\n" not in rest


async def test_an_unframed_answer_that_breaks_off_is_a_reset(tmp_path: Path) -> None:
    site = Interrupted(CHUNKED, b"")
    async with (
        stage(tmp_path, is_up=False) as it,
        bare_site(it.site.socket_path, site),
        it.client() as client,
    ):
        client.write(b"GET / HTTP/1.0\r\nHost: shop.localhost\r\n\r\n")
        await client.reader.readuntil(b"hello")
        site.proceed.set()
        with pytest.raises(ConnectionResetError):
            await client.read_to_end()


async def test_a_site_that_says_nothing_is_a_gateway_timeout(tmp_path: Path) -> None:
    limits = replace(QUICK, first_byte_seconds=0.1)
    async with stage(tmp_path, saying(b""), limits=limits) as it, it.client() as client:
        client.write(GET)
        assert (await client.answer()).status == 504
        await until(lambda: it.upstream.lost == 1)


async def test_a_stream_may_be_silent_longer_than_the_first_byte_may_take(tmp_path: Path) -> None:
    async def stream(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"Content-Length: 2\r\n\r\na")
        await asyncio.sleep(0.2)
        writer.write(b"b")

    limits = replace(QUICK, first_byte_seconds=0.1, idle_seconds=0.1)
    async with stage(tmp_path, stream, limits=limits) as it:
        assert (await it.get()).body == b"ab"


async def test_a_kept_connection_that_died_is_replaced_once(tmp_path: Path) -> None:
    async def first_only(seen: Request, writer: asyncio.StreamWriter) -> None:
        if len(it.upstream.requests) == 2:
            writer.close()
        else:
            writer.write(HELLO)

    async with stage(tmp_path, first_only) as it, it.client() as client:
        for _ in range(2):
            client.write(GET)
            assert (await client.answer()).status == 200
        assert (it.upstream.connections, len(it.upstream.requests)) == (2, 3)


async def test_a_request_is_repeated_no_more_than_once(tmp_path: Path) -> None:
    async def first_only(seen: Request, writer: asyncio.StreamWriter) -> None:
        if len(it.upstream.requests) == 1:
            writer.write(HELLO)
        else:
            writer.close()

    async with stage(tmp_path, first_only) as it, it.client() as client:
        client.write(GET)
        await client.answer()
        client.write(GET)
        assert (await client.answer()).status == 502
        assert len(it.upstream.requests) == 3


async def test_a_request_is_not_repeated_to_a_site_that_was_switched_off(tmp_path: Path) -> None:
    async def first_only(seen: Request, writer: asyncio.StreamWriter) -> None:
        if len(it.upstream.requests) == 1:
            writer.write(HELLO)
        else:
            it.site.state = HostState.DISABLED
            writer.close()

    async with stage(tmp_path, first_only) as it, it.client() as client:
        client.write(GET)
        await client.answer()
        client.write(GET)
        assert (await client.answer()).status == 404
        assert it.upstream.connections == 1


@pytest.mark.parametrize("rest", [b"\r\n", b"Content-Length: 2\r\n\r\nab"])
async def test_a_post_is_never_repeated(tmp_path: Path, rest: bytes) -> None:
    async def first_only(seen: Request, writer: asyncio.StreamWriter) -> None:
        if len(it.upstream.requests) == 1:
            writer.write(HELLO)
        else:
            writer.close()

    async with stage(tmp_path, first_only) as it, it.client() as client:
        client.write(GET)
        await client.answer()
        client.write(b"POST / HTTP/1.1\r\nHost: shop.localhost\r\n" + rest)
        assert (await client.answer()).status == 502
        assert len(it.upstream.requests) == 2


async def test_what_follows_an_answer_is_never_taken_for_the_next_one(tmp_path: Path) -> None:
    poison = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"
    async with stage(tmp_path, saying(HELLO + poison)) as it, it.client() as client:
        for _ in range(3):
            client.write(GET)
            assert (await client.answer()).body == b"hello"
        assert it.upstream.connections == 3


async def test_what_comes_unasked_ends_a_kept_connection(tmp_path: Path) -> None:
    async def answer(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(HELLO)
        await asked.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")

    asked = asyncio.Event()
    async with stage(tmp_path, answer) as it, it.client() as client:
        client.write(GET)
        await client.answer()
        asked.set()
        await until(lambda: it.upstream.lost == 1)
        client.write(GET)
        assert (await client.answer()).body == b"hello"


async def test_a_connection_that_the_site_wants_closed_is_not_kept(tmp_path: Path) -> None:
    raw = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
    async with stage(tmp_path, saying(raw)) as it, it.client() as client:
        for _ in range(2):
            client.write(GET)
            assert "connection" not in (await client.answer()).headers
        assert it.upstream.connections == 2


async def test_an_answer_before_the_end_of_the_body_ends_the_connection(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
        await reader.read()

    head = b"POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 10\r\n\r\n"
    async with stage(tmp_path, is_up=False) as it, bare_site(it.site.socket_path, serve):
        answer = await it.send(head + b"abc")
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"connection: close\r\n" in answer
    assert answer.endswith(b"no")
