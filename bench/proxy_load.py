"""The load of the proxy's benchmark: keep-alive connections, each with one request at a time."""

import asyncio
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

HOST = "bench.localhost"
REQUEST = f"GET / HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n".encode()
ANSWER_END = b"\r\n\r\nhello world\n"
CONNECTIONS = 32
Address = str | int
"""A Unix socket's path or a port of 127.0.0.1."""


@dataclass(frozen=True)
class Peer:
    """One way to reach the site; `pid` is the process whose CPU time counts."""

    address: Address
    pid: int


@dataclass(frozen=True)
class Round:
    """Durations of all requests in seconds; `cpu_seconds` is what the peer's process used."""

    durations: list[float]
    cpu_seconds: float


class LoadClient(asyncio.Protocol):
    """One connection: sends a request, and the next one as soon as the answer is complete."""

    def __init__(self, durations: list[float], is_over: Callable[[], bool]) -> None:
        self._durations = durations
        self._is_over = is_over
        self._answer = b""
        self._sent_at = 0.0
        self._transport: asyncio.WriteTransport | None = None
        self.is_done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)
        self._go_on(self._transport)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if self._transport is None or not self._answer.startswith(b"HTTP/1.1 200 "):
            self.is_done.set_exception(ConnectionError(self._answer.decode()))
        elif self._answer.endswith(ANSWER_END):
            self._answer = b""
            self._durations.append(time.perf_counter() - self._sent_at)
            self._go_on(self._transport)

    def _go_on(self, transport: asyncio.WriteTransport) -> None:
        if self._is_over():
            transport.close()
            return
        self._sent_at = time.perf_counter()
        transport.write(REQUEST)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.is_done.done():
            self.is_done.set_result(None)


async def measure(peer: Peer, seconds: float) -> Round:
    """Load one peer for so many seconds."""
    loop = asyncio.get_running_loop()
    durations: list[float] = []
    end = time.perf_counter() + seconds
    cpu = cpu_seconds(peer.pid)
    clients = []
    for _ in range(CONNECTIONS):
        make = partial(LoadClient, durations, lambda: time.perf_counter() >= end)
        if isinstance(peer.address, str):
            _, client = await loop.create_unix_connection(make, peer.address)
        else:
            _, client = await loop.create_connection(make, "127.0.0.1", peer.address)
        clients.append(client)
    async with asyncio.timeout(seconds + 5):
        await asyncio.gather(*(client.is_done for client in clients))
    return Round(durations, cpu_seconds(peer.pid) - cpu)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def accepts(address: Address) -> bool:
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as probe:
        target = address if isinstance(address, str) else ("127.0.0.1", address)
        return probe.connect_ex(target) == 0
