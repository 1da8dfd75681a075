"""Writes the heads that the proxy sends: which headers pass, and which it sets itself.

Towards the site, so that the site can believe what it reads; towards the client, so that a site
can neither set nor see the dashboard's session, and each body is framed in one way only.
"""

from functools import lru_cache
from http import HTTPStatus

from app.localhost.proxy.heads import Headers, RequestHead

_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"http2-settings",
    }
)
_NOT_TO_CLIENT = _HOP_BY_HOP | {b"content-length"}
# CGI-style programs would take `Proxy` for their own HTTP_PROXY setting.
_NOT_TO_SITE = _NOT_TO_CLIENT | {b"host", b"forwarded", b"x-real-ip", b"proxy"}
_FORGED_PREFIXES = (b"proxy-", b"x-forwarded-")
SWITCH_LINES = b"connection: Upgrade\r\nupgrade: websocket"
"""Written anew towards both sides: these two headers concern one connection only."""
_NOTHING: frozenset[bytes] = frozenset()
_DASHBOARD_COOKIES = frozenset({b"sd", b"__Host-sd"})


def _passes_to_site(name: bytes) -> bool:
    """Whether a request header goes to the site. Underscores do not: CGI-style servers would
    read `X_Real_IP` as X-Real-IP."""
    return not (name in _NOT_TO_SITE or b"_" in name or name.startswith(_FORGED_PREFIXES))


def _passes_to_client(name: bytes) -> bool:
    return not (name in _NOT_TO_CLIENT or name.startswith(b"proxy-"))


# Most headers are one of these, and looking a name up costs less than applying the rules to it.
_COMMON = (
    b"accept accept-encoding accept-language cache-control content-encoding content-type cookie "
    b"date etag if-modified-since if-none-match last-modified location origin pragma referer "
    b"sec-fetch-dest sec-fetch-mode sec-fetch-site server set-cookie user-agent vary"
).split()
_SURELY_TO_SITE = frozenset(filter(_passes_to_site, _COMMON))
_SURELY_TO_CLIENT = frozenset(filter(_passes_to_client, _COMMON))


def request_head(head: RequestHead, address: bytes) -> bytes:
    """The head for the site, with its empty line. `address` is the client's IP address."""
    dropped = head.connection
    lines = [b"%b %b HTTP/1.1\r\nhost: %b" % (head.method, head.path, head.host)]
    for name, value in head.headers:
        if name in dropped or not (name in _SURELY_TO_SITE or _passes_to_site(name)):
            continue
        if name == b"cookie":
            value = without_dashboard_cookies(value)
            if not value:
                continue
        lines.append(b"%b: %b" % (name, value))
    lines.append(
        b"x-forwarded-for: %b\r\nx-forwarded-proto: http\r\nx-forwarded-host: %b\r\nx-real-ip: %b"
        % (address, head.host, address)
    )
    if head.wants_websocket:
        lines.append(SWITCH_LINES)
    elif head.is_chunked:
        lines.append(b"transfer-encoding: chunked")
    elif head.content_length is not None:
        lines.append(b"content-length: %d" % head.content_length)
    lines.append(b"\r\n")
    return b"\r\n".join(lines)


def without_dashboard_cookies(value: bytes) -> bytes:
    """A Cookie header's value without the dashboard's cookies; empty if there were no others."""
    if b"sd" not in value:
        return value
    kept = [
        pair.strip()
        for pair in value.split(b";")
        if pair.partition(b"=")[0].strip() not in _DASHBOARD_COOKIES
    ]
    return b"; ".join(kept)


def _sets_dashboard_cookie(value: bytes) -> bool:
    """Whether a Set-Cookie value would come back under a name of the dashboard.

    `=sd=x` counts: browsers keep it as a cookie without a name and send it back as `sd=x`.
    """
    pair = value.partition(b";")[0].lstrip(b" \t=")
    return pair.partition(b"=")[0].strip() in _DASHBOARD_COOKIES


@lru_cache(maxsize=1_024)
def _status_line(status: int) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return f"HTTP/1.1 {status} {phrase}".encode("ascii")


def response_head(status: int, headers: Headers, framing: tuple[bytes, ...]) -> bytes:
    """The head for the client, with its empty line.

    `headers` come from the site, names in lower case; `framing` are the lines that say how the
    body is framed and whether the connection stays open.
    """
    dropped = _named_in_connection(headers)
    lines = [_status_line(status)]
    for name, value in headers:
        if name in dropped or not (name in _SURELY_TO_CLIENT or _passes_to_client(name)):
            continue
        if name == b"set-cookie" and _sets_dashboard_cookie(value):
            continue
        lines.append(b"%b: %b" % (name, value))
    lines.extend(framing)
    lines.append(b"\r\n")
    return b"\r\n".join(lines)


def _named_in_connection(headers: Headers) -> frozenset[bytes]:
    values = [value for name, value in headers if name == b"connection"]
    if not values:
        return _NOTHING
    return frozenset(token.strip().lower() for token in b",".join(values).split(b","))
