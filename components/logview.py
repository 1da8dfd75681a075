"""The log view: the card around the rows of a log, and rows as a fragment."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from fasthtml.common import FT, A, Button, Div, Li, Link, Ol, P, Safe, Script, Section, Span, to_xml

from app import urls
from app.models import LogCopy, LogEntry, LogKind, LogName, SiteKey, Traceback
from components.icons import Icon
from components.logrows import render_rows
from components.logtools import LogChips, LogStatus, LogTools

LIVE_LOGS = tuple(LogName(kind) for kind in LogKind)


def LogRows(lines: Sequence[LogEntry], before: str, after: str, line_href: str) -> Safe:
    """Lines as a fragment, with the cursors of the places before and after them."""
    rows = Safe(render_rows(lines, line_href))
    fragment = Ol(rows, cls="log wrap", data_before=before, data_after=after)
    return Safe(to_xml(fragment, indent=False))


def LogView(
    key: SiteKey,
    name: LogName,
    lines: Sequence[LogEntry],
    before: str,
    after: str,
    stream_href: str = "",
    choices: Sequence[LogName] = LIVE_LOGS,
    *,
    has_file: bool = True,
    may_clear: bool = False,
    copy: LogCopy | None = None,
    now: datetime,
) -> FT:
    """The card with the last lines of a site's log; `before` and `after` are their cursors.

    With `stream_href`, the page's own stream, it is followed; a rotated file has none. A log that
    nothing was written to yet has no file. `copy` is given for a live log of a remote site.
    """
    is_live = bool(stream_href)
    return Section(
        Div(
            LogTools(key, name, choices, is_live),
            LogChips(
                key,
                name,
                Counter(line.level for line in lines),
                has_file=has_file,
                may_clear=may_clear,
            ),
            cls="log-tools",
        ),
        _Body(key, name, lines, before),
        LogStatus(sum(map(_count, lines)), is_live, copy, now),
        Link(rel="stylesheet", href=urls.static("css/log.css")),
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


def _count(entry: LogEntry) -> int:
    return len(entry.lines) if isinstance(entry, Traceback) else 1


def _Body(key: SiteKey, name: LogName, lines: Sequence[LogEntry], before: str) -> FT:
    earlier = A(
        "Earlier lines", href=f"{urls.log(*key, str(name))}?before={before}", id="log-earlier-link"
    )
    is_whole = before.endswith(":0")
    return Div(
        Div(
            Ol(
                Li(earlier, cls="log-mark", id="log-earlier", hidden=is_whole),
                Safe(render_rows(lines, urls.log_line(*key, str(name)))),
                cls="log wrap",
                id="log",
            ),
            P(
                f"No lines yet. What {key[1]} writes to its {name.kind.value} log appears here.",
                cls="log-empty",
            ),
            P(
                "No line here passes the filter. Empty it, or switch the severities on again.",
                cls="log-empty",
                id="log-no-match",
                hidden=True,
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
