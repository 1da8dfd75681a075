"""What an API's error answers say, in all the shapes in which PythonAnywhere words them."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from app.errors import HostingError, HostRefused, HostThrottled, HostUnavailable, TokenRefused
from app.models import Account, AccountKind

MAX_WORDS = 300
MAX_RETRY_SECONDS = 600.0
MAX_DEPTH = 4
_KEYS = ("detail", "message", "error", "error_message")
# What concerns the whole request.
_NO_FIELDS = ("non_field_errors", "__all__", "error_type")


def refusal(
    account: Account, status: int, content: bytes, headers: Mapping[str, str]
) -> HostingError:
    """The error for an answer that is no success, with the API's own words where it has some."""
    field, words = _words(content)
    if status == 401:
        return TokenRefused(_token_message(account, words))
    if status == 429:
        seconds = retry_seconds(headers.get("retry-after"))
        return HostThrottled(_throttle_message(words, seconds), seconds)
    is_definite = status < 500 or account.kind is AccountKind.LOCAL
    if words and status >= 400 and is_definite and (status < 500 or _is_json(content)):
        return HostRefused(words, status, field)
    if 400 <= status < 500:
        return HostRefused(f"The host answered {status} without saying why.", status)
    if 300 <= status < 400:
        return HostUnavailable(
            f"The host answered {status}, which leads elsewhere; Sitedeck does not follow."
        )
    # Whether the work was done all the same is not known, whatever the words say.
    said = f" It says: {words}" if words and _is_json(content) else ""
    return HostUnavailable(f"The host answered {status}: it is out of order at the moment.{said}")


def is_error_object(answer: object) -> bool:
    """Whether a 200 answer is an error all the same: `{"status": "ERROR", ...}`."""
    return isinstance(answer, dict) and str(answer.get("status", "")).lower() == "error"


def retry_seconds(header: str | None, now: datetime | None = None) -> float | None:
    """A Retry-After header, seconds or a date, as seconds from 0 to 600; None if it is neither."""
    if header is None:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        return min(float(header.strip()[:9]), MAX_RETRY_SECONDS)
    try:
        at = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    seconds = (at - (now or datetime.now(UTC))).total_seconds()
    return min(max(seconds, 0.0), MAX_RETRY_SECONDS)


def _token_message(account: Account, words: str) -> str:
    said = f" ({words})" if words else ""
    if account.kind is AccountKind.LOCAL:
        return f"The local host refused Sitedeck's token{said}."
    return (
        f"PythonAnywhere refused the token{said}. Was it made at this host? Tokens of "
        "www.pythonanywhere.com and eu.pythonanywhere.com are not valid at each other. "
        "It may also have been revoked."
    )


def _throttle_message(words: str, seconds: float | None) -> str:
    wait = f" It asked to wait {seconds:.0f} s." if seconds is not None else ""
    return f"The host says that there were too many calls.{wait} {words}".strip()


def _is_json(content: bytes) -> bool:
    return _load(content) is not None


def _words(content: bytes) -> tuple[str, str]:
    """The field that an error answer names, or nothing, and its words, at most MAX_WORDS."""
    body = _load(content)
    if body is None:
        return "", _plain_text(content)
    if not isinstance(body, dict):
        return "", _clean(" ".join(_texts(body)))
    for key in _KEYS:
        if words := " ".join(_texts(body.get(key))):
            return "", _clean(words)
    said = [(name, " ".join(_texts(messages))) for name, messages in _fields(body)]
    said = [(name, words) for name, words in said if words]
    if not said:
        return "", ""
    (field, first), others = said[0], said[1:]
    rest = [f"{name}: {words}" if name else words for name, words in others]
    return field, _clean(" ".join([first, *rest]))


def _fields(body: Mapping[str, Any], depth: int = 0) -> Iterator[tuple[str, Any]]:
    """What is said of each field; of an object inside, the field is the one in there."""
    for name, messages in body.items():
        if isinstance(messages, dict) and depth < MAX_DEPTH:
            yield from _fields(messages, depth + 1)
        elif name not in ("code", "status"):
            yield "" if name in _NO_FIELDS else name[:64], messages


def _load(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _texts(value: object, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict) and depth < MAX_DEPTH:
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item, depth + 1)


def _plain_text(content: bytes) -> str:
    """An answer that is text; a web page's words are those of whoever stands in between."""
    text = content.decode("utf-8", "replace").strip()
    return "" if text.startswith("<") else _clean(text)


def _clean(text: str) -> str:
    """One line of printable text; tabs, line breaks and control characters become spaces."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text[:4096])
    words = " ".join(printable.split())
    return words if len(words) <= MAX_WORDS else f"{words[: MAX_WORDS - 1]}…"
