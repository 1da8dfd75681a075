"""Formats a line of a site's access log exactly as PythonAnywhere writes it.

Most fields come from strangers: they are cut and escaped, so that nobody can forge a line or a
field, and the line stays ASCII.
"""

import re
import time
from functools import lru_cache

_UNSAFE = re.compile(rb"[^ !#-\[\]-~]")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MAX_FIELD = 4_096


def access_line(
    *,
    address: bytes,
    ended_at: float,
    method: bytes,
    target: bytes,
    version: bytes,
    status: int,
    body_bytes: int,
    referrer: bytes,
    agent: bytes,
    forwarded_for: bytes,
    seconds: float,
) -> bytes:
    """The log line, with its newline, of one finished request.

    `ended_at` is a Unix time; `body_bytes` counts the answer's body; `seconds` is the time from
    the request's first byte to the answer's last.
    """
    return b'%b - - [%b] "%b %b HTTP/%b" %d %d "%b" "%b" "%b" response-time=%.3f\n' % (
        address,
        _time_field(int(ended_at)),
        method,
        _field(target),
        version,
        status,
        body_bytes,
        _field(referrer),
        _field(agent),
        _field(forwarded_for),
        seconds,
    )


def _field(value: bytes) -> bytes:
    return _escaped(value[:_MAX_FIELD]) or b"-"


@lru_cache(maxsize=128)
def _escaped(value: bytes) -> bytes:
    return _UNSAFE.sub(_escape, value)


def _escape(match: re.Match[bytes]) -> bytes:
    return b"\\x%02X" % match[0][0]


@lru_cache(maxsize=4)
def _time_field(second: int) -> bytes:
    """`20/Nov/2026:13:14:00 +0000`; strftime would follow the machine's language."""
    moment = time.gmtime(second)
    clock = f"{moment.tm_hour:02}:{moment.tm_min:02}:{moment.tm_sec:02}"
    month = _MONTHS[moment.tm_mon - 1]
    return f"{moment.tm_mday:02}/{month}/{moment.tm_year}:{clock} +0000".encode()
