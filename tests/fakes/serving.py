"""Serves an ASGI app on a free loopback port, in a thread of this process."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

DEADLINE = 10.0


@contextlib.contextmanager
def serving(
    app: ASGIApp,
    breaks_off: Callable[[], bool] = lambda: False,
    certificate: tuple[Path, Path] | None = None,
) -> Iterator[str]:
    """Yields the base address. While `breaks_off` is true, requests end in a closed connection.

    `certificate` holds the files of a certificate and its key, for https.
    """

    class Protocol(H11Protocol):
        def data_received(self, data: bytes) -> None:
            if breaks_off():
                self.transport.abort()
            else:
                super().data_received(data)

    async def abortable(scope: Scope, receive: Receive, send: Send) -> None:
        # uvicorn's own send is a method of what holds the connection.
        scope["abort"] = send.__self__.transport.abort  # type: ignore[attr-defined]
        await app(scope, receive, send)

    files = {"ssl_certfile": certificate[0], "ssl_keyfile": certificate[1]} if certificate else {}
    config = uvicorn.Config(
        abortable,
        http=Protocol,
        proxy_headers=False,
        lifespan="off",
        ws="none",
        log_config=None,
        timeout_graceful_shutdown=1,
        **{name: str(path) for name, path in files.items()},  # type: ignore[arg-type]
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            _wait_for(server, thread)
            scheme = "https" if certificate else "http"
            yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(DEADLINE)


def _wait_for(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + DEADLINE
    while not server.started:
        assert thread.is_alive() and time.monotonic() < deadline, "the server has not started"
        time.sleep(0.005)
