"""One connection of a client: cuts it into requests and answers them in order.

A pipelined request waits as bytes until the one before it is answered; meanwhile the connection
is not read, so a client can keep no more than one read's worth of memory busy.
"""

import asyncio
import math
from collections.abc import Callable
from typing import cast

from app.localhost.proxy import pages
from app.localhost.proxy.bodies import BodyReader, body_reader
from app.localhost.proxy.buffer import HeadBuffer
from app.localhost.proxy.context import ProxyContext
from app.localhost.proxy.exchange import Exchange
from app.localhost.proxy.heads import BadRequest, read_head
from app.localhost.proxy.reset import reset_when_closed
from app.localhost.proxy.websocket import WebSocketExchange


class ClientConnection(asyncio.Protocol):
    """`on_open` and `on_lost` are told when the connection begins and ends; `on_open` answers
    whether there is room for it. `deadline` (the loop's time) is when `expire` is due."""

    def __init__(
        self,
        context: ProxyContext,
        on_open: Callable[["ClientConnection"], bool],
        on_lost: Callable[["ClientConnection"], None],
    ) -> None:
        self._context = context
        self._on_open = on_open
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._buffer = HeadBuffer(context.limits.head_bytes)
        self._head_began_at = 0.0
        self._exchange: Exchange | None = None
        self._body: BodyReader | None = None
        self._is_advancing = False
        self._is_reading = True
        self._is_write_paused = False
        self._is_ending = False
        self._is_late = False
        self._has_client_ended = False
        self.address = b""
        self.deadline = math.inf

    # Called by the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]).encode("ascii", "replace") if peer else b"-"
        self.expire_in(self._context.limits.head_seconds)
        if not self._on_open(self):
            self._write_refusal(pages.CROWDED)
            self._close()

    def connection_lost(self, error: Exception | None) -> None:
        self._is_ending = True
        self._on_lost(self)
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.on_client_lost()

    def eof_received(self) -> bool:
        """True leaves it to the exchange when the connection ends."""
        if self._exchange is None:
            return False
        self._has_client_ended = True
        self._exchange.on_client_eof()
        return True

    def pause_writing(self) -> None:
        self._is_write_paused = True
        if self._exchange is not None:
            self._exchange.on_client_ready_to_read(False)

    def resume_writing(self) -> None:
        self._is_write_paused = False
        if self._exchange is not None:
            self._exchange.on_client_ready_to_read(True)
        self._advance()

    def data_received(self, data: bytes) -> None:
        if self._is_ending:
            return
        if self._body is not None and not self._body.is_complete:
            self._feed_body(self._body, data)
        else:
            if not self._buffer:
                self._head_began_at = self._context.loop.time()
            self._buffer += data
        self._advance()

    # Cutting the bytes into requests.

    def _advance(self) -> None:
        """Begin as many requests as are here and may begin."""
        if self._is_advancing:
            return
        self._is_advancing = True
        try:
            while self._exchange is None and self._buffer:
                if self._is_ending or self._is_write_paused:
                    break
                was_partial = self._buffer.is_partial
                head = self._buffer.take_head()
                if head is not None:
                    self._begin(head)
                    continue
                if not was_partial:
                    self.expire_in(self._context.limits.head_seconds)
                break
        except BadRequest as error:
            self._refuse(pages.Page.for_bad_request(error.status, str(error)))
        finally:
            self._is_advancing = False
        self.update_reading()

    def _begin(self, raw: bytes) -> None:
        head = read_head(raw)
        kind = WebSocketExchange if head.wants_websocket else Exchange
        exchange = kind(self._context, self, head, self._head_began_at)
        self._exchange = exchange
        refused = None
        try:
            self._body = body_reader(head, self._context.limits.body_bytes)
        except BadRequest as error:
            refused = pages.Page.for_bad_request(error.status, str(error))
        exchange.start(refused)
        if self._exchange is exchange and self._body is not None:
            self._feed_body(self._body, self._buffer.take_all())

    def _feed_body(self, body: BodyReader, data: bytes) -> None:
        exchange = self._exchange
        if exchange is None or not data:
            return
        try:
            piece, rest = body.feed(data)
        except BadRequest as error:
            exchange.answer_with(pages.Page.for_bad_request(error.status, str(error)))
            return
        if piece:
            exchange.on_request_data(piece)
        if body.is_complete:
            self._buffer += rest
            self._head_began_at = self._context.loop.time()
            exchange.on_request_complete()

    # Called by the exchange.

    def write(self, data: bytes) -> None:
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def expire_in(self, seconds: float | None) -> None:
        self.deadline = math.inf if seconds is None else self._context.loop.time() + seconds

    def update_reading(self) -> None:
        """Read on only if what comes can be passed on or is a head to be completed."""
        exchange, body = self._exchange, self._body
        if self._is_ending:
            wanted = True
        elif exchange is not None and body is not None and not body.is_complete:
            wanted = exchange.takes_data
        else:
            wanted = not self._buffer or (exchange is None and not self._is_write_paused)
        if wanted == self._is_reading or self._transport is None or self._transport.is_closing():
            return
        self._is_reading = wanted
        if wanted:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def on_exchange_done(self, *, keeps_open: bool) -> None:
        self._exchange = self._body = None
        if self._context.is_closing:
            self._close()
        elif keeps_open:
            self.expire_in(self._context.limits.idle_seconds)
            if self._buffer or not self._is_reading:
                self._advance()
        else:
            self._linger()

    def abort(self, *, is_reset: bool) -> None:
        """Drop the connection; with `is_reset` even a client that reads until the end sees that
        this was not the end."""
        transport = self._transport
        self._is_ending = True
        if transport is None:
            return
        if is_reset and not transport.is_closing():
            reset_when_closed(transport)
        transport.abort()

    # The end.

    @property
    def is_idle(self) -> bool:
        """Whether it only waits for a request, or for as long as a WebSocket may be open."""
        is_waiting = self._exchange is None or self._exchange.is_endless
        return is_waiting and not self._is_ending

    def expire(self) -> None:
        """The deadline has passed."""
        self.deadline = math.inf
        if self._exchange is not None:
            self._exchange.expire()
        elif self._buffer.is_partial and not self._is_ending:
            self._refuse(pages.HEAD_TOO_LATE)
        elif not self._is_ending:
            self._close()
        elif self._transport and self._transport.get_write_buffer_size() and not self._is_late:
            self._is_late = True  # once more, for a client that has yet to take an answer's end
            self.expire_in(self._context.limits.idle_seconds)
        else:
            self.abort(is_reset=False)

    def _refuse(self, page: pages.Page) -> None:
        """Answer what is no request that could be carried, and end the connection."""
        self._write_refusal(page)
        self._linger()

    def _write_refusal(self, page: pages.Page) -> None:
        head, body = pages.render(page, "", wants_html=False)
        self.write(head + b"connection: close\r\n\r\n" + body)

    def _linger(self) -> None:
        """End our side and swallow what still comes for a moment: closing at once would make the
        system reset the connection and with it an answer that the client has not read yet."""
        if self._has_client_ended:
            self._close()
            return
        self._is_ending = True
        self._buffer.take_all()
        self.expire_in(self._context.limits.linger_seconds)
        if self._transport is not None and not self._transport.is_closing():
            self.update_reading()
            self._transport.write_eof()

    def _close(self) -> None:
        """End the connection once everything is written."""
        self._is_ending = True
        self.expire_in(self._context.limits.idle_seconds)
        if self._transport is not None:
            self._transport.close()
