"""Reads the head of a request as strictly as possible.

Two programs that read the same bytes differently are how one request hides inside another
(request smuggling), so whatever is ambiguous is refused here and never repaired.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import httptools

_HOST = re.compile(rb"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_ABSOLUTE_FORM = re.compile(rb"(?i:https?)://([^/?]*)(.*)")
_REPEATABLE = frozenset({b"GET", b"HEAD", b"OPTIONS"})
_MAX_LENGTH_DIGITS = 18
_MAX_HOST = 260  # a name of 253 characters, a final dot and a port; what is kept stays small
_NOTHING = [b""]
_NO_TOKENS: frozenset[bytes] = frozenset()
_READ_HERE = frozenset(
    {
        b"accept",
        b"connection",
        b"content-length",
        b"host",
        b"referer",
        b"sec-websocket-key",
        b"sec-websocket-version",
        b"transfer-encoding",
        b"upgrade",
        b"user-agent",
    }
)

Headers = list[tuple[bytes, bytes]]


class BadRequest(Exception):
    """A request that is not carried further; `status` is the HTTP status that says so."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(slots=True)
class RequestHead:
    """The head of one request. Header names are lower case, values have no outer white space.

    `target` is the request target as sent, `path` the same in origin form. `host` is the Host
    header as sent, `host_name` the name in it. `content_length` (bytes) is None without a body
    or with a chunked one. `wants_websocket`: it asks for a WebSocket, rightly or wrongly.
    """

    method: bytes
    target: bytes
    path: bytes
    version: bytes
    headers: Headers
    host: bytes
    host_name: str
    content_length: int | None
    is_chunked: bool
    connection: frozenset[bytes]
    wants_websocket: bool
    values: dict[bytes, list[bytes]]

    def first(self, name: bytes) -> bytes:
        """The value of the first header called `name`, empty if there is none."""
        return self.values.get(name, _NOTHING)[0]

    @property
    def wants_html(self) -> bool:
        return any(b"text/html" in value.lower() for value in self.values.get(b"accept", ()))

    @property
    def has_body(self) -> bool:
        """Whether more than the head belongs to the request; a WebSocket goes on for as long as
        it is open."""
        return self.is_chunked or bool(self.content_length) or self.wants_websocket

    @property
    def is_persistent(self) -> bool:
        """Whether the client wants to send further requests on this connection."""
        if self.version == b"1.0":
            return b"keep-alive" in self.connection
        return b"close" not in self.connection

    @property
    def wants_upgrade(self) -> bool:
        """Whether it asks for another protocol. An offer of HTTP/2 may be ignored (RFC 9110, 7.8),
        and must be: Java's client makes it with each plain request."""
        return b"upgrade" in self.values and self.first(b"upgrade").lower() != b"h2c"

    @property
    def is_repeatable(self) -> bool:
        """Whether a site may see the request twice without harm (RFC 9110, 9.2.2)."""
        return self.method in _REPEATABLE and not self.has_body


class _Collector:
    """Receives httptools' callbacks for one head."""

    __slots__ = ("headers", "is_complete", "target", "values")

    def __init__(self) -> None:
        self.target = b""
        self.headers: Headers = []
        self.values: dict[bytes, list[bytes]] = {}
        self.is_complete = False

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        name, value = name.lower(), value.strip(b" \t")
        self.headers.append((name, value))
        if name in _READ_HERE:
            self.values.setdefault(name, []).append(value)

    def on_headers_complete(self) -> None:
        self.is_complete = True

    def only(self, name: bytes) -> bytes | None:
        """The value of a header that may be there once at most; raises BadRequest otherwise."""
        values = self.values.get(name)
        if values is None:
            return None
        if len(values) > 1:
            raise BadRequest(400, f"The request has several {name.decode()} headers.")
        return values[0]

    def tokens(self, name: bytes) -> frozenset[bytes]:
        """The elements, in lower case, of a header that is a list."""
        values = self.values.get(name)
        if values is None:
            return _NO_TOKENS
        return frozenset(token.strip(b" \t").lower() for token in b",".join(values).split(b","))


def read_head(raw: bytes) -> RequestHead:
    """The request whose head is `raw`, up to and including its empty line. Raises BadRequest."""
    collector = _Collector()
    parser = httptools.HttpRequestParser(collector)
    try:
        parser.feed_data(raw)
    except httptools.HttpParserUpgrade:
        pass
    except httptools.HttpParserError as error:
        raise BadRequest(400, "This is not an HTTP request.") from error
    method: bytes = parser.get_method()
    version = _read_version(raw, method, collector)
    if method in (b"CONNECT", b"TRACE"):
        raise BadRequest(405, f"{method.decode()} is not allowed here.")
    host, host_name = _read_host(collector)
    is_chunked = _read_chunked(collector, version)
    return RequestHead(
        method=method,
        target=collector.target,
        path=_read_path(collector.target, method, host),
        version=version,
        headers=collector.headers,
        host=host,
        host_name=host_name,
        content_length=_read_length(collector, is_chunked),
        is_chunked=is_chunked,
        connection=collector.tokens(b"connection"),
        wants_websocket=b"websocket" in collector.tokens(b"upgrade"),
        values=collector.values,
    )


def _read_version(raw: bytes, method: bytes, collector: _Collector) -> bytes:
    """The version, after making sure that the request line is what the parser took it for."""
    line_end = raw.find(b"\r\n")
    line = b"%b %b HTTP/" % (method, collector.target)
    if not raw.startswith(line):
        raise BadRequest(400, "The request line is malformed.")
    version = raw[len(line) : line_end]
    if version not in (b"1.1", b"1.0"):
        raise BadRequest(505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.")
    if not collector.is_complete:
        raise BadRequest(400, "The request head is incomplete.")
    return version


def _read_host(collector: _Collector) -> tuple[bytes, str]:
    host = collector.only(b"host")
    name = _name_in(host) if host and len(host) <= _MAX_HOST else ""
    if not host or not name:
        raise BadRequest(400, "The request needs exactly one valid Host header.")
    return host, name


@lru_cache(maxsize=256)
def _name_in(host: bytes) -> str:
    """The name in a Host header, in lower case; empty if the header is malformed."""
    match = _HOST.fullmatch(host)
    return match[1].decode("ascii").lower().removesuffix(".") if match else ""


def _read_path(target: bytes, method: bytes, host: bytes) -> bytes:
    """The target in origin form; an absolute one must name the same host as the Host header."""
    if b"#" in target:
        raise BadRequest(400, "The request target holds a fragment.")
    if target.startswith(b"/") or (target == b"*" and method == b"OPTIONS"):
        return target
    match = _ABSOLUTE_FORM.fullmatch(target)
    if match is None:
        raise BadRequest(400, "The request target is malformed.")
    if match[1].lower() != host.lower():
        raise BadRequest(400, "The request target and the Host header name different hosts.")
    path = match[2]
    return path if path.startswith(b"/") else b"/" + path


def _read_chunked(collector: _Collector, version: bytes) -> bool:
    coding = collector.only(b"transfer-encoding")
    if coding is None:
        return False
    if b"content-length" in collector.values:
        raise BadRequest(400, "The request has both Content-Length and Transfer-Encoding.")
    if coding.lower() != b"chunked" or version != b"1.1":
        raise BadRequest(400, "The transfer encoding of the request is not supported.")
    return True


def _read_length(collector: _Collector, is_chunked: bool) -> int | None:
    length = collector.only(b"content-length")
    if is_chunked or length is None:
        return None
    if not length.isdigit() or len(length) > _MAX_LENGTH_DIGITS:
        raise BadRequest(400, "The Content-Length of the request is malformed.")
    return int(length)
