"""The opening handshake of a WebSocket (RFC 6455, 4.2): is it one, and has the site agreed?

Both sides must have switched before the proxy stops reading requests. If it did so on the word of
one of them, bytes could pass to a site as a request that no rule of the proxy has seen.
"""

import re
from base64 import b64encode
from hashlib import sha1

from app.localhost.proxy import pages
from app.localhost.proxy.heads import Headers, RequestHead

_KEY = re.compile(rb"[A-Za-z0-9+/]{22}==")  # 16 bytes in Base64
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def upgrade_refusal(head: RequestHead) -> pages.Page | None:
    """The page for a request that asks for another protocol in vain, None for all others."""
    if not head.wants_upgrade and not head.wants_websocket:
        return None
    if not head.wants_websocket:
        return pages.NO_UPGRADE
    problem = _handshake_problem(head)
    if problem:
        return pages.Page.for_bad_request(400, problem)
    if head.values.get(b"sec-websocket-version") != [b"13"]:
        return pages.WRONG_WEBSOCKET_VERSION
    return None


def _handshake_problem(head: RequestHead) -> str:
    if head.method != b"GET" or head.version != b"1.1":
        return "A WebSocket is opened with GET and HTTP/1.1."
    if head.is_chunked or head.content_length:
        return "The request for a WebSocket has a body."
    if b"upgrade" not in head.connection:
        return "The request for a WebSocket lacks Connection: Upgrade."
    keys = head.values.get(b"sec-websocket-key", [])
    if len(keys) != 1 or not _KEY.fullmatch(keys[0]):
        return "The request for a WebSocket needs exactly one valid Sec-WebSocket-Key."
    return ""


def is_accepted(head: RequestHead, headers: Headers) -> bool:
    """Whether a site's 101 with `headers` is the answer to the handshake in `head`."""
    digest = sha1(head.first(b"sec-websocket-key") + _GUID, usedforsecurity=False).digest()
    accepts = [value for name, value in headers if name == b"sec-websocket-accept"]
    protocols = [value.lower() for name, value in headers if name == b"upgrade"]
    return accepts == [b64encode(digest)] and protocols == [b"websocket"]
