"""A fake PythonAnywhere and what its tests share."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.hosting.client import Deadlines, HostingClient
from app.hosting.governor import Governor
from app.hosting.retries import Retries
from app.models import Account, AccountKind, Site, SiteStatus
from tests.fakes.pythonanywhere import TOKEN, USER, FakePythonAnywhere, fake_pythonanywhere

REMOTE = Account("pa1", AccountKind.PYTHONANYWHERE, "My account", USER)
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SHOP = Site(
    REMOTE.id,
    "shop.example.org",
    "/bin/serve",
    True,
    SiteStatus.RUNNING,
    "https://shop.example.org",
    NOW,
)
# Long enough for this machine, short enough to wait for.
SHORT = Deadlines(connect=2.0, silence=0.3, reading=0.4, changing=0.5)


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A temporary folder whose path leaves room for socket names."""
    with tempfile.TemporaryDirectory(prefix="sd") as folder:
        yield Path(folder)


@pytest.fixture
def fake() -> Iterator[FakePythonAnywhere]:
    with fake_pythonanywhere() as running:
        yield running


@asynccontextmanager
async def client_of(
    address: str,
    token: str = TOKEN,
    *,
    ca_file: Path | None = None,
    user: str = USER,
    deadlines: Deadlines | None = None,
    governor: Governor | None = None,
    retries: Retries | None = None,
) -> AsyncIterator[HostingClient]:
    client = HostingClient.remote(
        replace(REMOTE, username=user),
        address,
        lambda: token,
        ca_file,
        governor=governor,
        deadlines=deadlines,
        retries=retries,
    )
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def client_with(
    fake: FakePythonAnywhere, read_token: Callable[[], str]
) -> AsyncIterator[HostingClient]:
    """A client that gets its token from `read_token` and never has to wait for its turn."""
    governor = unhurried_governor()
    client = HostingClient.remote(REMOTE, fake.address, read_token, governor=governor)
    try:
        yield client
    finally:
        await client.close()


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


class LeapingClock:
    """Ten seconds pass at every look at it, so that a minute's budget is never used up."""

    def __init__(self) -> None:
        self._now = 0.0

    def __call__(self) -> float:
        self._now += 10
        return self._now


def unhurried_governor() -> Governor:
    """A governor whose minutes are over in no time."""
    return Governor(LeapingClock(), lambda _: asyncio.sleep(0.01))


async def until(condition: Callable[[], Awaitable[object]], what: str = "the condition") -> None:
    """Waits for a condition on the loop, at most half a minute: a busy machine is slow."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + 30
    while loop.time() < deadline:
        if await condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError(f"still waiting for {what}")
