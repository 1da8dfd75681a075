"""The row of a traceback folds, shows what happened last first, and loses nothing."""

import re
from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup, Tag
from fasthtml.common import to_xml
from hypothesis import given
from hypothesis import strategies as st

from app.logs.entries import fold
from app.logs.lines import LineReader
from app.logs.splitter import LineSplitter
from app.models import LogEntry, LogName
from components.logrows import render_rows
from components.logview import LogView
from components.terminal import CLASSES, visible_text
from tests.logs.test_logview import CURSOR, KEY, NOW, TEXTS
from tests.support import one

TAGS = {"li", "a", "time", "span", "details", "summary", "svg", "use", "pre", "b", "i", "strong"}
LIBRARY = "/srv/venv/lib/python3.13/site-packages/"
FRAMES = f"""\
Traceback (most recent call last):
  File "{LIBRARY}uvicorn/protocols/http/h11_impl.py", line 403, in run_asgi
    result = await app(
  File "{LIBRARY}starlette/routing.py", line 20, in app
    await route.handle()
  File "{LIBRARY}starlette/routing.py", line 30, in handle
    await self.app()
  File "/srv/shop/main.py", line 42, in <lambda>
    amount = total & 1
             ~~~~~~^~~
  File "/usr/lib/python3.13/asyncio/tasks.py", line 1, in wait
    pass
"""
CAUSED = f"""\
ERROR:    Exception in ASGI application
{FRAMES}KeyError: '<cart>'

The above exception was the direct cause of the following exception:

{FRAMES}RuntimeError: There is no cart
"""


def entries_of(text: str) -> list[LogEntry]:
    reader, splitter = LineReader(), LineSplitter(0)
    at = datetime(2026, 11, 20, 13, 5, 41, tzinfo=UTC)
    raws = splitter.feed(text.encode("utf-8", "surrogatepass"))
    return fold([reader.read(raw, "1a", number + 5, at) for number, raw in enumerate(raws)])


def row_of(text: str) -> Tag:
    (row,) = BeautifulSoup(render_rows(entries_of(text)), "html.parser").find_all(recursive=False)
    assert isinstance(row, Tag)
    return row


def test_the_summary_joins_the_header_and_the_last_exception() -> None:
    row = row_of(CAUSED)
    assert (row["id"], row["data-level"]) == ("L5", "error")
    assert row["data-lines"] == str(CAUSED.count("\n"))
    summary = one(row, ".msg > summary").get_text()
    assert summary == "ERROR: Exception in ASGI application — RuntimeError: There is no cart"
    assert one(row, "time").get_text() == "~13:05:41"
    assert "open" not in one(row, "details.msg").attrs


def test_the_body_begins_with_what_happened_last() -> None:
    body = one(row_of(CAUSED), ".msg > pre")
    assert body.get_text().splitlines()[:8] == [
        "RuntimeError: There is no cart",
        "  … 3 frames in uvicorn and starlette",
        '  File "/srv/shop/main.py", line 42, in <lambda>',
        "    amount = total & 1",
        "             ~~~~~~^~~",
        "  … 1 frame in asyncio",
        "",
        "caused by",
    ]
    assert [own.get_text() for own in body.select("b")] == [
        'File "/srv/shop/main.py", line 42, in <lambda>'
    ] * 2


def test_the_lines_as_written_are_all_there() -> None:
    assert one(row_of(CAUSED), ".written").get_text() == CAUSED.removesuffix("\n")


def test_a_row_is_one_line_of_an_event_stream() -> None:
    assert "\n" not in render_rows(entries_of(CAUSED))


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        (f"{FRAMES}ValueError: {'x' * 1000}\n", f"ValueError: {'x' * 288}…"),
        (FRAMES, "Traceback without its end"),
        (f"Exception in thread Thread-1 (f):\n{FRAMES}", "Exception in thread Thread-1 (f)"),
        (f"\x1b[31mERROR\x1b[0m:    Bad\n{FRAMES}KeyError: 1\n", "ERROR: Bad — KeyError: 1"),
    ],
)
def test_what_is_missing_or_too_long_is_said(text: str, summary: str) -> None:
    assert one(row_of(text), ".msg > summary").get_text().startswith(summary)


def test_many_packages_are_counted() -> None:
    frames = "".join(f'  File "{LIBRARY}{name}/x.py", line 1, in y\n' for name in "abcdef")
    body = one(
        row_of(f"Traceback (most recent call last):\n{frames}E: x\n"), ".msg > pre"
    ).get_text()
    assert "… 6 frames in a, b, c and 3 other packages" in body


def test_a_cut_line_can_be_shown_whole() -> None:
    row = row_of(f"{FRAMES}ValueError: {'x' * 9000}\n")
    assert [link.get_text() for link in row.select("a.more")] == ["… show all 9,013 bytes"]


@given(st.lists(TEXTS, min_size=1, max_size=6))
def test_nothing_in_a_traceback_acts_and_nothing_is_lost(texts: list[str]) -> None:
    texts = [text.replace("\n", " ").replace("\0", "") for text in texts]
    source = "".join(f'  File "/srv/{text}", line 1, in f\n    {text}\n' for text in texts)
    raw = f"Traceback (most recent call last):\n{source}E: {texts[0]}\n"
    markup = render_rows(entries_of(raw))
    (row,) = BeautifulSoup(markup, "html.parser").find_all(recursive=False)
    assert isinstance(row, Tag)
    assert {tag.name for tag in [row, *row.find_all()]} <= TAGS
    for span in row.select(".written span span"):
        assert set(span["class"]) <= CLASSES
    written = [visible_text(line.removesuffix("\r")) for line in raw.split("\n")[:-1]]
    shown = [line.get_text() for line in row.select(".written > span")]
    assert shown == written
    assert re.search(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e]", markup) is None


def test_the_card_counts_entries_on_its_chips_and_lines_below() -> None:
    entries = entries_of(f"INFO:     ready\n{CAUSED}")
    card = BeautifulSoup(
        to_xml(LogView(KEY, LogName.parse("error"), entries, CURSOR, CURSOR, now=NOW)),
        "html.parser",
    )
    assert [chip.get_text() for chip in card.select(".sev .n")] == ["1", "0", "1", "0"]
    assert one(card, "#log-total").get_text() == str(CAUSED.count("\n") + 1)
    assert len(card.select(".log-line")) == 2
