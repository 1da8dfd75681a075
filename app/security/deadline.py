"""An h11 protocol for uvicorn that closes connections whose request head does not arrive in time.

uvicorn has no such setting: a client that sends half a head would hold its connection for ever.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0


class DeadlineProtocol(H11Protocol):
    """Closes a connection if a request head is not complete 10 seconds after its beginning.

    A new connection counts as a beginning. Between requests, as long as nothing has arrived, the
    connection is under uvicorn's keep-alive timeout, which the first byte switches off.
    """

    head_seconds = HEAD_SECONDS
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begin()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_answering():
            self._end()
        elif self._deadline is None:
            self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        super().connection_lost(exc)

    def _is_answering(self) -> bool:
        cycle: Any = self.cycle
        return cycle is not None and not cycle.response_complete

    def _begin(self) -> None:
        self._deadline = self.loop.call_later(self.head_seconds, self._close)

    def _end(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _close(self) -> None:
        self._deadline = None
        if not self._is_answering() and not self.transport.is_closing():
            self.transport.close()
