"""Levels, times and tracebacks are read from the head of a line, never from its words."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.logs.files import read_tail
from app.logs.heads import read_head, without_escapes
from app.logs.lines import counts_as_error
from app.models import Level, LogLine


def read_lines(path: Path, content: bytes) -> tuple[LogLine, ...]:
    path.write_bytes(content)
    return read_tail(path).lines


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("INFO:     Started server process [1]", Level.INFO),
        ("\x1b[31mERROR\x1b[0m:    Exception in ASGI application", Level.ERROR),
        ("CRITICAL: out of memory", Level.ERROR),
        ("WARNING:root:disk is nearly full", Level.WARNING),
        ("DEBUG:asyncio:Using selector", Level.INFO),
        ("[2024-08-20 15:28:23 +0000] [1] [INFO] Starting gunicorn", Level.INFO),
        ("[2024-08-20 15:28:23 +0000] [12] [CRITICAL] WORKER TIMEOUT", Level.ERROR),
        ("2026-11-20 13:00:00,123 ERROR could not connect", Level.ERROR),
        ("2026-11-20 13:00:00,123 - shop.cart - WARNING - low stock", Level.WARNING),
        ("2026-11-20T13:00:00.5Z | NOTICE   | started", Level.INFO),
        ("[2026-11-20 13:00:00,123] ERROR in app: Exception on / [GET]", Level.ERROR),
        ('{"level": "error", "msg": "broken"}', Level.ERROR),
        ('{"severity": "WARNING", "message": "slow"}', Level.WARNING),
        ('{"msg": "\\"level\\": \\"error\\"", "level": "info"}', Level.INFO),
        ("/srv/shop/main.py:12: DeprecationWarning: use lifespan", Level.WARNING),
        ('INFO:      - "GET / HTTP/1.1" 200 OK', Level.INFO),
        ('INFO:      - "GET / HTTP/1.1" 500 Internal Server Error', Level.ERROR),
        ('INFO:     127.0.0.1:5 - "POST /x HTTP/1.1" 404 Not Found', Level.WARNING),
        ('1.2.3.4 - - [17/Oct/2023:13:14:00 +0000] "GET / HTTP/1.1" 502 3 "-" "-"', Level.ERROR),
        ('1.2.3.4 - - [17/Oct/2023:13:14:00 +0000] "GET / HTTP/1.1" 200 3 "-" "-"', Level.INFO),
        ("GET https://example.org/ERROR/critical", None),
        ("the word ERROR inside a sentence", None),
        ("https://example.org/?level=ERROR: no", None),
        ("ERRORS: none", None),
        ("{not json, level: error", None),
        ("[1, 2, 3]", None),
        ("", None),
    ],
)
def test_the_level_is_what_the_format_states(text: str, level: Level | None) -> None:
    assert read_head(without_escapes(text)).level is level


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-20 13:00:01,250 INFO x", datetime(2026, 11, 20, 13, 0, 1, 250_000, UTC)),
        ("2026-11-20T15:00:01+02:00 x", datetime(2026, 11, 20, 13, 0, 1, 0, UTC)),
        ("[2026-11-20 13:00:01 +0000] [1] [INFO] x", datetime(2026, 11, 20, 13, 0, 1, 0, UTC)),
        ('{"time": "2026-11-20T13:00:01Z"}', datetime(2026, 11, 20, 13, 0, 1, 0, UTC)),
        (
            '1.2.3.4 - - [20/Nov/2026:14:00:01 +0100] "GET / HTTP/1.1" 200 3 "-" "-"',
            datetime(2026, 11, 20, 13, 0, 1, 0, UTC),
        ),
        ("2026-13-45 99:00:01,250 INFO x", None),
        ("0000-00-00 00:00:00 x", None),
        ("0001-01-01 00:00:00+14:00 before all time", None),
        ("2026-11-20 13:00:015 x", None),
        ("no time at all", None),
    ],
)
def test_the_time_is_what_the_format_states(text: str, time: datetime | None) -> None:
    assert read_head(text).time == time


def test_deeply_nested_json_is_only_text() -> None:
    assert read_head('{"a":' * 1600).level is None


TRACEBACK = b"""\
ERROR:    Exception in ASGI application
Traceback (most recent call last):
  File "/srv/main.py", line 3, in home
    carts[0]
    ~~~~~^^^
KeyError: 0

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/srv/main.py", line 9, in report
    raise shop.CartError("empty")
shop.errors.CartError: empty
the next line of the site
INFO:     still running
"""


def test_the_lines_of_a_traceback_keep_its_level(tmp_path: Path) -> None:
    lines = read_lines(tmp_path / "log", TRACEBACK)
    assert [line.level for line in lines] == [Level.ERROR] * 13 + [Level.OTHER, Level.INFO]
    assert [line.number for line in lines if line.starts_traceback] == [2, 10]
    assert [line.number for line in lines if counts_as_error(line)] == [1, 2, 10]


def test_a_page_that_begins_inside_a_traceback_knows_it(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(TRACEBACK)
    page = read_tail(path, 4)
    assert [line.level for line in page.lines][:2] == [Level.ERROR, Level.ERROR]


def test_exception_groups_and_stamped_tracebacks_are_known(tmp_path: Path) -> None:
    lines = read_lines(
        tmp_path / "log",
        b"  + Exception Group Traceback (most recent call last):\n"
        b"  |   File 'x', line 1, in y\n"
        b"  | ExceptionGroup: two\n"
        b"  +-+---------------- 1 ----------------\n"
        b"2026-11-20 13:00:00,001: Traceback (most recent call last):\n"
        b"2026-11-20 13:00:00,001:   File 'x', line 1\n"
        b"2026-11-20 13:00:00,001: ValueError: bad\n"
        b"plain\n",
    )
    assert [line.level for line in lines] == [Level.ERROR] * 7 + [Level.OTHER]
    assert [line.starts_traceback for line in lines] == [True, *[False] * 3, True, *[False] * 3]
