"""Slow heads: a client that does not finish its request is not waited for."""

import socket
import threading
from collections.abc import Iterator

import anyio
import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from app.security.deadline import DeadlineProtocol
from tests.support import eventually

WHOLE = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class ImpatientProtocol(DeadlineProtocol):
    head_seconds = 0.3


async def slow_answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Takes longer than a head may."""
    if Request(scope).url.path == "/slow":
        await anyio.sleep(0.6)
    await PlainTextResponse("ok")(scope, receive, send)


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    config = uvicorn.Config(
        slow_answer,
        http=ImpatientProtocol,
        lifespan="off",
        log_config=None,
        timeout_keep_alive=30,
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        eventually(lambda: server.started, "the server starts")
        yield listener.getsockname()
        server.should_exit = True
        thread.join()


@pytest.fixture
def client(address: tuple[str, int]) -> Iterator[socket.socket]:
    with socket.create_connection(address, timeout=5) as connection:
        yield connection


def test_half_a_head_is_closed_in_time(client: socket.socket) -> None:
    client.sendall(WHOLE[:20])
    assert client.recv(100) == b""


def test_a_silent_connection_is_closed_in_time(client: socket.socket) -> None:
    assert client.recv(100) == b""


def test_half_a_second_head_is_closed_in_time_too(client: socket.socket) -> None:
    client.sendall(WHOLE)
    assert client.recv(1000).endswith(b"ok")
    client.sendall(WHOLE[:20])
    assert client.recv(100) == b""


def test_a_slow_answer_is_not_cut_off(client: socket.socket) -> None:
    client.sendall(WHOLE.replace(b"/ ", b"/slow ", 1))
    assert client.recv(1000).endswith(b"ok")
    client.sendall(WHOLE)
    assert client.recv(1000).endswith(b"ok")
