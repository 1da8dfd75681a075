"""What surrounds the lines of the log view: choice of log, filter, severities, state."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from fasthtml.common import FT, A, Button, Details, Div, I, Input, Nav, P, Span, Summary

from app import urls
from app.models import Level, LogCopy, LogName, SiteKey
from components.forms import PageForm
from components.icons import Icon
from components.times import Age

_CHIPS = {
    Level.ERROR: "Errors",
    Level.WARNING: "Warnings",
    Level.INFO: "Info",
    Level.OTHER: "Other",
}


def LogTools(key: SiteKey, name: LogName, choices: Sequence[LogName], is_live: bool) -> FT:
    """The other logs as links; what needs the script is hidden where there is none."""
    links = [
        A(str(choice), href=urls.logs(*key, str(choice)), aria_current="page")
        if choice == name
        else A(str(choice), href=urls.logs(*key, str(choice)))
        for choice in choices
    ]
    return Div(
        Nav(*links, cls="segmented", aria_label="Log file"),
        _Filter(),
        _FollowButton() if is_live else None,
        cls="row",
    )


def _Filter() -> FT:
    field = Input(
        id="log-filter",
        type="search",
        placeholder="Filter lines",
        aria_label="Filter lines",
        autocomplete="off",
        spellcheck="false",
        cls="input",
    )
    return Div(Icon("search"), field, cls="input-group needs-script")


def _FollowButton() -> FT:
    return Button(
        Icon("pause"),
        Span("Pause"),
        cls="btn push needs-script",
        type="button",
        id="follow",
        aria_pressed="true",
    )


def LogChips(
    key: SiteKey,
    name: LogName,
    counts: Counter[Level],
    *,
    has_file: bool,
    may_clear: bool,
) -> FT:
    """Which severities are shown, how lines look, and what can be done with the file."""
    chips = [
        Button(
            I(aria_hidden="true"),
            f"{word} ",
            Span(str(counts[level]), cls="n"),
            cls="sev needs-script",
            type="button",
            aria_pressed="true",
            data_level=level.value,
        )
        for level, word in _CHIPS.items()
    ]
    return Div(
        *chips,
        _Toggle("wrap", "Wrap", "wrap", cls="btn btn-ghost push needs-script"),
        _Toggle("stamps", "Times", "clock", cls="btn btn-ghost needs-script"),
        _Download(key, name, has_file=has_file),
        _ClearLog(key, name) if may_clear else None,
        cls="chips",
    )


def _Download(key: SiteKey, name: LogName, *, has_file: bool) -> FT:
    """The script makes it a link when the first line of a missing log arrives."""
    href = urls.log_download(*key, str(name))
    return A(
        Icon("download"),
        "Download",
        href=href if has_file else None,
        download=True,
        role=None if has_file else "link",
        aria_disabled=None if has_file else "true",
        title=None if has_file else "There is no log yet",
        data_href=None if has_file else href,
        cls="btn btn-ghost",
        id="log-download",
    )


def _ClearLog(key: SiteKey, name: LogName) -> FT:
    """Asks first: what is cleared cannot be brought back."""
    return Details(
        Summary("Clear…", cls="btn btn-ghost"),
        Div(
            P(f"The lines of this {name.kind.value} log are deleted at the host for good."),
            PageForm(
                urls.log_delete(*key, str(name)),
                Button(Icon("trash"), "Clear log", cls="btn btn-danger"),
            ),
            cls="menu-list stack-s",
        ),
        cls="menu clear-log",
    )


def _Toggle(identity: str, word: str, icon: str, **attributes: str) -> FT:
    return Button(Icon(icon), word, type="button", id=identity, aria_pressed="true", **attributes)


def LogStatus(count: int, is_live: bool, copy: LogCopy | None, now: datetime) -> FT:
    """The connection, the age of the newest line and of the `copy` of a remote log, how many lines
    are shown. The script keeps all of it up to date."""
    connection = Span(Span("Connecting"), cls="conn", id="conn", data_c="lost", role="status")
    return Div(
        Span(connection, cls="needs-script")
        if is_live
        else Span("A rotated file: it does not grow."),
        Span(id="log-age"),
        Span(*(_age(copy, now) if copy else ()), id="log-source"),
        Span(copy.problem if copy else None, id="log-problem", cls="problem"),
        Span(
            Span(str(count), id="log-shown"),
            " of ",
            Span(str(count), id="log-total"),
            " lines shown",
            cls="muted",
        ),
        Span("Times in UTC", cls="muted push desktop-only"),
        P(cls="sr-only", id="log-summary", role="status"),
        cls="log-status",
    )


def _age(copy: LogCopy, now: datetime) -> tuple[FT | str, ...]:
    return ("Read ", Age(copy.read_at, now)) if copy.read_at else ("Not read yet",)
