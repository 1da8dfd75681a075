"""Whether a site answers is asked of public addresses alone; nothing that it says is trusted."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from app.hosting.probe import IpAddress, Prober, Silence, Unasked, is_public
from app.models import Answer
from tests.fakes.serving import serving
from tests.support import free_port

pytestmark = pytest.mark.anyio
HERE = [ip_address("127.0.0.1")]


async def here(host: str) -> Sequence[IpAddress]:
    return HERE


async def unknown(host: str) -> Sequence[IpAddress]:
    raise socket.gaierror("Name or service not known")


def local_prober(seconds: float = 5.0) -> Prober:
    """Takes every name for this machine, and may ask it."""
    return Prober(here, lambda address: True, seconds)


class Site:
    """Answers as told and remembers the heads it was asked with."""

    def __init__(self) -> None:
        self.answer: Response = Response("hello")
        self.seen: list[Request] = []

    async def serve(self, request: Request) -> Response:
        self.seen.append(request)
        return self.answer


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def url(site: Site) -> Iterator[str]:
    routes = [Route("/{path:path}", site.serve)]
    with serving(Starlette(routes=routes)) as address:
        yield address.replace("127.0.0.1", "shop.example.org")


async def test_an_answer_has_its_status_and_time(site: Site, url: str) -> None:
    site.answer = Response("no", 500)
    answer = await local_prober().ask(url)
    assert isinstance(answer, Answer)
    assert answer.status == 500
    assert 0 < answer.seconds < 5


async def test_the_site_is_asked_by_its_name_and_told_nothing(site: Site, url: str) -> None:
    await local_prober().ask(url)
    headers = site.seen[0].headers
    assert headers["host"] == url.removeprefix("http://")
    assert headers["user-agent"].startswith("Sitedeck/")
    assert not {"authorization", "cookie"} & set(headers)


async def test_cookies_of_one_question_are_not_sent_with_the_next(site: Site, url: str) -> None:
    site.answer = Response("hello", headers={"set-cookie": "a=b; path=/"})
    prober = local_prober()
    await prober.ask(url)
    await prober.ask(url)
    assert "cookie" not in site.seen[1].headers


async def test_a_redirect_is_an_answer_and_not_followed(site: Site, url: str) -> None:
    site.answer = RedirectResponse("http://127.0.0.1:1/secret", 302)
    answer = await local_prober().ask(url)
    assert isinstance(answer, Answer) and answer.status == 302
    assert len(site.seen) == 1


async def test_the_end_of_a_body_is_not_waited_for(site: Site, url: str) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"x" * 65536
        await asyncio.sleep(60)

    site.answer = StreamingResponse(body())
    answer = await local_prober().ask(url)
    assert isinstance(answer, Answer) and answer.status == 200
    assert answer.seconds < 5


@contextmanager
def raw_server(data: bytes) -> Iterator[str]:
    """Says `data` to whoever connects, and then nothing more until it is left."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.sendall(data)
                over.wait(10)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://shop.example.org:{listener.getsockname()[1]}"
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "in time"),
        (b"HTTP/1.1 200 OK\r\nx: ", "in time"),
        (b"not a web server\r\n\r\n", "broke off"),
        (b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 50_000, "broke off"),
    ],
    ids=["silent", "half a head", "no web server", "a head without end"],
)
async def test_a_site_that_gives_no_answer_is_silent(data: bytes, words: str) -> None:
    with raw_server(data) as address:
        result = await local_prober(0.5).ask(address)
    assert isinstance(result, Silence)
    assert words in result.reason


async def test_a_site_that_is_not_there_is_silent() -> None:
    result = await local_prober().ask(f"http://shop.example.org:{free_port()}")
    assert result == Silence("It does not accept connections.")


async def test_an_address_without_a_way_to_it_is_passed_over(url: str) -> None:
    async def resolve(host: str) -> Sequence[IpAddress]:
        # Nothing routes the first one.
        return [ip_address("255.255.255.255"), *HERE]

    answer = await Prober(resolve, lambda address: True).ask(url)
    assert isinstance(answer, Answer) and answer.status == 200


async def test_a_machine_without_network_says_nothing_of_the_site() -> None:
    async def resolve(host: str) -> Sequence[IpAddress]:
        return [ip_address("255.255.255.255")]

    result = await Prober(resolve, lambda address: True).ask("http://shop.example.org")
    assert isinstance(result, Unasked)


async def test_a_name_that_is_not_known_here_says_nothing_of_the_site() -> None:
    result = await Prober(unknown).ask("https://shop.example.org")
    assert isinstance(result, Unasked)
    assert "shop.example.org" in result.reason


@pytest.mark.parametrize("url", ["https://", "https://[half", "https://a..b", "gopher://x.example"])
async def test_what_is_no_web_address_is_not_asked(url: str) -> None:
    assert not isinstance(await Prober(unknown).ask(url), Answer)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "192.168.1.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fe80::1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::1",
        "2002:a00:1::",
        "::127.0.0.1",
        "fec0::1",
    ],
)
async def test_an_address_that_is_not_public_is_never_asked(address: str) -> None:
    async def resolve(host: str) -> Sequence[IpAddress]:
        # The public one beside it makes it no better.
        return [ip_address("8.8.8.8"), ip_address(address)]

    result = await Prober(resolve).ask("http://shop.example.org")
    assert isinstance(result, Unasked)
    assert "public" in result.reason


@given(st.ip_addresses())
def test_only_global_addresses_are_public(address: IpAddress) -> None:
    if is_public(address):
        assert address.is_global
        assert not address.is_private and not address.is_loopback and not address.is_link_local
