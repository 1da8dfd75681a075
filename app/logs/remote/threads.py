"""Work on files in a thread that nobody leaves behind."""

import asyncio
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

from anyio import to_thread

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")


async def in_thread(work: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
    """What `work` gives. Whoever is cancelled meanwhile waits for its end all the same: a thread
    cannot be stopped, and would write into what has been deleted after it.
    """
    task = asyncio.ensure_future(to_thread.run_sync(work, *arguments))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise
