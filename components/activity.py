"""Activity: who did what, when, with which result, newest first."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby

from fasthtml.common import (
    FT,
    H1,
    H2,
    A,
    Details,
    Div,
    Li,
    P,
    Section,
    Span,
    Strong,
    Summary,
    Ul,
)

from app import urls
from app.models import Activity, Operation, SiteKey
from components.feedback import RecreateForm
from components.forms import FilterForm, filtered_while_typing
from components.icons import Icon
from components.operations import AgainForm, BothCommands
from components.times import When

ICONS = {
    "reload": "reload",
    "enable": "power",
    "disable": "power",
    "create": "plus",
    "delete": "trash",
    "change command": "edit",
    "sign in": "user",
    "sign out": "logout",
    "add account": "plug",
    "replace token": "key",
    "set checks": "reload",
    "remove account": "trash",
    "clear log": "logs",
    "look": "check",
    "request certificate": "lock",
}
PAST = {
    "reload": "reloaded",
    "enable": "enabled",
    "disable": "disabled",
    "create": "created",
    "delete": "deleted",
    "change command": "changed the command of",
    "sign in": "signed in",
    "sign out": "signed out",
    "add account": "added the account",
    "replace token": "replaced the token of",
    "set checks": "chose how often sites are asked of",
    "remove account": "removed the account",
    "clear log": "cleared a log of",
    "look": "looked at",
    "request certificate": "requested a certificate for",
}
# Other actions read well behind "failed to".
FAILED = {
    "change command": "failed to change the command of",
    "sign in": "could not sign in",
    "add account": "failed to add the account",
    "replace token": "failed to replace the token of",
    "remove account": "failed to remove the account",
    "clear log": "failed to clear a log of",
    "look": "looked at",
}
LIST_ID = "activity-list"


@dataclass(frozen=True, slots=True)
class ActivityView:
    """What is known besides the entries, and for those alone who may act on it (both empty for
    others): the sites that can be made again, and the commands of those that are there.

    `changes` are the changes of a command that entries are the ends of, by number.
    """

    now: datetime
    changes: Mapping[int, Operation]
    recreatable: Collection[SiteKey] = ()
    commands: Mapping[SiteKey, str] = field(default_factory=dict)


def ActivityPage(
    entries: Sequence[Activity], query: str, view: ActivityView, *, has_more: bool
) -> FT:
    return Div(
        Div(
            Div(H1("Activity"), P("Everything done through Sitedeck."), cls="title"),
            cls="page-head",
        ),
        FilterForm(
            urls.ACTIVITY,
            query,
            "Filter activity",
            "Filter by site, user, action",
            **filtered_while_typing(urls.ACTIVITY, LIST_ID),
        ),
        ActivityPart(entries, query, view, has_more=has_more),
        cls="stack",
    )


def ActivityPart(
    entries: Sequence[Activity], query: str, view: ActivityView, *, has_more: bool
) -> FT:
    """What the filter draws anew: the entries and the way to older ones."""
    return Div(
        _NoMatch() if query and not entries else ActivityList(entries, view),
        P(
            A("Older entries", href=urls.activity(query, entries[-1].id), cls="btn push"),
            cls="list-foot",
        )
        if has_more
        else None,
        id=LIST_ID,
        cls="stack-s",
    )


def ActivityList(entries: Sequence[Activity], view: ActivityView) -> FT:
    """Grouped by day (UTC). The newest entry of a site that can be made again offers it."""
    if not entries:
        return Section(
            Div(
                Icon("activity"), H2("Nothing here yet"), P("Clicks are listed here."), cls="empty"
            ),
            cls="card",
        )
    newest: dict[SiteKey, int] = {}
    for entry in entries:
        if entry.site_key in view.recreatable and entry.site_key is not None:
            newest.setdefault(entry.site_key, entry.id)
    offered = set(newest.values())
    days: list[FT] = []
    for day, items in groupby(entries, key=lambda entry: entry.at.date()):
        events = (_Event(entry, view, can_recreate=entry.id in offered) for entry in items)
        days += [H2(_day(day, view.now.date()), cls="day"), Ul(*events, cls="events")]
    return Section(*days, cls="card", aria_label="Activity")


def _NoMatch() -> FT:
    return Section(
        Div(
            Icon("search"),
            H2("Nothing matches this filter"),
            P("Filters look at the user, the action, the site and the result."),
            A("Show all activity", href=urls.ACTIVITY, cls="btn"),
            cls="empty",
        ),
        cls="card",
    )


def _Event(entry: Activity, view: ActivityView, *, can_recreate: bool) -> FT:
    key = entry.site_key
    change = view.changes.get(entry.operation_id) if entry.operation_id else None
    target = A(key[1], href=urls.site(*key)) if key else Strong(entry.target)
    words = P(
        Strong(entry.actor),
        f" {_verb(entry)}",
        *((" ", target) if entry.target != entry.actor else ()),
        f": {entry.facts}" if entry.facts else None,
    )
    return Li(
        When(entry.at, f"{entry.at:%H:%M}"),
        Span(Icon(_icon(entry)), cls="ico bad" if entry.has_failed else "ico"),
        Div(words, _Commands(change)) if change else words,
        Div(
            entry.address,
            AgainForm(change, view.commands.get(change.key)) if change else None,
            RecreateForm(*key) if can_recreate and key else None,
            cls="end",
        ),
        cls="event",
        id=f"activity-{entry.id}",
    )


def _verb(entry: Activity) -> str:
    action = entry.action
    if entry.has_failed:
        return FAILED.get(action, f"failed to {action}")
    done = PAST.get(action, action)
    return f"may have {done}" if entry.is_unclear else done


def _icon(entry: Activity) -> str:
    if entry.has_failed:
        return "alert"
    return "help" if entry.is_unclear else ICONS.get(entry.action, "activity")


def _Commands(change: Operation) -> FT:
    return Details(Summary(Icon("chevron"), "Both commands", cls="row small"), BothCommands(change))


def _day(day: date, today: date) -> str:
    return f"{'Today' if day == today else f'{day.day} {day:%B %Y}'}, times in UTC"
