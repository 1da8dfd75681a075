"""Carries one WebSocket: a handshake as any other request, then bytes both ways, unread.

Frames are the business of the two ends. The proxy keeps order and back-pressure, counts the
socket as a request in flight, and ends both connections when one of them ends.
"""

from app.localhost.proxy import pages
from app.localhost.proxy.context import Client, ProxyContext
from app.localhost.proxy.exchange import Exchange
from app.localhost.proxy.handshake import is_accepted
from app.localhost.proxy.heads import Headers, RequestHead


class WebSocketExchange(Exchange):
    """A request for a WebSocket, and the socket if the site accepts it.

    Its request is complete only when the client has ended its side, so neither of the two
    connections is ever used for another request.
    """

    def __init__(
        self, context: ProxyContext, client: Client, head: RequestHead, started_at: float
    ) -> None:
        super().__init__(context, client, head, started_at)
        self._is_open = False
        self._early: list[bytes] = []

    @property
    def is_endless(self) -> bool:
        return self._is_open

    @property
    def takes_data(self) -> bool:
        """Before the site has agreed, one piece: to read on is how a client that leaves is felt."""
        return super().takes_data if self._is_open else not self._early

    def on_request_data(self, data: bytes) -> None:
        """Bytes of the client. A site that has not agreed must not see them."""
        if self._is_open:
            self._write_to_site(data)
        else:
            self._early.append(data)

    def on_client_eof(self) -> None:
        """The site may still say goodbye, for a moment."""
        if not self._is_open or self._upstream is None:
            super().on_client_eof()
            return
        self._is_body_complete = True
        self._upstream.write_eof()
        self._client.expire_in(self._context.limits.linger_seconds)

    def expire(self) -> None:
        """Only the site's agreement can be late, or its goodbye."""
        self.answer_with(pages.TOO_SLOW)

    def on_switch(self, headers: Headers, early: bytes) -> None:
        if not is_accepted(self._head, headers):
            self.answer_with(pages.UNREACHABLE)
            return
        self._is_open = True
        self._answer.begin_switch(headers)
        self._answer.add(early)
        self._client.write(self._answer.take())
        for piece in self._early:
            self._write_to_site(piece)
        self._early.clear()
        self._expect_next()
        self._client.update_reading()

    def _expect_next(self) -> None:
        """An open socket may be silent for ever; one that the client has ended may not."""
        if self._is_body_complete:
            return
        is_answered = self._answer.status != 0
        self._client.expire_in(None if is_answered else self._context.limits.first_byte_seconds)
