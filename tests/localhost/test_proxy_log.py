"""The access log: PythonAnywhere's format, one line for each request, and no line forged."""

import re
from pathlib import Path

import pytest

from app.localhost.proxy.access import access_line
from app.models import HostState
from tests.localhost.proxy_kit import GET, HOST, stage

pytestmark = pytest.mark.anyio

LINE = re.compile(
    rb'^(\S+) - (\S+) \[([^\]]+)\] "([^"]*)" (\d{3}) (\d+|-) "([^"]*)" "([^"]*)" "([^"]*)" '
    rb"response-time=([\d.]+|-)\n$"
)


def line_of(**changes: object) -> bytes:
    values = {
        "address": b"1.2.3.4",
        "ended_at": 1_795_180_440.9,
        "method": b"GET",
        "target": b"/",
        "version": b"1.1",
        "status": 200,
        "body_bytes": 32,
        "referrer": b"",
        "agent": b"agent",
        "forwarded_for": b"1.2.3.4",
        "seconds": 0.2861,
    }
    return access_line(**(values | changes))  # type: ignore[arg-type]


def test_a_line_has_pythonanywheres_format() -> None:
    assert line_of() == (
        b'1.2.3.4 - - [20/Nov/2026:13:14:00 +0000] "GET / HTTP/1.1" 200 32 "-" "agent" '
        b'"1.2.3.4" response-time=0.286\n'
    )


def test_nothing_in_a_field_can_forge_a_line_or_a_field() -> None:
    evil = b'" 200 1 "-"\\\n1.1.1.1 - -\r\x00\x1b[31m\x7f\xe4'
    line = line_of(target=evil, referrer=evil, agent=evil, forwarded_for=evil)
    assert LINE.fullmatch(line)
    assert line.isascii()
    assert rb"\x22 200 1 \x22-\x22\x5C\x0A1.1.1.1 - -\x0D\x00\x1B[31m\x7F\xE4" in line


def test_long_fields_are_cut() -> None:
    assert len(line_of(target=b"\n" * 60_000, agent=b"a" * 60_000)) < 25_000


async def test_each_request_writes_its_line(tmp_path: Path) -> None:
    raw = b'POST /a?b HTTP/1.0\r\nHost: shop.localhost\r\nReferer: /x\r\nUser-Agent: a"b\r\n\r\n'
    async with stage(tmp_path) as it:
        await it.get(raw)
        (domain, line), *others = it.log
    assert (domain, others) == (HOST, [])
    match = LINE.fullmatch(line)
    assert match is not None
    assert match[1] == b"127.0.0.1"
    assert match.groups()[3:9] == (
        b"POST /a?b HTTP/1.0",
        b"200",
        b"5",
        b"/x",
        rb"a\x22b",
        b"127.0.0.1",
    )


@pytest.mark.parametrize(
    ("state", "status"), [(HostState.CRASH_LOOP, b"503"), (HostState.DISABLED, b"404")]
)
async def test_answers_of_the_proxy_itself_are_logged_too(
    tmp_path: Path, state: HostState, status: bytes
) -> None:
    async with stage(tmp_path, state=state) as it:
        answer = await it.get(GET)
        match = LINE.fullmatch(it.log[0][1])
    assert match is not None
    assert (match[5], match[6]) == (status, b"%d" % len(answer.body))
