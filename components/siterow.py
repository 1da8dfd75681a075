"""One site as a table row, and the parts that its page's head has too."""

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from fasthtml.common import (
    FT,
    A,
    Button,
    Code,
    Details,
    Div,
    Hr,
    Small,
    Span,
    Summary,
    Td,
    Tr,
    to_xml,
)

from app import urls
from app.models import Answer, Role, Site, SiteAction, SiteStatus, counted
from components.feedback import RecreateForm
from components.forms import FragmentForm
from components.https import CertificateBadge
from components.icons import Icon, StatusIcon
from components.live import replaced_by
from components.times import Age, Seen

VIEWERS_CANNOT = "Viewers cannot change sites"
ERRORS_COUNTED = (
    "Tracebacks begun and lines at ERROR or above in the live error log. The log view folds a line "
    "and its traceback into one."
)


def row_id(site: Site) -> str:
    """Also the name of the event that replaces the row. No other site has it.

    An account's id holds no underscore; a domain that is listed may, but does not begin with a dot.
    """
    domain = site.domain_name
    if "_" in domain:
        escaped = domain.replace("_", "_u").replace(".", "_d")
        domain = f"_{escaped}"
    return f"site-{site.account_id.replace('-', '_')}-{domain.replace('.', '_')}"


def row_order(site: Site) -> str:
    """Lists are sorted by it, on the server and in the browser."""
    return f"{list(SiteStatus).index(site.status)} {site.domain_name}"


def SiteRow(site: Site, account_label: str, now: datetime, *, role: Role) -> FT:
    """One row for a person of that role.

    Drawing its parts costs 2 ms, so they are kept; only ages are drawn each time.
    """
    parts = _parts(site, role)
    identity = row_id(site)
    name = Div(
        parts.name,
        parts.alert,
        Div(
            Span(account_label),
            None if site.is_local or site.is_gone else Seen(site.account_id, site.seen_at, now),
            parts.about,
            cls="meta",
        ),
        cls="site-name",
    )
    return Tr(
        parts.status,
        Td(name, cls="col-site"),
        parts.errors,
        parts.time,
        Td(Age(site.reloaded_at, now), cls="col-reload-at soft small nowrap"),
        parts.enabled,
        parts.actions,
        id=identity,
        data_row=True,
        data_site=site.domain_name,
        data_order=row_order(site),
        cls=None if site.enabled else "is-disabled",
        **replaced_by(identity),
    )


class _Parts(NamedTuple):
    """What a row shows besides ages, as markup."""

    status: str
    name: str
    alert: str
    about: str
    errors: str
    time: str
    enabled: str
    actions: str


@lru_cache(maxsize=1024)
def _parts(site: Site, role: Role) -> _Parts:
    identity = row_id(site)
    parts = (
        Td(StatusLabel(site), cls="col-status"),
        _Name(site),
        # On a line of its own: beside the domain it would cut that short on a phone.
        Div(CertificateBadge(site)) if site.certificate_alert else "",
        GoneBadge(site) or _Reason(site) or _Command(site),
        Td(_ErrorCount(site), cls="col-errors"),
        Td(_ResponseTime(site), cls="col-time"),
        Td(EnabledSwitch(site, identity, role), cls="col-enabled"),
        Td(_Actions(site, identity, role), cls="col-actions"),
    )
    return _Parts(*(to_xml(part, indent=False) for part in parts))


def StatusLabel(site: Site, cls: str = "status") -> FT:
    """One word, one shape, one colour; why it is so is its tooltip and stands on the site's page.

    A page whose script is still waiting for an answer shows the expected status in its place.
    """
    return Span(
        StatusIcon(site.status),
        Span(site.status.word),
        cls=cls,
        data_s=site.status.value,
        data_live=True,
        title=site.reason or None,
    )


def _Name(site: Site) -> FT:
    return Div(
        A(
            site.domain_name,
            href=urls.site(*site.key),
            cls="domain truncate",
            data_row_link=True,
            id=f"{row_id(site)}-link",
        ),
        None if site.is_gone else OpenSite(site),
        cls="top",
    )


def GoneBadge(site: Site) -> FT | None:
    return Span("Gone at PythonAnywhere", cls="badge warn") if site.is_gone else None


def _Reason(site: Site) -> FT | None:
    """Red only where something is wrong: what is being done is no fault."""
    if not site.reason:
        return None
    return Small(site.reason, cls="bad truncate" if site.status.is_settled else "soft truncate")


def _Command(site: Site) -> FT:
    return Code(site.command, cls="truncate", title=site.command)


def OpenSite(site: Site) -> FT:
    return A(
        Icon("external"),
        href=site.url,
        cls="ext",
        rel="noreferrer",
        aria_label=f"Open {site.domain_name}",
    )


def _ErrorCount(site: Site) -> FT:
    count = site.error_count
    if count is None:
        return Div(
            Span("Errors, 24 h", cls="cell-label"), Span("–", cls="value muted"), cls="metric"
        )
    words = f"{counted(count, 'error')} in 24 hours, {site.domain_name}"
    value = (
        A(f"{count:,}", href=urls.logs(*site.key), cls="value num", aria_label=words)
        if count
        else Span(count, cls="value num muted")
    )
    return Div(Span("Errors, 24 h", cls="cell-label"), value, cls="metric")


def _ResponseTime(site: Site) -> FT:
    # How soon the host's front says that nobody answers behind it is no time of the site's.
    is_none = site.is_gone or (site.check is not None and site.check.is_failing)
    answer = None if is_none else site.last_answer
    value = Span("–", cls="value muted")
    if answer is not None:
        title = f"Answered {answer.status}"
        value = Span(response_time(answer), cls="value num", title=title)
    return Div(Span("Response", cls="cell-label"), value, cls="metric")


def response_time(answer: Answer) -> str:
    """`312 ms`, `3.1 s`."""
    if answer.seconds < 1:
        return f"{answer.seconds * 1000:.0f} ms"
    return f"{answer.seconds:.1f} s"


def EnabledSwitch(site: Site, target_id: str, role: Role) -> FT:
    """A switch that is a form of its own: it works without scripts too."""
    if site.is_gone:
        return Span("–", cls="muted")
    word, action = (
        ("Enabled", SiteAction.DISABLE) if site.enabled else ("Disabled", SiteAction.ENABLE)
    )
    may_act = role.includes(Role.OPERATOR)
    switch = Button(
        cls="switch",
        role="switch",
        aria_checked=str(site.enabled).lower(),
        aria_label=f"{site.domain_name} enabled",
        id=f"{target_id}-switch",
        disabled=not may_act,
        title=None if may_act else VIEWERS_CANNOT,
    )
    return ActionForm(site, action, target_id, Span(word, cls="enabled-label"), switch)


def ReloadOrRecreate(site: Site, target_id: str, role: Role, cls: str = "btn") -> FT | None:
    """What brings the site up anew: of one that its host does not have any more, a creation."""
    if site.is_gone:
        return RecreateForm(*site.key, cls=cls) if role.includes(Role.ADMIN) else None
    why_not = None if site.enabled else "Enable the site first"
    if not role.includes(Role.OPERATOR):
        why_not = VIEWERS_CANNOT
    button = Button(
        Icon("reload"),
        "Reload",
        cls=cls,
        id=f"{target_id}-reload",
        aria_label=f"Reload {site.domain_name}",
        aria_busy="true" if site.status is SiteStatus.RELOADING else None,
        disabled=why_not is not None,
        title=why_not,
        data_reload=True,
    )
    return ActionForm(site, SiteAction.RELOAD, target_id, button)


def ActionForm(site: Site, action: SiteAction, target_id: str, *content: FT) -> FT:
    """Swaps the row or the page head that it stands in; a second click while busy is dropped."""
    return FragmentForm(
        urls.site_action(*site.key, action.value),
        *content,
        cls="action",
        hx_target=f"#{target_id}",
        hx_swap="outerHTML",
    )


def _Actions(site: Site, identity: str, role: Role) -> FT:
    logs = A(
        Icon("logs"),
        Span("Logs"),
        href=urls.logs(*site.key),
        cls="btn btn-ghost btn-logs",
        aria_label=f"Logs of {site.domain_name}, {'as last read' if site.is_gone else 'live'}",
        id=f"{identity}-logs",
    )
    return Div(ReloadOrRecreate(site, identity, role), logs, SiteMenu(site, role), cls="actions")


def SiteMenu(site: Site, role: Role) -> FT:
    """Only what works: a site that is gone has no address, and is not deleted at its host."""
    away = ("Remove from the list…",) if site.is_gone else (Icon("trash"), "Delete…")
    delete = A(*away, href=urls.delete_site(*site.key), cls="danger")
    return Details(
        Summary(
            Icon("more"),
            cls="btn btn-ghost btn-icon",
            aria_label=f"More actions for {site.domain_name}",
        ),
        Div(
            None
            if site.is_gone
            else A(Icon("external"), "Open site", href=site.url, rel="noreferrer"),
            A(Icon("logs"), "Logs" if site.is_gone else "Live log", href=urls.logs(*site.key)),
            A(Icon("settings"), "Settings", href=urls.site_settings(*site.key)),
            Button(Icon("copy"), "Copy domain", type="button", data_copy=site.domain_name),
            Button(Icon("copy"), "Copy command", type="button", data_copy=site.command)
            if site.is_gone
            else None,
            *((Hr(), delete) if role.includes(Role.ADMIN) else ()),
            cls="menu-list",
        ),
        cls="menu",
    )
