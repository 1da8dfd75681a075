"""Holds what a client has sent beyond the request that is being carried, and cuts heads from it."""

from app.localhost.proxy.heads import BadRequest

_HEAD_END = b"\r\n\r\n"


class HeadBuffer(bytearray):
    """Bytes that begin with the head of a request, whole or not. Heads have at most `limit`
    bytes. `is_partial` says that part of a head is waiting for the rest."""

    __slots__ = ("_limit", "_scanned")

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit
        self._scanned = 0

    @property
    def is_partial(self) -> bool:
        return self._scanned > 0

    def take_all(self) -> bytes:
        """What is here, whatever it is."""
        data = bytes(self)
        self.clear()
        self._scanned = 0
        return data

    def take_head(self) -> bytes | None:
        """The next head with its empty line; None while it is incomplete. Raises BadRequest."""
        if self.startswith(b"\r\n"):
            del self[:2]  # RFC 9112, 2.2: some clients end a body with an extra line
            self._scanned = 0
        end = self.find(_HEAD_END, max(0, self._scanned - len(_HEAD_END)))
        size = end + len(_HEAD_END) if end >= 0 else len(self)
        if size > self._limit:
            raise BadRequest(431, f"The request head is larger than {self._limit} bytes.")
        if end < 0:
            _check(self, self._scanned)
            self._scanned = size
            return None
        head = bytes(self[:size])
        del self[:size]
        self._scanned = 0
        _check(head)
        return head


def _check(raw: bytes | bytearray, start: int = 0) -> None:
    """Refuse what no header may hold: NUL, and a line feed or carriage return on its own.

    Looks at `raw` from `start` on; a carriage return at the very end may still get its line feed.
    Raises BadRequest.
    """
    if raw.find(b"\0", start) >= 0:
        raise BadRequest(400, "The request head holds a NUL byte.")
    before = max(0, start - 1)
    pairs = raw.count(b"\r\n", before)
    if raw.count(b"\n", start) != pairs:
        raise BadRequest(400, "A line of the request head does not end in CR LF.")
    if raw.count(b"\r", before, -1) > pairs:
        raise BadRequest(400, "The request head holds a CR on its own.")
