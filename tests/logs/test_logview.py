"""Whatever a log holds, a row is one inert list item that shows all of it."""

import re
import time
from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup, Tag
from fasthtml.common import to_xml
from hypothesis import example, given
from hypothesis import strategies as st

from app.models import Level, LogLine, LogName
from components.logrows import render_rows
from components.logtext import render_message
from components.logview import LogRows, LogView
from components.terminal import CLASSES, pieces, visible_text

CURSOR = "1a-20-0011223344556677:80"
NOW = datetime(2026, 11, 20, 13, tzinfo=UTC)
TAGS = {"li", "a", "time", "span", "code"}
ATTRIBUTES = {"class", "id", "data-level", "href", "aria-label", "datetime", "title"}
NASTY = st.sampled_from(
    [
        "INFO: ",
        "\x1b[31m",
        "\x1b[0m",
        "\x1b]8;;javascript:alert(1)\x07",
        "<script>",
        "&lt;",
        '"',
        "'",
        "\r",
        "\n",
        "\x1b[38;5;9m",
        "\x1b[1;4m",
        "\u202e",
        "\u200b",
        "\x00",
        "\x9b31m",
        "</code></li>",
        "\x1b",
    ]
)
TEXTS = st.lists(st.one_of(st.text(max_size=20), NASTY), max_size=12).map("".join)


def line(
    text: str, *, is_cut: bool = False, number: int = 7, level: Level = Level.OTHER
) -> LogLine:
    at = datetime(2026, 11, 20, 13, 5, 41, tzinfo=UTC)
    return LogLine("1a-20-0011223344556677", 80, 5000, number, text, level, at, True, is_cut)


def parse(markup: str) -> BeautifulSoup:
    # Elsewhere the parser makes one blank of a text of nothing but tabs, which no browser does.
    return BeautifulSoup(markup, "html.parser", preserve_whitespace_tags={"code"})


@given(TEXTS, st.booleans())
@example("\t", False)
def test_any_text_becomes_one_row_that_shows_it(text: str, is_cut: bool) -> None:
    markup = render_rows([line(text, is_cut=is_cut)], "/x/line")
    (row,) = parse(markup).find_all(recursive=False)
    assert isinstance(row, Tag)
    message = row.select_one("code.msg")
    assert message is not None
    for more in message.select("a.more"):
        assert more.extract()["href"] == f"/x/line?at={CURSOR}"
    assert message.get_text() == visible_text(text)
    for tag in [row, *row.find_all()]:
        assert tag.name in TAGS
        assert set(tag.attrs) <= ATTRIBUTES
    for span in message.find_all("span"):
        assert set(span["class"]) <= CLASSES | {"lead"}


@given(TEXTS)
def test_no_control_character_is_left_in_the_markup(text: str) -> None:
    markup = render_rows([line(text)])
    assert (
        re.search(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", markup)
        is None
    )
    markup.encode("utf-8")


@given(TEXTS)
def test_ordinary_characters_are_all_kept(text: str) -> None:
    shown = visible_text(text)
    assert all(
        character in shown
        for character in text
        if character.isprintable()
        and character not in "[;0123456789m"
        # Printable to Python, but seen by nobody: they are spelled out.
        and not "\U000e0000" <= character <= "\U000e0fff"
    )


def test_a_row_is_built_like_the_others() -> None:
    assert render_rows([line("KeyError: 'x'", level=Level.ERROR)]) == (
        '<li class="log-line" id="L7" data-level="error"><a href="#L7" aria-label="Line 7">7</a>'
        '<time datetime="2026-11-20T13:05:41Z" title="2026-11-20 13:05:41 UTC, when it arrived">'
        '~13:05:41</time><span class="lvl">ERROR</span>'
        '<code class="msg">KeyError: &#x27;x&#x27;</code></li>'
    )


def test_the_rest_of_a_line_has_no_number_of_its_own() -> None:
    row = parse(render_rows([line("rest", number=0)])).li
    assert row is not None
    assert "id" not in row.attrs
    assert row.a is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m plain", [("red", "ansi-1"), (" plain", "")]),
        ("\x1b[1;92mok", [("ok", "ansi-bold ansi-10")]),
        ("\x1b[38;5;12mx\x1b[39my", [("x", "ansi-12"), ("y", "")]),
        ("\x1b[38;2;1;2;3mx", [("x", "")]),
        ("\x1b[48;5;1;4mx", [("x", "ansi-underline")]),
        ("\x1b[3;2mx\x1b[23;22my", [("x", "ansi-italic ansi-dim"), ("y", "")]),
        ("a\x1b[2Jb", [("a", ""), ("\\x1b", "esc"), ("[2Jb", "")]),
        ("lone\rreturn", [("lone", ""), ("\\r", "esc"), ("return", "")]),
        ("a\u202eb", [("a", ""), ("[RLO]", "esc"), ("b", "")]),
        ("tab\tstays", [("tab\tstays", "")]),
        ("\x1b[38m\x1b[;;m\x1b[999999mx", [("x", "")]),
    ],
)
def test_colours_become_classes_and_controls_become_text(
    text: str, shown: list[tuple[str, str]]
) -> None:
    assert [tuple(piece) for piece in pieces(text)] == shown


def test_five_hundred_rows_take_a_few_milliseconds() -> None:
    lines = [
        line('INFO:     1.2.3.4 - "GET /a?b=<c> HTTP/1.1" 200 OK', number=n + 1) for n in range(500)
    ]
    started = time.perf_counter()
    for _ in range(10):
        render_rows(lines)
    assert (time.perf_counter() - started) / 10 < 0.01


def test_the_message_of_a_whole_line_is_escaped_too() -> None:
    assert render_message("<b>\x1b[31mx") == '&lt;b&gt;<span class="ansi-1">x</span>'


def test_a_fragment_says_where_it_begins_and_ends() -> None:
    fragment = parse(LogRows([line("x")], "a:0", "b:9", "/line")).ol
    assert fragment is not None
    assert (fragment["data-before"], fragment["data-after"]) == ("a:0", "b:9")
    assert len(fragment.find_all("li")) == 1


KEY = ("local", "hello.localhost")


def test_the_card_of_a_live_log_names_its_stream_and_its_other_logs() -> None:
    lines = [line("<script>", level=Level.ERROR), line("x", number=8)]
    view = LogView(KEY, LogName.parse("error"), lines, CURSOR, CURSOR, "/stream?after=1", now=NOW)
    card = parse(to_xml(view)).section
    assert card is not None
    assert card["data-stream"] == "/stream?after=1"
    assert [row["id"] for row in card.select("#log .log-line")] == ["L7", "L8"]
    assert card.select("#log script") == []
    assert [chip.get_text() for chip in card.select(".sev .n")] == ["1", "0", "0", "1"]
    links = {link.get_text(): link for link in card.select("nav a")}
    assert list(links) == ["error", "server", "access"]
    assert links["error"]["aria-current"] == "page"
    assert links["server"]["href"] == "/accounts/local/sites/hello.localhost/logs?name=server"
    earlier = card.select_one("#log-earlier")
    assert earlier is not None
    assert "hidden" not in earlier.attrs


def test_the_card_of_an_empty_log_says_what_will_come() -> None:
    start = "0-0-0011223344556677:0"
    card = parse(
        to_xml(LogView(KEY, LogName.parse("server"), [], start, start, "/stream", now=NOW))
    )
    assert "No lines yet." in card.get_text()
    assert card.select(".log-line") == []
    assert "hidden" in card.select("#log-earlier")[0].attrs


def test_a_rotated_log_is_not_followed() -> None:
    card = parse(
        to_xml(LogView(KEY, LogName.parse("error.1"), [line("x")], CURSOR, CURSOR, now=NOW))
    )
    assert card.select("#follow, #conn") == []
    assert "data-stream" not in card.select("#logview")[0].attrs


def test_nothing_in_the_card_is_inline_code_or_style() -> None:
    card = parse(
        to_xml(LogView(KEY, LogName.parse("error"), [line("x")], CURSOR, CURSOR, "/s", now=NOW))
    )
    for tag in card.find_all():
        assert not [name for name in tag.attrs if name.startswith("on") or name == "style"]
        assert tag.name != "script" or (tag.get("src") and not tag.get_text())


def test_the_level_that_has_a_column_of_its_own_is_marked_in_the_text() -> None:
    (row,) = parse(render_rows([line("ERROR:    It <b>failed</b>", level=Level.ERROR)])).select(
        "li"
    )
    assert [lead.get_text() for lead in row.select(".msg .lead")] == ["ERROR:    "]
    assert [message.get_text() for message in row.select(".msg")] == ["ERROR:    It <b>failed</b>"]
    assert "lead" not in render_rows([line("ERROR:root:x"), line("An ERROR: x")])


def test_of_the_lead_only_blanks_go_out_of_sight() -> None:
    (row,) = parse(render_rows([line("INFO: \x1b[31m\x85<b>")])).select("li")
    assert [lead.get_text() for lead in row.select(".msg .lead")] == ["INFO: "]
    assert not row.select("b")
