"""The proxy's own answers: small pages that tell a visitor what is known and nothing more.

They are shown to strangers on the site's own origin, so they name no other site and no reason;
the reason is for the dashboard.
"""

import html
from base64 import b64encode
from dataclasses import dataclass
from email.utils import formatdate
from hashlib import sha256
from http import HTTPStatus

_STYLE = (
    ":root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--line:#dfe3e8;--text:#1c2330;"
    "--soft:#5b6676}"
    "@media(prefers-color-scheme:dark){:root{--page:#12161c;--card:#1a2029;--line:#2c3541;"
    "--text:#e8ecf2;--soft:#9aa6b6}}"
    "*{box-sizing:border-box}"
    "body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;"
    "background:var(--page);color:var(--text);font:1rem/1.55 system-ui,sans-serif}"
    "main{max-width:30rem;width:100%;padding:2rem;background:var(--card);"
    "border:1px solid var(--line);border-radius:12px}"
    "h1{margin:.25rem 0 .75rem;font-size:1.375rem;line-height:1.25}"
    "p{margin:0;color:var(--soft)}"
    ".host{overflow-wrap:anywhere;font-size:.875rem}"
)
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
_SECURITY_HEADERS = (
    f"content-security-policy: default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
    "x-content-type-options: nosniff\r\n"
    "referrer-policy: no-referrer\r\n"
    "cache-control: no-store\r\n"
)


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of the proxy: HTTP `status`, a `title` and a `sentence` for people."""

    status: int
    title: str
    sentence: str
    retry_after: int | None = None

    @classmethod
    def for_bad_request(cls, status: int, sentence: str) -> "Page":
        return cls(status, HTTPStatus(status).phrase, sentence)


UNKNOWN_HOST = Page(404, "There is no site here", "No site answers under this name.")
SWITCHED_OFF = Page(404, "This site is switched off", "Its owner can switch it on again.")
STARTING = Page(503, "This site is starting", "Please try again in a moment.", retry_after=2)
NOT_RUNNING = Page(503, "This site is not running", "Its owner can see the reason.")
TOO_BUSY = Page(503, "This site is busy", "Please try again in a moment.", retry_after=2)
CROWDED = Page(503, "Too many connections", "Please try again in a moment.", retry_after=2)
UNREACHABLE = Page(502, "This site did not answer", "It may be restarting. Please try again.")
TOO_SLOW = Page(504, "This site took too long", "It did not answer in time. Please try again.")
HEAD_TOO_LATE = Page.for_bad_request(408, "The request did not arrive in time.")
HEAD_TOO_LARGE = Page.for_bad_request(431, "The request head is too large.")
WRONG_WEBSOCKET_VERSION = Page.for_bad_request(426, "WebSockets of version 13 are spoken here.")
NO_UPGRADE = Page.for_bad_request(501, "This address does not upgrade connections to a protocol.")

_OFFERS = {
    405: "allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n",
    426: "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n",
}
"""What a client may do instead, where the status asks for it."""


def render(page: Page, host: str, *, wants_html: bool) -> tuple[bytes, bytes]:
    """(header lines, body) of `page`; the lines hold the length but nothing on the connection.

    `host` is the name that was asked for, as the request gave it.
    """
    body = (_as_html(page, host) if wants_html else _as_text(page)).encode()
    kind = "text/html" if wants_html else "text/plain"
    retry = "" if page.retry_after is None else f"retry-after: {page.retry_after}\r\n"
    offer = _OFFERS.get(page.status, "")
    head = (
        f"HTTP/1.1 {page.status} {HTTPStatus(page.status).phrase}\r\n"
        f"date: {formatdate(usegmt=True)}\r\n"
        f"content-type: {kind}; charset=utf-8\r\n"
        f"content-length: {len(body)}\r\n"
        f"{_SECURITY_HEADERS}{retry}{offer}"
    )
    return head.encode("ascii"), body


def _as_text(page: Page) -> str:
    return f"{page.title}. {page.sentence}\n"


def _as_html(page: Page, host: str) -> str:
    title = html.escape(page.title)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>"
        f'<body><main><p class="host">{html.escape(host)}</p>'
        f"<h1>{title}</h1><p>{html.escape(page.sentence)}</p></main></body></html>\n"
    )
