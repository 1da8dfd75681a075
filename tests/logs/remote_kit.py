"""What the tests of remote logs share: a fake account and the copies of its logs."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from app.hosting.client import HostingClient
from app.logs.remote.poller import RemoteLogs
from app.models import LogKind, LogName
from tests.fakes.pythonanywhere import TOKEN, FakePythonAnywhere
from tests.hosting.conftest import REMOTE, SHORT, unhurried_governor, until

DOMAIN, OTHER = "shop.example.org", "blog.example.org"
ERROR = LogName(LogKind.ERROR)
FAST = 0.01


@dataclass
class Account:
    """A fake account and the copies of its logs."""

    fake: FakePythonAnywhere
    logs: RemoteLogs

    def copy(self, domain: str = DOMAIN, index: int = 0) -> bytes:
        path = self.logs.log(domain, LogName(LogKind.ERROR, index))
        return path.read_bytes() if path.exists() else b""

    async def until_copy(self, content: bytes, index: int = 0, domain: str = DOMAIN) -> None:
        await until(as_condition(lambda: self.copy(domain, index) == content), repr(content[:80]))

    async def until_looked(self) -> None:
        """Until a look that began after this has ended."""
        calls = self.fake.count("files")
        await until(as_condition(lambda: self.fake.count("files") >= calls + 2), "another look")


def as_condition(look: Callable[[], object]) -> Callable[[], Awaitable[object]]:
    async def condition() -> object:
        return look()

    return condition


@asynccontextmanager
async def remote_logs(
    fake: FakePythonAnywhere,
    folder: Path,
    pace: float = FAST,
    seldom: float = 60.0,
    clock: Callable[[], float] = time.monotonic,
) -> AsyncIterator[RemoteLogs]:
    client = HostingClient.remote(
        REMOTE, fake.address, lambda: TOKEN, governor=unhurried_governor(), deadlines=SHORT
    )
    folder = folder / "remote" / REMOTE.id
    logs = RemoteLogs(client, folder, pace_seconds=pace, seldom_seconds=seldom, clock=clock)
    try:
        yield logs
    finally:
        await logs.close()
        await client.close()
