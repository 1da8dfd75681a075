"""A worker in a process of its own, which a test kills at a chosen moment."""

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.operations.kit import opened, working

# Children come from a process that has loaded everything and runs no threads.
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.operations.child"])


def work(path: Path, address: str) -> None:
    """Sees to the operations of the database until it is killed."""
    asyncio.run(_work(path, address))


async def _work(path: Path, address: str) -> None:
    with opened(path) as database:
        async with working(database, address):
            await asyncio.Event().wait()


@contextmanager
def child(path: Path, address: str) -> Iterator[None]:
    """Runs it for the block; then kill -9."""
    process = _context.Process(target=work, args=(path, address), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()
