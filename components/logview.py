"""The log view: rows of log text, and the card around them.

Rows are made from strings because there are many (500 rows take half a millisecond this way, and a
hundred times as long as elements). So this is the only file that builds markup by hand, and all
that comes from a log goes through `escape`.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from html import escape

from fasthtml.common import FT, A, Button, Div, Li, Link, Ol, P, Safe, Script, Section, Span

from app import urls
from app.models import Level, LogKind, LogLine, LogName
from components.icons import Icon
from components.logtools import LogChips, LogStatus, LogTools
from components.terminal import pieces

LIVE_LOGS = tuple(LogName(kind) for kind in LogKind)
_LEAD = re.compile(r"(?:DEBUG|INFO|WARNING|ERROR|CRITICAL):(?=\s)")
_WORDS = {Level.ERROR: "ERROR", Level.WARNING: "WARN", Level.INFO: "INFO", Level.OTHER: ""}


def render_rows(lines: Sequence[LogLine], line_href: str = "") -> str:
    """One `li` per line, without line breaks.

    `line_href` is the address that shows a whole line; without it the links to cut lines are
    relative (`?at=...`), and the script of the log view completes them.
    """
    return "".join([_row(line, line_href) for line in lines])


def render_message(text: str) -> str:
    """The markup of a line's text alone."""
    if text.isprintable():
        return escape(text)
    return "".join(
        f'<span class="{piece.classes}">{escape(piece.text)}</span>'
        if piece.classes
        else escape(piece.text)
        for piece in pieces(text)
    )


def LogRows(lines: Sequence[LogLine], before: str, after: str, line_href: str) -> Safe:
    """Lines as a fragment, with the cursors of the places before and after them."""
    cursors = f'data-before="{escape(before)}" data-after="{escape(after)}"'
    return Safe(f'<ol class="log wrap" {cursors}>{render_rows(lines, line_href)}</ol>')


def LogView(
    key: tuple[str, str],
    name: LogName,
    lines: Sequence[LogLine],
    before: str,
    after: str,
    stream_href: str = "",
    choices: Sequence[LogName] = LIVE_LOGS,
) -> FT:
    """The card with the last lines of a site's log; `before` and `after` are their cursors.

    With `stream_href`, the page's own stream, it is followed; a rotated file has none.
    """
    is_live = bool(stream_href)
    return Section(
        Div(
            LogTools(key, name, choices, is_live),
            LogChips(key, name, Counter(line.level for line in lines)),
            cls="log-tools",
        ),
        _Body(key, name, lines, before),
        LogStatus(len(lines), is_live),
        Link(rel="stylesheet", href=urls.static("css/ansi.css")),
        Script(src=urls.static("js/log.js"), type="module"),
        cls="card logview",
        id="logview",
        aria_label=f"Log of {key[1]}",
        data_stream=stream_href or None,
        data_lines=urls.log(*key, str(name)),
        data_line=urls.log_line(*key, str(name)),
        data_login=urls.login(urls.logs(*key, str(name))),
        data_name=str(name),
        data_before=before,
        data_after=after,
    )


def _row(line: LogLine, line_href: str) -> str:
    level, number = line.level, line.number
    # The rest of a line that was shown before its end arrived has no number of its own.
    place = (
        f' id="L{number}" data-level="{level}"><a href="#L{number}" aria-label="Line {number}">'
        f"{number}</a>"
        if number
        else f' data-level="{level}"><span></span>'
    )
    more = ""
    if line.is_cut:
        at = escape(f"{line_href}?at={line.identity}:{line.offset}")
        more = f'<a class="more" href="{at}">… show all {line.length:,} bytes</a>'
    return (
        f'<li class="log-line"{place}{_time(line.time, line.is_arrival)}'
        f'<span class="lvl">{_WORDS[level]}</span>'
        f'<code class="msg">{_message(line.text)}{more}</code></li>'
    )


def _message(text: str) -> str:
    """Where the level has a column, the `INFO:` that it was read from is left out of sight."""
    lead = _LEAD.match(text)
    if lead is None:
        return render_message(text)
    return f'<span class="lead">{lead[0]}</span>{render_message(text[lead.end() :])}'


def _time(time: datetime | None, is_arrival: bool) -> str:
    return "<time></time>" if time is None else _second(int(time.timestamp()), is_arrival)


@lru_cache(maxsize=2048)
def _second(seconds: int, is_arrival: bool) -> str:
    """A busy log has many lines a second, and formatting a time is half the work of a row."""
    utc = datetime.fromtimestamp(seconds, UTC)
    day, clock = utc.date().isoformat(), f"{utc:%H:%M:%S}"
    note = ", when it arrived" if is_arrival else ""
    return (
        f'<time datetime="{day}T{clock}Z" title="{day} {clock} UTC{note}">'
        f"{'~' if is_arrival else ''}{clock}</time>"
    )


def _Body(key: tuple[str, str], name: LogName, lines: Sequence[LogLine], before: str) -> FT:
    earlier = A(
        "Earlier lines", href=f"{urls.log(*key, str(name))}?before={before}", id="log-earlier-link"
    )
    is_whole = before.endswith(":0")
    return Div(
        Div(
            Ol(
                Li(earlier, cls="log-mark rot", id="log-earlier", hidden=is_whole),
                Safe(render_rows(lines, urls.log_line(*key, str(name)))),
                cls="log wrap",
                id="log",
            ),
            P(
                f"No lines yet. What {key[1]} writes to its {name.kind.value} log appears here.",
                cls="log-empty",
            ),
            cls="log-scroll",
            id="log-scroll",
            tabindex="0",
            role="region",
            aria_label="Log lines",
        ),
        Button(
            Icon("down"),
            Span("New lines"),
            cls="btn btn-primary newpill",
            type="button",
            id="newpill",
            hidden=True,
        ),
        cls="log-body",
    )
