"""A traceback as one row that folds: what happened last on top, library frames in one line.

Under it lie the lines as they were written. Line breaks are character references, so that a row
stays one line of an event stream.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby

from fasthtml.common import to_xml

from app.models import Frame, Raised, Traceback, counted
from components.icons import Icon
from components.logtext import (
    render_message,
    render_more,
    render_place,
    render_time,
    render_with_lead,
)

_BREAK = "&#10;"
_SUMMARY_CHARACTERS = 300
_NAMED_PACKAGES = 4
_INDENT = "    "


def render_traceback(entry: Traceback, line_href: str) -> str:
    """The `li` of a traceback, closed; its time and number are those of its first line."""
    first = entry.lines[0]
    place = render_place(
        first.number, f' data-level="{entry.level}" data-lines="{len(entry.lines)}"'
    )
    icon = _chevron()
    body = _BREAK.join(_body(entry.raised))
    written = _BREAK.join(
        f"<span>{render_message(line.text)}{render_more(line, line_href)}</span>"
        for line in entry.lines
    )
    return (
        f"{place}{render_time(first.time, first.is_arrival)}"
        f'<span class="lvl">ERROR</span><details class="msg">'
        f"<summary>{icon}<span>{_summary(entry)}</span></summary>"
        f"<pre>{body}</pre><details><summary>{icon}<span>As written</span></summary>"
        f'<pre class="written">{written}</pre></details></details></li>'
    )


@cache
def _chevron() -> str:
    return str(to_xml(Icon("chevron"), indent=False))


def _summary(entry: Traceback) -> str:
    message = entry.raised[0].message if entry.raised else ()
    title = message[0] if message else "Traceback without its end" if entry.raised else ""
    if len(title) > _SUMMARY_CHARACTERS:
        title = f"{title[:_SUMMARY_CHARACTERS]}…"
    header = " ".join(entry.header.rstrip(": ").split())
    if not header:
        return render_message(title)
    return render_with_lead(header) + (f" — {render_message(title)}" if title else "")


def _body(exceptions: Sequence[Raised]) -> Iterator[str]:
    for position, raised in enumerate(exceptions):
        indent = _INDENT * raised.depth
        if position:
            yield ""
        if raised.relation:
            yield f"{indent}<i>{raised.relation}</i>"
        for text in raised.message:
            yield f"{indent}<strong>{render_message(text)}</strong>"
        for is_library, frames in groupby(raised.frames, lambda frame: bool(frame.package)):
            if is_library:
                yield f"{indent}  {_folded(list(frames))}"
            else:
                yield from (line for frame in frames for line in _frame(frame, indent))


def _frame(frame: Frame, indent: str) -> Iterator[str]:
    place, *source = frame.lines
    yield f"{indent}  <b>{render_message(place.strip())}</b>"
    for text in source:
        yield f"{indent}{render_message(text)}"


def _folded(frames: Sequence[Frame]) -> str:
    """`… 6 frames in starlette and uvicorn`, in the order in which they come."""
    count = f"… {counted(len(frames), 'frame')} in"
    packages = list(dict.fromkeys(frame.package for frame in frames))
    if len(packages) > _NAMED_PACKAGES:
        rest = len(packages) - _NAMED_PACKAGES + 1
        packages[_NAMED_PACKAGES - 1 :] = [f"{rest} other packages"]
    *most, last = map(render_message, packages)
    return f"{count} {', '.join(most)} and {last}" if most else f"{count} {last}"
