"""A proxy on a free port with one raw site behind it on a Unix socket, for the proxy's tests.

The site is a real server that speaks bytes, so that a test can answer anything, right or wrong.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from app.localhost.proxy.limits import ProxyLimits
from app.localhost.proxy.server import Proxy
from app.models import HostState

DEADLINE = 5.0
HOST = "shop.localhost"
GET = b"GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n"
HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
QUICK = ProxyLimits(sweep_seconds=0.02)


@dataclass
class Request:
    """What the site received: the head's lines and the body without framing."""

    lines: list[bytes]
    body: bytes

    def values(self, name: str) -> list[bytes]:
        start = name.lower().encode() + b":"
        return [line[len(start) :].strip() for line in self.lines if line.startswith(start)]


Answering = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


async def say_hello(_: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(HELLO)


def saying(*pieces: bytes, then_close: bool = False) -> Answering:
    """An answer of fixed bytes, each piece in a write of its own."""

    async def answer(_: Request, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if then_close:
            writer.close()

    return answer


class RawSite:
    """A server on a Unix socket that remembers what it got and answers with `answer`."""

    def __init__(self, path: Path, answer: Answering) -> None:
        self.path = path
        self.answer = answer
        self.requests: list[Request] = []
        self.connections = 0
        self.lost = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, self.path)

    async def close(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None
        self.path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while not writer.is_closing():
                request = await read_request(reader)
                self.requests.append(request)
                await self.answer(request, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.lost += 1
            self._tasks.discard(task)
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()


async def read_request(reader: asyncio.StreamReader) -> Request:
    lines = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[:-2]
    request = Request(lines, b"")
    if request.values("transfer-encoding"):
        request.body = await read_chunks(reader)
    for length in request.values("content-length"):
        request.body = await reader.readexactly(int(length))
    return request


async def read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        assert await reader.readline() == b"\r\n"
    assert await reader.readline() == b"\r\n"
    return body


@dataclass
class Site:
    """The supervisor's side of a site: what the proxy is told about it."""

    socket_path: str
    domain_name: str = HOST
    state: HostState = HostState.RUNNING
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: int = 0

    async def wait_until_ready(self, seconds: float) -> bool:
        self.waiting += 1
        try:
            async with asyncio.timeout(seconds):
                await self.ready.wait()
        except TimeoutError:
            return False
        finally:
            self.waiting -= 1
        return True


class Directory:
    """Sites by host name."""

    def __init__(self, *sites: Site) -> None:
        self.sites = {site.domain_name: site for site in sites}

    def find(self, host: str) -> Site | None:
        return self.sites.get(host)


@dataclass
class Stage:
    """Everything a test works with. `log` holds (domain, access-log line)."""

    proxy: Proxy
    site: Site
    upstream: RawSite
    log: list[tuple[str, bytes]]

    @property
    def port(self) -> int:
        assert self.proxy.address is not None
        return self.proxy.address[1]

    @asynccontextmanager
    async def client(self) -> AsyncIterator["Connection"]:
        connection = Connection(*await asyncio.open_connection("127.0.0.1", self.port))
        try:
            async with asyncio.timeout(DEADLINE):
                yield connection
        finally:
            await connection.close()

    async def send(self, raw: bytes) -> bytes:
        """Everything the proxy answers to `raw` until it ends the connection."""
        async with self.client() as client:
            client.write(raw)
            return await client.read_to_end()

    async def get(self, raw: bytes = GET) -> "Answer":
        """The first answer to `raw`."""
        async with self.client() as client:
            client.write(raw)
            return await client.answer(is_head=raw.startswith(b"HEAD"))


@dataclass
class Answer:
    """An answer as the client read it."""

    status: int
    headers: dict[str, str]
    body: bytes
    raw_head: bytes


class Connection:
    """A client that speaks bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def write(self, raw: bytes) -> None:
        self.writer.write(raw)

    async def read_to_end(self) -> bytes:
        return await self.reader.read()

    async def head(self) -> Answer:
        """The head of the next answer."""
        raw = await self.reader.readuntil(b"\r\n\r\n")
        first, *lines = raw.decode("latin-1").split("\r\n")[:-2]
        pairs = [line.partition(": ") for line in lines]
        headers = {name.lower(): value for name, _, value in pairs}
        return Answer(int(first.split(" ")[1]), headers, b"", raw)

    async def answer(self, *, is_head: bool = False) -> Answer:
        """The next answer with its body."""
        answer = await self.head()
        if is_head or answer.status in (204, 304):
            return answer
        if answer.headers.get("transfer-encoding") == "chunked":
            answer.body = await read_chunks(self.reader)
        elif "content-length" in answer.headers:
            answer.body = await self.reader.readexactly(int(answer.headers["content-length"]))
        else:
            answer.body = await self.reader.read()
        return answer

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


@asynccontextmanager
async def stage(
    folder: Path,
    answer: Answering = say_hello,
    *,
    limits: ProxyLimits = QUICK,
    state: HostState = HostState.RUNNING,
    is_up: bool = True,
) -> AsyncIterator[Stage]:
    """A proxy with the site `shop.localhost`, which listens at once unless `is_up` is False."""
    upstream = RawSite(folder / "site.sock", answer)
    site = Site(str(upstream.path), state=state)
    log: list[tuple[str, bytes]] = []
    proxy = Proxy(Directory(site), lambda domain, line: log.append((domain, line)), limits)
    await proxy.start("127.0.0.1", 0)
    if is_up:
        await upstream.start()
    try:
        yield Stage(proxy, site, upstream, log)
    finally:
        await proxy.close()
        await upstream.close()


Serving = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def bare_site(path: str, serve: Serving) -> AsyncIterator[None]:
    """A server on the Unix socket `path` whose connections are served by `serve` until closed."""
    tasks: set[asyncio.Task[None]] = set()

    async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    server = await asyncio.start_unix_server(run, path)
    try:
        yield
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for `condition`, at most the tests' deadline."""
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110 - nothing tells of these changes
            await asyncio.sleep(0.005)
