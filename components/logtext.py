"""The text of log lines as markup: the one place that what a log holds passes through.

Made from strings, because there are many (500 rows take half a millisecond this way, and a hundred
times as long as elements), by this module and those that build rows from it. All that comes from a
log goes through `render_message`.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from html import escape

from app.models import LogLine
from components.terminal import pieces

_LEAD = re.compile(r"(?:DEBUG|INFO|WARNING|ERROR|CRITICAL):(?=\s) *")


def render_message(text: str) -> str:
    """The markup of a text: escaped, colours as classes, whatever acts spelled out."""
    if text.isprintable():
        return escape(text)
    return "".join(
        f'<span class="{piece.classes}">{escape(piece.text)}</span>'
        if piece.classes
        else escape(piece.text)
        for piece in pieces(text)
    )


def render_with_lead(text: str) -> str:
    """Where the level has a column, the `INFO:   ` that it was read from is left out of sight."""
    lead = _LEAD.match(text)
    if lead is None:
        return render_message(text)
    return f'<span class="lead">{lead[0]}</span>{render_message(text[lead.end() :])}'


def render_more(line: LogLine, line_href: str) -> str:
    """The link that shows all of a cut line; empty for a line that is whole."""
    if not line.is_cut:
        return ""
    at = escape(f"{line_href}?at={line.identity}:{line.offset}")
    return f'<a class="more" href="{at}">… show all {line.length:,} bytes</a>'


def render_place(number: int, attributes: str) -> str:
    """The opening of a row with its line number, which is its permalink.

    The rest of a line that was shown before its end arrived has number 0: none of its own.
    """
    if not number:
        return f'<li class="log-line"{attributes}><span></span>'
    return (
        f'<li class="log-line" id="L{number}"{attributes}>'
        f'<a href="#L{number}" aria-label="Line {number}">{number}</a>'
    )


def render_time(time: datetime | None, is_arrival: bool) -> str:
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
