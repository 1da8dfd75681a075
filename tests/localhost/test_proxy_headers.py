"""Which headers pass the proxy, which end there, and which it sets itself."""

from pathlib import Path

import pytest

from app.localhost.proxy.headers import without_dashboard_cookies
from tests.localhost.proxy_kit import RawSite, Request, saying, stage

pytestmark = pytest.mark.anyio


async def seen_by_site(tmp_path: Path, *lines: bytes) -> Request:
    head = [b"GET / HTTP/1.1", b"Host: shop.localhost:8800", *lines, b"", b""]
    async with stage(tmp_path) as it:
        assert (await it.get(b"\r\n".join(head))).status == 200
        return it.upstream.requests[0]


async def seen_by_client(tmp_path: Path, *lines: bytes) -> bytes:
    head = [b"HTTP/1.1 200 OK", *lines, b"Content-Length: 0", b"", b""]
    async with stage(tmp_path, saying(b"\r\n".join(head))) as it:
        return (await it.get()).raw_head


async def test_the_site_is_told_who_asked_and_how(tmp_path: Path) -> None:
    seen = await seen_by_site(tmp_path)
    assert seen.values("host") == [b"shop.localhost:8800"]
    assert seen.values("x-forwarded-for") == [b"127.0.0.1"]
    assert seen.values("x-real-ip") == [b"127.0.0.1"]
    assert seen.values("x-forwarded-proto") == [b"http"]
    assert seen.values("x-forwarded-host") == [b"shop.localhost:8800"]


async def test_ordinary_request_headers_pass_unchanged(tmp_path: Path) -> None:
    seen = await seen_by_site(
        tmp_path, b"Accept: a, b", b"X-Empty:", b"X-Twice: 1", b"X-Twice: 2", b"X-Text: \xc3\xa4 \t"
    )
    assert seen.values("accept") == [b"a, b"]
    assert seen.values("x-empty") == [b""]
    assert seen.values("x-twice") == [b"1", b"2"]
    assert seen.values("x-text") == [b"\xc3\xa4"]


@pytest.mark.parametrize(
    "name",
    ["X-Forwarded-For", "X-Forwarded-Proto", "x-forwarded-host", "X-Real-IP", "X-Forwarded-Port"],
)
async def test_a_client_cannot_forge_where_it_comes_from(tmp_path: Path, name: str) -> None:
    seen = await seen_by_site(tmp_path, f"{name}: 6.6.6.6".encode())
    assert b"6.6.6.6" not in b"".join(seen.lines)


@pytest.mark.parametrize(
    "line",
    [
        b"Forwarded: for=6.6.6.6",
        b"X_Forwarded_For: 6.6.6.6",
        b"Proxy: http://6.6.6.6",
        b"Proxy-Authorization: 6.6.6.6",
        b"Proxy-Connection: keep-alive",
        b"Keep-Alive: timeout=6",
        b"TE: trailers",
        b"Trailer: X",
        b"Connection: keep-alive",
    ],
)
async def test_headers_of_the_connection_and_lookalikes_end_here(
    tmp_path: Path, line: bytes
) -> None:
    name = line.partition(b":")[0].decode()
    assert (await seen_by_site(tmp_path, line)).values(name) == []


async def test_headers_named_in_connection_end_here(tmp_path: Path) -> None:
    seen = await seen_by_site(
        tmp_path,
        b"Connection: X-Secret , x-forwarded-for, Host",
        b"X-Secret: 1",
        b"X-Kept: 1",
    )
    assert seen.values("x-secret") == []
    assert seen.values("x-kept") == [b"1"]
    assert seen.values("host") == [b"shop.localhost:8800"]
    assert seen.values("x-forwarded-for") == [b"127.0.0.1"]


async def test_the_site_never_sees_the_dashboards_cookies(tmp_path: Path) -> None:
    seen = await seen_by_site(
        tmp_path, b"Cookie: a=1; sd=secret; __Host-sd=secret; b=sd", b"Cookie: sd=secret"
    )
    assert seen.values("cookie") == [b"a=1; b=sd"]


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (b"sd=1", b""),
        (b" sd = 1 ;a=2", b"a=2"),
        (b"sd", b""),
        (b"sdx=1; xsd=2", b"sdx=1; xsd=2"),
        (b"a=1;  b=2", b"a=1;  b=2"),
    ],
)
def test_only_the_dashboards_own_cookie_names_are_taken_out(value: bytes, kept: bytes) -> None:
    assert without_dashboard_cookies(value) == kept


@pytest.mark.parametrize(
    "value",
    [b"sd=x", b"__Host-sd=x; Secure; Path=/", b"sd=", b"sd", b"=sd=x", b" = sd=x", b"sd =x; a=b"],
)
async def test_a_site_cannot_set_the_dashboards_cookies(tmp_path: Path, value: bytes) -> None:
    head = await seen_by_client(tmp_path, b"Set-Cookie: " + value, b"Set-Cookie: sda=1; sd=2")
    assert head.lower().count(b"set-cookie") == 1
    assert b"set-cookie: sda=1; sd=2\r\n" in head


async def test_ordinary_answer_headers_pass_unchanged(tmp_path: Path) -> None:
    head = await seen_by_client(tmp_path, b"X-Own: a", b"Set-Cookie: a=1", b"Set-Cookie: b=2")
    assert b"x-own: a\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n" in head
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")


async def test_answer_headers_of_the_connection_end_here(tmp_path: Path) -> None:
    head = await seen_by_client(
        tmp_path,
        b"Connection: keep-alive, X-Hop",
        b"X-Hop: 1",
        b"Keep-Alive: timeout=5",
        b"Proxy-Authenticate: Basic",
        b"Upgrade: h2c",
        b"Trailer: X",
    )
    lowered = head.lower()
    for name in (b"connection", b"x-hop", b"keep-alive", b"proxy-", b"upgrade", b"trailer"):
        assert name not in lowered


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 5\r\n\r\nhello",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ],
)
async def test_an_answer_is_framed_in_one_way_only(tmp_path: Path, framing: bytes) -> None:
    async with stage(tmp_path, saying(b"HTTP/1.1 200 OK\r\n" + framing)) as it:
        answer = await it.get()
    names = {"content-length", "transfer-encoding"} & answer.headers.keys()
    assert len(names) == 1
    assert answer.body == b"hello"


async def test_a_request_is_framed_in_one_way_only(tmp_path: Path) -> None:
    start = b"POST / HTTP/1.1\r\nHost: shop.localhost\r\n"
    async with stage(tmp_path) as it:
        await it.get(start + b"Content-Length: 2\r\n\r\nab")
        await it.get(start + b"Transfer-Encoding: CHUNKED\r\n\r\n2\r\nab\r\n0\r\n\r\n")
        await it.get(start + b"Content-Length: 0\r\n\r\n")
        await it.get(start + b"\r\n")
        framings = [framing_of(it.upstream, index) for index in range(4)]
    assert framings == [([b"2"], []), ([], [b"chunked"]), ([b"0"], []), ([], [])]


def framing_of(site: RawSite, index: int) -> tuple[list[bytes], list[bytes]]:
    seen = site.requests[index]
    return seen.values("content-length"), seen.values("transfer-encoding")
