"""The rows of a log: one list item per line, one that folds per traceback."""

from collections.abc import Sequence

from app.models import Level, LogEntry, LogLine, Traceback
from components.logtext import (
    render_more,
    render_place,
    render_time,
    render_with_lead,
)
from components.tracebackrow import render_traceback

_WORDS = {Level.ERROR: "ERROR", Level.WARNING: "WARN", Level.INFO: "INFO", Level.OTHER: ""}


def render_rows(entries: Sequence[LogEntry], line_href: str = "") -> str:
    """One `li` per entry, without line breaks.

    `line_href` is the address that shows a whole line; without it the links to cut lines are
    relative (`?at=...`), and the script of the log view completes them.
    """
    return "".join(
        [
            render_traceback(entry, line_href)
            if isinstance(entry, Traceback)
            else _row(entry, line_href)
            for entry in entries
        ]
    )


def _row(line: LogLine, line_href: str) -> str:
    place = render_place(line.number, f' data-level="{line.level}"')
    return (
        f"{place}{render_time(line.time, line.is_arrival)}"
        f'<span class="lvl">{_WORDS[line.level]}</span>'
        f'<code class="msg">{render_with_lead(line.text)}{render_more(line, line_href)}</code></li>'
    )
