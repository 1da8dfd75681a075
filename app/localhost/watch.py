"""Waits for the end of processes and of pipes on the event loop."""

import asyncio
import contextlib
import os

from app.localhost import processes

POLL_SECONDS = 0.1


async def process_end(pid: int, start: str) -> None:
    """Return when the process has ended, a child of ours or not. It is not reaped here."""
    if not hasattr(os, "pidfd_open"):
        await _polled_end(pid, start)
        return
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        # Only now the pid cannot pass to another process unseen.
        if processes.is_running(pid, start):
            await _readable(descriptor)
    finally:
        os.close(descriptor)


async def pipe_end(descriptor: int) -> None:
    """Return when all writers have closed the pipe; what they wrote is thrown away."""
    try:
        while True:
            await _readable(descriptor)
            if not os.read(descriptor, 512):
                return
    finally:
        os.close(descriptor)


def reap(pid: int) -> None:
    """Take the exit status of a child that has ended, so that no zombie stays."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


async def _polled_end(pid: int, start: str) -> None:
    while True:
        # Without a pidfd a zombie looks alive, so a child has to be reaped here.
        reap(pid)
        if not processes.is_running(pid, start):
            return
        await asyncio.sleep(POLL_SECONDS)


async def _readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)
