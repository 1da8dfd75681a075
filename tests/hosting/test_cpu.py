"""When the CPU seconds of an account are read, and what stays when they cannot be."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.hosting.client import HostingClient
from app.hosting.cpu import CpuWatch
from app.store.database import DatabaseError
from tests.fakes.faults import Fault
from tests.fakes.pythonanywhere import TOKEN, FakePythonAnywhere
from tests.hosting.conftest import SHORT, client_of, client_with, unhurried_governor, until
from tests.support import running

pytestmark = pytest.mark.anyio


class Eyes:
    def __init__(self, are_open: bool) -> None:
        self.are_open = are_open
        self.asked = 0

    def __call__(self) -> bool:
        self.asked += 1
        return self.are_open


@asynccontextmanager
async def watching(fake: FakePythonAnywhere, eyes: Eyes) -> AsyncIterator[CpuWatch]:
    async with (
        client_of(fake.address, deadlines=SHORT, governor=unhurried_governor()) as client,
        watching_with(client, eyes) as watch,
    ):
        yield watch


@asynccontextmanager
async def watching_with(client: HostingClient, eyes: Eyes) -> AsyncIterator[CpuWatch]:
    watch = CpuWatch(client, eyes, interval_seconds=0.02)
    async with running(watch.run()):
        yield watch


async def until_used(watch: CpuWatch, seconds: float) -> None:
    async def is_so() -> bool:
        return watch.usage is not None and watch.usage.used_seconds == seconds

    await until(is_so, f"{seconds} CPU seconds")


async def test_they_are_read_again_and_again_while_somebody_looks(
    fake: FakePythonAnywhere,
) -> None:
    fake.limit = None
    async with watching(fake, Eyes(True)) as watch:
        await until_used(watch, 18.25)
        seen_at = watch.seen_at
        fake.cpu["daily_cpu_total_usage_seconds"] = 20
        await until_used(watch, 20)
        assert seen_at is not None and watch.seen_at is not None
        assert watch.seen_at > seen_at


async def test_nothing_is_read_until_somebody_looks(fake: FakePythonAnywhere) -> None:
    eyes = Eyes(False)
    async with watching(fake, eyes) as watch:
        for times in range(1, 5):

            async def are_asked(times: int = times) -> bool:
                return eyes.asked >= times

            await until(are_asked)
            watch.look_soon()
        assert fake.calls == []
        eyes.are_open = True
        watch.look_soon()
        await until_used(watch, 18.25)


@pytest.mark.parametrize("fault", [Fault.HTML_502, Fault.GARBAGE, Fault.HANG, Fault.ECHO], ids=str)
async def test_what_is_known_outlives_a_failure(fake: FakePythonAnywhere, fault: Fault) -> None:
    fake.limit = None
    async with watching(fake, Eyes(True)) as watch:
        await until_used(watch, 18.25)
        fake.fail(fault)
        calls = len(fake.calls)

        async def has_failed() -> bool:
            return len(fake.calls) >= calls + 2

        await until(has_failed)
        assert watch.usage is not None and watch.usage.used_seconds == 18.25
        fake.cpu["daily_cpu_total_usage_seconds"] = 30
        fake.fail(None)
        await until_used(watch, 30)


async def test_a_database_that_is_locked_for_a_while_does_not_end_the_watch(
    fake: FakePythonAnywhere, caplog: pytest.LogCaptureFixture
) -> None:
    fake.limit = None
    failures = [DatabaseError("database is locked")]

    def read_token() -> str:
        if failures:
            raise failures.pop()
        return TOKEN

    async with client_with(fake, read_token) as client, watching_with(client, Eyes(True)) as watch:
        await until_used(watch, 18.25)
    assert "Reading the CPU seconds failed" in caplog.text
