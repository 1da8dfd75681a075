"""What the proxy carries: requests, answers and their bodies, in order and unchanged."""

import asyncio
from pathlib import Path

import pytest

from tests.localhost.proxy_kit import (
    GET,
    HELLO,
    HOST,
    Request,
    bare_site,
    saying,
    stage,
    until,
)

pytestmark = pytest.mark.anyio


def request(method: str, *lines: str, body: bytes = b"", version: str = "1.1") -> bytes:
    head = [f"{method} / HTTP/{version}", f"Host: {HOST}", *lines, "", ""]
    return "\r\n".join(head).encode() + body


async def test_a_request_reaches_the_site_and_its_answer_the_client(tmp_path: Path) -> None:
    async with stage(tmp_path) as it:
        answer = await it.get()
    assert (answer.status, answer.body) == (200, b"hello")
    assert it.upstream.requests[0].lines[0] == b"GET / HTTP/1.1"


async def test_the_host_is_found_in_any_case_and_with_a_port(tmp_path: Path) -> None:
    async with stage(tmp_path) as it:
        answer = await it.get(b"GET / HTTP/1.1\r\nHost: Shop.LOCALHOST.:8800\r\n\r\n")
        assert answer.status == 200
        assert it.upstream.requests[0].values("host") == [b"Shop.LOCALHOST.:8800"]


async def test_a_target_in_absolute_form_reaches_the_site_as_a_path(tmp_path: Path) -> None:
    async with stage(tmp_path) as it:
        for target in (b"http://shop.localhost/a?b=c", b"http://SHOP.localhost?q"):
            raw = b"GET %b HTTP/1.1\r\nHost: shop.localhost\r\n\r\n" % target
            assert (await it.get(raw)).status == 200
        lines = [seen.lines[0] for seen in it.upstream.requests]
    assert lines == [b"GET /a?b=c HTTP/1.1", b"GET /?q HTTP/1.1"]


async def test_connections_stay_open_on_both_sides(tmp_path: Path) -> None:
    async with stage(tmp_path) as it, it.client() as client:
        for _ in range(5):
            client.write(GET)
            assert (await client.answer()).body == b"hello"
        assert it.upstream.connections == 1


async def test_a_client_that_asks_to_close_gets_its_connection_closed(tmp_path: Path) -> None:
    async with stage(tmp_path) as it:
        raw = await it.send(request("GET", "Connection: close"))
    assert b"connection: close\r\n" in raw
    assert raw.endswith(b"\r\n\r\nhello")


async def test_http_1_0_closes_unless_it_asks_to_stay(tmp_path: Path) -> None:
    async with stage(tmp_path) as it:
        raw = await it.send(request("GET", version="1.0"))
        assert raw.endswith(b"hello")
        assert it.upstream.requests[0].lines[0] == b"GET / HTTP/1.1"
        async with it.client() as client:
            for _ in range(2):
                client.write(request("GET", "Connection: Keep-Alive", version="1.0"))
                answer = await client.answer()
                assert answer.headers["connection"] == "keep-alive"


async def test_http_1_0_gets_a_chunked_answer_unframed(tmp_path: Path) -> None:
    chunks = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )
    async with stage(tmp_path, saying(chunks)) as it:
        raw = await it.send(request("GET", "Connection: keep-alive", version="1.0"))
    head, _, body = raw.partition(b"\r\n\r\n")
    assert body == b"abcde"
    assert b"transfer-encoding" not in head.lower()
    assert b"connection: close" in head


async def test_pipelined_requests_are_answered_in_order(tmp_path: Path) -> None:
    async def tell_path(seen: Request, writer: asyncio.StreamWriter) -> None:
        path = seen.lines[0].split()[1]
        await asyncio.sleep(0.02 if path == b"/0" else 0)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(path), path))

    chunked = b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
    raw = b"".join(
        b"%b /%d HTTP/1.1\r\nHost: %b\r\n%b" % (method, number, host, rest)
        for number, (method, host, rest) in enumerate(
            [
                (b"GET", b"shop.localhost", b"\r\n"),
                (b"POST", b"shop.localhost", b"Content-Length: 3\r\n\r\nabc"),
                (b"GET", b"nobody.localhost", b"\r\n"),
                (b"POST", b"shop.localhost", chunked),
                (b"GET", b"shop.localhost", b"\r\n"),
            ]
        )
    )
    async with stage(tmp_path, tell_path) as it, it.client() as client:
        client.write(raw)
        answers = [await client.answer() for _ in range(5)]
        assert [answer.status for answer in answers] == [200, 200, 404, 200, 200]
        assert [answers[index].body for index in (0, 1, 3, 4)] == [b"/0", b"/1", b"/3", b"/4"]
        assert [seen.body for seen in it.upstream.requests] == [b"", b"abc", b"x", b""]


async def test_thousands_of_pipelined_requests_are_answered(tmp_path: Path) -> None:
    async with stage(tmp_path) as it, it.client() as client:
        client.write(b"GET / HTTP/1.1\r\nHost: no.localhost\r\n\r\n" * 3_000)
        for _ in range(3_000):
            assert (await client.answer()).status == 404


async def test_a_request_may_arrive_byte_by_byte(tmp_path: Path) -> None:
    async with stage(tmp_path) as it, it.client() as client:
        for byte in request("POST", "Content-Length: 2", body=b"ok"):
            client.write(bytes([byte]))
            await asyncio.sleep(0)
        assert (await client.answer()).status == 200
        assert it.upstream.requests[0].body == b"ok"


async def test_an_answer_may_arrive_byte_by_byte(tmp_path: Path) -> None:
    raw = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    async with stage(tmp_path, saying(*(bytes([byte]) for byte in raw))) as it:
        assert (await it.get()).body == b"abc"


async def test_head_has_no_body_but_the_length_of_one(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"

    async def answer(seen: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head if seen.lines[0].startswith(b"HEAD") else HELLO)

    async with stage(tmp_path, answer) as it, it.client() as client:
        for _ in range(2):
            client.write(request("HEAD"))
            assert (await client.answer(is_head=True)).headers["content-length"] == "5"
            client.write(GET)
            assert (await client.answer()).body == b"hello"
        assert it.upstream.connections == 1


async def test_a_body_after_an_answer_to_head_is_not_passed_on(tmp_path: Path) -> None:
    async with stage(tmp_path, saying(HELLO)) as it, it.client() as client:
        client.write(request("HEAD") + GET)
        assert (await client.answer(is_head=True)).status == 200
        assert (await client.answer()).body == b"hello"


@pytest.mark.parametrize("status", [204, 304])
async def test_answers_that_have_no_body_get_none(tmp_path: Path, status: int) -> None:
    raw = b"HTTP/1.1 %d X\r\nETag: a\r\n\r\n" % status
    async with stage(tmp_path, saying(raw)) as it, it.client() as client:
        for _ in range(2):
            client.write(GET)
            answer = await client.answer()
            assert (answer.status, answer.headers) == (status, {"etag": "a"})


async def test_a_204_with_a_length_loses_it(tmp_path: Path) -> None:
    async with stage(tmp_path, saying(b"HTTP/1.1 204 X\r\nContent-Length: 3\r\n\r\n")) as it:
        assert "content-length" not in (await it.get()).headers


async def test_interim_answers_come_before_the_real_one(tmp_path: Path) -> None:
    async def answer(seen: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + HELLO)

    async with stage(tmp_path, answer) as it, it.client() as client:
        client.write(GET)
        hint = await client.head()
        assert (hint.status, hint.headers["link"]) == (103, "</a.css>")
        assert (await client.answer()).body == b"hello"
        assert (await it.send(request("GET", version="1.0"))).startswith(b"HTTP/1.1 200")


async def test_a_client_that_expects_100_is_told_to_continue(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"expect: 100-continue" in head
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await reader.readexactly(3)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n" + body)
        await reader.read()

    async with (
        stage(tmp_path, is_up=False) as it,
        bare_site(it.site.socket_path, serve),
        it.client() as client,
    ):
        client.write(request("POST", "Expect: 100-continue", "Content-Length: 3"))
        assert (await client.head()).status == 100
        client.write(b"abc")
        assert (await client.answer()).body == b"abc"


@pytest.mark.parametrize("is_chunked", [True, False])
async def test_a_large_upload_arrives_whole(tmp_path: Path, is_chunked: bool) -> None:
    body = bytes(range(256)) * 16_384

    async def tell_size(seen: Request, writer: asyncio.StreamWriter) -> None:
        text = b"%d" % len(seen.body)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(text), text))

    async with stage(tmp_path, tell_size) as it, it.client() as client:
        if is_chunked:
            client.write(request("PUT", "Transfer-Encoding: chunked"))
            for start in range(0, len(body), 70_000):
                piece = body[start : start + 70_000]
                client.write(b"%X;name=value\r\n%b\r\n" % (len(piece), piece))
            client.write(b"0\r\nTrailer: dropped\r\n\r\n")
        else:
            client.write(request("PUT", f"Content-Length: {len(body)}", body=body))
        assert (await client.answer()).body == b"%d" % len(body)
        assert it.upstream.requests[0].body == body


async def test_a_large_answer_arrives_whole(tmp_path: Path) -> None:
    body = bytes(range(256)) * 16_384
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    async with stage(tmp_path, saying(head + body)) as it:
        assert (await it.get()).body == body


async def test_an_answer_that_ends_with_its_connection_is_chunked_for_the_client(
    tmp_path: Path,
) -> None:
    raw = b"HTTP/1.1 200 OK\r\n\r\nall of it"
    async with stage(tmp_path, saying(raw, then_close=True)) as it, it.client() as client:
        for _ in range(2):
            client.write(GET)
            answer = await client.answer()
            assert answer.headers["transfer-encoding"] == "chunked"
            assert answer.body == b"all of it"


async def test_events_are_passed_on_at_once(tmp_path: Path) -> None:
    proceed = asyncio.Event()

    async def stream(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n")
        await proceed.wait()
        writer.write(b"9\r\ndata: 2\n\n\r\n0\r\n\r\n")

    async with stage(tmp_path, stream) as it, it.client() as client:
        client.write(GET)
        await client.head()
        assert await client.reader.readuntil(b"\n\n\r\n") == b"9\r\ndata: 1\n\n\r\n"
        proceed.set()
        assert await client.reader.readuntil(b"0\r\n\r\n") == b"9\r\ndata: 2\n\n\r\n0\r\n\r\n"


async def test_a_body_is_passed_on_while_it_is_still_coming(tmp_path: Path) -> None:
    seen = asyncio.Queue[bytes]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        while piece := await reader.read(100):
            seen.put_nowait(piece)

    async with (
        stage(tmp_path, is_up=False) as it,
        bare_site(it.site.socket_path, serve),
        it.client() as client,
    ):
        client.write(request("POST", "Content-Length: 10"))
        for piece in (b"one", b"two"):
            client.write(piece)
            assert await seen.get() == piece


async def test_a_client_that_leaves_ends_the_request_at_the_site(tmp_path: Path) -> None:
    arrived, left = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        arrived.set()
        assert await reader.read() == b""
        left.set()

    async with stage(tmp_path, is_up=False) as it, bare_site(it.site.socket_path, serve):
        async with it.client() as client:
            client.write(GET)
            await arrived.wait()
        await until(left.is_set)
        await until(lambda: len(it.log) == 1)
    assert b'" 499 0 "' in it.log[0][1]
