"""A host without ranges that sends a large log too slowly to be read in time."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from app.errors import AnswerTooLarge, HostUnavailable
from app.hosting.breaker import FAILURES
from app.hosting.budget import Urgency
from app.hosting.client import Deadlines, HostingClient
from app.logs.remote.poller import MAX_TOO_LARGE_SECONDS, TOO_LARGE_SECONDS, RemoteLogs
from app.models import LogKind
from tests.fakes.files import MEDIA_TYPE, log_path
from tests.fakes.pythonanywhere import TOKEN
from tests.hosting.conftest import REMOTE, unhurried_governor, until
from tests.logs.remote_kit import DOMAIN, OTHER, as_condition

pytestmark = pytest.mark.anyio
DEADLINES = Deadlines(reading=0.2)


class EndlessBody(httpx.AsyncByteStream):
    """Sends so many bytes at once, and the rest too late."""

    def __init__(self, received: int) -> None:
        self._received = received

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield bytes(self._received)
        await asyncio.Event().wait()


@dataclass
class SlowHost:
    """Sends `received` bytes of the log of DOMAIN in time, and other logs whole."""

    received: int = 1024 * 1024
    calls: list[str] = field(default_factory=list)

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request.url.path)
        headers = {"content-type": MEDIA_TYPE}
        if not request.url.path.endswith(log_path(DOMAIN)):
            return httpx.Response(200, headers=headers, stream=httpx.ByteStream(b"one\n"))
        return httpx.Response(200, headers=headers, stream=EndlessBody(self.received))

    def count(self, domain: str) -> int:
        return sum(path.endswith(log_path(domain)) for path in self.calls)


@asynccontextmanager
async def client_of(host: SlowHost) -> AsyncIterator[HostingClient]:
    transport = httpx.MockTransport(host.answer)
    governor = unhurried_governor()
    client = HostingClient(
        REMOTE, "http://localhost", transport, lambda: TOKEN, governor, DEADLINES
    )
    try:
        yield client
    finally:
        await client.close()


async def test_a_log_that_comes_too_slowly_is_no_reason_to_leave_the_host_alone() -> None:
    host = SlowHost()
    async with client_of(host) as client:
        for _ in range(FAILURES + 1):
            with pytest.raises(AnswerTooLarge, match="too large to be read in time"):
                await client.read_file(log_path(DOMAIN), 0, Urgency.POLLING)
        await client.read_file(log_path(OTHER), 0, Urgency.POLLING)


async def test_a_host_that_sends_a_few_bytes_only_does_not_work() -> None:
    async with client_of(SlowHost(received=10)) as client:
        with pytest.raises(HostUnavailable, match="did not answer in time") as caught:
            await client.read_file(log_path(DOMAIN))
    assert not isinstance(caught.value, AnswerTooLarge)


async def test_it_holds_up_no_other_log(tmp_path: Path) -> None:
    host = SlowHost()
    async with client_of(host) as client, AsyncExitStack() as watching:
        logs = RemoteLogs(client, tmp_path / "remote" / "a", pace_seconds=0.01)
        watching.push_async_callback(logs.close)
        for domain in (DOMAIN, OTHER):
            await watching.enter_async_context(logs.watch(domain, LogKind.ERROR))
        await until(as_condition(lambda: logs.problem(DOMAIN, LogKind.ERROR)), "words")
        calls = host.count(OTHER)
        await until(as_condition(lambda: host.count(OTHER) > calls + 20), "looks at the other")
        assert host.count(DOMAIN) == 1
        assert not logs.problem(OTHER, LogKind.ERROR)


async def test_it_is_tried_again_ever_more_seldom_and_the_page_says_when(tmp_path: Path) -> None:
    host = SlowHost()
    async with client_of(host) as client:
        # Time stands still.
        logs = RemoteLogs(client, tmp_path / "remote" / "a", pace_seconds=0.0, clock=lambda: 0.0)
        seconds = TOO_LARGE_SECONDS
        async with logs.watch(DOMAIN, LogKind.ERROR):
            for _ in range(math.ceil(math.log2(MAX_TOO_LARGE_SECONDS / TOO_LARGE_SECONDS)) + 2):
                await until_said(logs, f"be read in time. Next try in {seconds:.0f} s.")
                seconds = min(seconds * 2, MAX_TOO_LARGE_SECONDS)
                logs.resume()
        await logs.close()


async def until_said(logs: RemoteLogs, words: str) -> None:
    await until(as_condition(lambda: words in logs.problem(DOMAIN, LogKind.ERROR)), words)
