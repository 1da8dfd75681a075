"""Ends a connection so that the other side sees an error rather than an orderly end."""

import asyncio
import socket
import struct

_NO_LINGER = struct.pack("ii", 1, 0)


def reset_when_closed(transport: asyncio.Transport) -> None:
    """Make the system reset the connection when `transport`, still open, is closed."""
    connection: socket.socket = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
