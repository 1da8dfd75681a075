"""Asks a running daemon from the command line: one request over its socket, nothing to install."""

import http.client
import json
import socket
from typing import Any

from app.errors import HostRefused, HostUnavailable
from app.localhost.paths import HostPaths

ASK_SECONDS = 30.0


def ask(paths: HostPaths, method: str, path: str, body: object = None) -> Any:
    """The JSON that the daemon answers. Raises HostUnavailable if none runs, or HostRefused."""
    connection = _UnixConnection(str(paths.socket))
    try:
        headers = {"Authorization": f"Token {paths.token.read_text().strip()}"}
        content = None if body is None else json.dumps(body)
        if content is not None:
            headers["Content-Type"] = "application/json"
        connection.request(method, path, content, headers)
        response = connection.getresponse()
        answer = response.read()
    except OSError:
        raise HostUnavailable("The local host does not run.") from None
    finally:
        connection.close()
    if response.status >= 400:
        raise HostRefused(f"The local host answered {response.status}.", response.status)
    return json.loads(answer) if answer else None


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=ASK_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
