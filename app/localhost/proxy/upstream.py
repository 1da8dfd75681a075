"""One connection to a site's Unix socket: sends a request, reads the answer with httptools.

What the site sends is as untrusted as what a client sends: an answer that is not exactly one
answer ends the connection, so that its rest can never be taken for the answer to somebody else.
"""

import asyncio
from typing import cast

import httptools

from app.localhost.proxy.events import AnswerHead, AnswerListener, Framing
from app.localhost.proxy.heads import Headers


class Upstream(asyncio.Protocol):
    """A connection to the site's socket at `socket_path`, used for one request after another."""

    def __init__(self, socket_path: str, head_limit: int) -> None:
        self.socket_path = socket_path
        self.is_used = False
        self._head_limit = head_limit
        self._transport: asyncio.Transport | None = None
        self._listener: AnswerListener | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._is_paused = False
        self._reset()

    def _reset(self) -> None:
        self._headers: Headers = []
        self._answer: AnswerHead | None = None
        self._head_size = 0
        self._is_head_request = False
        self._is_untouched = True
        self._is_complete = False
        self._is_wrong = False
        self._is_switched = False
        self._is_persistent = False

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def send(self, listener: AnswerListener, head: bytes, *, is_head_request: bool) -> None:
        """Send a request's head; its body follows by `write`, its answer goes to `listener`."""
        self._reset()
        self._listener = listener
        self._is_head_request = is_head_request
        if self._parser is None:
            self._parser = httptools.HttpResponseParser(self)
        self.write(head)

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def write_eof(self) -> None:
        """Say that nothing more will be written."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write_eof()

    def pause(self) -> None:
        """Read no more of the answer for now: the client is slower."""
        if self._transport is not None and self.is_open and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        if self._transport is not None and self.is_open and self._is_paused:
            self._is_paused = False
            self._transport.resume_reading()

    def close(self) -> None:
        """End the connection at once. The listener hears no more."""
        self._listener = None
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def pause_writing(self) -> None:
        if self._listener is not None:
            self._listener.on_site_ready_to_read(False)

    def resume_writing(self) -> None:
        if self._listener is not None:
            self._listener.on_site_ready_to_read(True)

    def data_received(self, data: bytes) -> None:
        if self._listener is None or self._parser is None:
            self.close()
            return
        if self._is_switched:
            self._listener.on_answer_data(data)
            self._listener.on_pieces_read()
        else:
            self._parse(self._parser, self._listener, data)

    def _parse(
        self, parser: httptools.HttpResponseParser, listener: AnswerListener, data: bytes
    ) -> None:
        self._is_untouched = False
        if self._answer is None:
            self._head_size += len(data)
        try:
            parser.feed_data(data)
        except httptools.HttpParserUpgrade as switch:
            if self._is_switched:
                listener.on_switch(self._headers, data[switch.args[0] :])
                return
            self._is_wrong = True
        except httptools.HttpParserError:
            self._is_wrong = True
        self._tell_after_read()

    def _tell_after_read(self) -> None:
        # The listener may use this connection again or drop it in any of these calls.
        listener = self._listener
        if listener is None:
            return
        is_cut = self._is_wrong and not self._is_complete
        if is_cut or (self._answer is None and self._head_size > self._head_limit):
            self._fail()
            return
        if self._is_complete:
            self._finish()
        else:
            listener.on_pieces_read()

    def connection_lost(self, error: Exception | None) -> None:
        if self._listener is None:
            return
        answer = self._answer
        is_until_close = answer is not None and answer.framing is Framing.UNTIL_CLOSE
        if self._is_switched or (error is None and is_until_close):
            self._finish()
        else:
            self._fail()

    def _finish(self) -> None:
        listener, self._listener = self._listener, None
        is_reusable = self._is_persistent and not self._is_wrong and self.is_open
        if self._is_head_request:
            # The parser waits for the body that the head of the answer describes.
            self._parser = None
        self.is_used = True
        if listener is not None:
            listener.on_answer_complete(is_reusable=is_reusable)

    def _fail(self) -> None:
        listener, is_untouched = self._listener, self._is_untouched
        self.close()
        if listener is not None:
            listener.on_answer_failed(is_untouched=is_untouched)

    # Calls of httptools, while `data_received` feeds it.

    def on_message_begin(self) -> None:
        if self._is_complete:
            self._is_wrong = True

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._answer is None:
            self._headers.append((name.lower(), value.strip(b" \t")))

    def on_headers_complete(self) -> None:
        if self._is_complete or self._parser is None or self._listener is None:
            self._is_wrong = True
            return
        status = self._parser.get_status_code()
        if status == 101 and self._parser.should_upgrade():
            self._is_switched = True
            return
        headers, self._headers = self._headers, []
        if 100 <= status < 200 and status != 101:
            self._head_size = 0
            self._listener.on_interim(status, headers)
            return
        framing, length = self._framing(status, headers)
        if self._is_wrong:
            return
        self._is_persistent = self._parser.should_keep_alive()
        self._answer = AnswerHead(status, headers, framing, length)
        self._listener.on_answer(self._answer)
        self._is_complete = self._is_head_request

    def on_body(self, data: bytes) -> None:
        if self._is_complete or self._answer is None or self._listener is None:
            self._is_wrong = True
        else:
            self._listener.on_answer_data(data)

    def on_message_complete(self) -> None:
        if self._answer is not None:
            self._is_complete = True

    def _framing(self, status: int, headers: Headers) -> tuple[Framing, bytes | None]:
        """How the body ends, and its announced length. llhttp refuses two ways at once."""
        length = coding = None
        for name, value in headers:
            if name == b"content-length":
                length = value
            elif name == b"transfer-encoding":
                self._is_wrong |= coding is not None or value.lower() != b"chunked"
                coding = value
        self._is_wrong |= not 200 <= status <= 599
        if self._is_head_request or status in (204, 304):
            return Framing.NO_BODY, length
        if length is not None:
            return Framing.LENGTH, length
        return (Framing.UNTIL_CLOSE if coding is None else Framing.CHUNKED), None
