"""Frames an answer for the client: the site's own framing ends at the proxy."""

import time

from app.localhost.proxy.access import access_line
from app.localhost.proxy.events import AnswerHead, Framing
from app.localhost.proxy.headers import SWITCH_LINES, response_head
from app.localhost.proxy.heads import Headers, RequestHead
from app.localhost.proxy.pages import Page, render

_CLIENT_LEFT = 499  # nginx's number for a client that did not wait; seen in the log only


class AnswerWriter:
    """Collects the bytes of the answer to `request` until `take` hands them over.

    `status` and `body_bytes` (without framing) are for the access log; `is_begun` says that the
    client may have seen the status; `keeps_open` that the connection may carry another request.
    """

    __slots__ = (
        "_is_chunked",
        "_pieces",
        "_request",
        "body_bytes",
        "is_begun",
        "is_unframed",
        "keeps_open",
        "status",
    )

    def __init__(self, request: RequestHead) -> None:
        self._request = request
        self._pieces: list[bytes] = []
        self._is_chunked = False
        self.status = 0
        self.body_bytes = 0
        self.is_begun = False
        self.is_unframed = False
        self.keeps_open = False

    def take(self) -> bytes:
        """Everything since the last call."""
        data = b"".join(self._pieces)
        self._pieces.clear()
        self.is_begun = self.status != 0
        return data

    def add_interim(self, status: int, headers: Headers) -> None:
        """A 1xx answer; HTTP/1.0 knows none."""
        if self._request.version != b"1.0":
            self._pieces.append(response_head(status, headers, ()))

    def begin(self, head: AnswerHead, *, may_keep_open: bool) -> None:
        """The head of the site's answer."""
        is_endless = head.framing in (Framing.CHUNKED, Framing.UNTIL_CLOSE)
        self._is_chunked = is_endless and self._request.version != b"1.0"
        self.is_unframed = is_endless and not self._is_chunked
        self.keeps_open = may_keep_open and not self.is_unframed
        self.status = head.status
        lines = []
        if self._is_chunked:
            lines.append(b"transfer-encoding: chunked")
        elif head.content_length is not None and head.status != 204:
            lines.append(b"content-length: " + head.content_length)
        lines.extend(self._connection_lines())
        self._pieces.append(response_head(head.status, head.headers, tuple(lines)))

    def begin_switch(self, headers: Headers) -> None:
        """The site's 101: what `add` gets from now on is passed on as it is."""
        self.status = 101
        self._pieces.append(response_head(101, headers, (SWITCH_LINES,)))

    def add(self, data: bytes) -> None:
        """A piece of the body."""
        self.body_bytes += len(data)
        if self._is_chunked:
            self._pieces.append(b"%x\r\n%b\r\n" % (len(data), data))
        else:
            self._pieces.append(data)

    def end(self) -> None:
        if self._is_chunked:
            self._pieces.append(b"0\r\n\r\n")

    def replace_with(self, page: Page, *, may_keep_open: bool) -> None:
        """Answer with a page of the proxy instead of what was collected."""
        request = self._request
        head, body = render(page, request.host_name, wants_html=request.wants_html)
        self.status = page.status
        self.keeps_open = may_keep_open
        if self._request.method == b"HEAD":
            body = b""
        self.body_bytes = len(body)
        connection = b"".join(line + b"\r\n" for line in self._connection_lines())
        self._pieces = [head, connection, b"\r\n", body]

    def log_line(self, address: bytes, seconds: float) -> bytes:
        """The access-log line, now that all is over, for the client at `address`."""
        request = self._request
        return access_line(
            address=address,
            ended_at=time.time(),
            method=request.method,
            target=request.target,
            version=request.version,
            status=self.status if self.is_begun else _CLIENT_LEFT,
            body_bytes=self.body_bytes,
            referrer=request.first(b"referer"),
            agent=request.first(b"user-agent"),
            forwarded_for=address,
            seconds=seconds,
        )

    def _connection_lines(self) -> tuple[bytes, ...]:
        if not self.keeps_open:
            return (b"connection: close",)
        if self._request.version == b"1.0":
            return (b"connection: keep-alive",)
        return ()
