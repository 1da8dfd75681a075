"""The overview: filter, status chips and the table of sites, each row cached by its content."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from fasthtml.common import (
    FT,
    H1,
    H2,
    A,
    Button,
    Caption,
    Code,
    Details,
    Div,
    Form,
    Input,
    Kbd,
    Nav,
    P,
    Section,
    Small,
    Span,
    Summary,
    Table,
    Tbody,
    Td,
    Th,
    Thead,
    Tr,
    to_xml,
)

from app import urls
from app.models import Site, SiteAction, SiteStatus
from components.forms import FragmentForm, PageForm
from components.icons import Icon, StatusIcon
from components.live import fetched_on, replaced_by
from components.times import When, ago

LIST_ID = "site-list"
SUMMARY_ID = "site-summary"
SUMMARY_EVENT = "summary"
LIST_EVENT = "list"


@dataclass(frozen=True, slots=True)
class SiteFilter:
    """What the overview shows: a word, an account, a status; empty means all."""

    query: str = ""
    account: str = ""
    status: str = ""

    @property
    def href(self) -> str:
        return urls.sites(self.query, self.account, self.status)


def row_id(site: Site) -> str:
    """Also the name of the event that replaces the row. A domain holds no underscore."""
    return f"site-{site.account_id}-{site.domain_name.replace('.', '_')}"


def SitesHead(sites: Sequence[Site]) -> FT:
    return Div(
        Div(H1("Sites"), P(_sentence(sites)), cls="title"),
        cls="page-head",
    )


def SitesToolbar(shown: SiteFilter) -> FT:
    """The filter works without scripts too: Enter submits it."""
    hidden = {"account": shown.account, "status": shown.status}
    return Form(
        Div(
            Icon("search"),
            Input(
                id="filter",
                name="query",
                type="search",
                cls="input",
                value=shown.query,
                placeholder="Filter by domain, account, command",
                aria_label="Filter sites",
                autocomplete="off",
                maxlength="100",
                hx_get=urls.SITES,
                hx_trigger="input changed delay:200ms, search",
                hx_target=f"#{LIST_ID}",
                hx_swap="outerHTML",
                hx_sync="this:replace",
                hx_push_url="true",
                hx_include="closest form",
            ),
            Kbd("/", cls="desktop-only", aria_hidden="true"),
            cls="input-group grow",
        ),
        *(Input(type="hidden", name=name, value=value) for name, value in hidden.items() if value),
        cls="toolbar",
        role="search",
        action=urls.SITES,
        method="get",
    )


def SiteSummary(sites: Sequence[Site], shown: SiteFilter) -> FT:
    """Chips that filter by status, with counts; fetched anew when a status changes."""
    counts = Counter(site.status for site in sites)
    chips = [
        A(
            "All ",
            Span(len(sites), cls="n"),
            cls="chip",
            href=urls.sites(shown.query, shown.account),
            aria_current="page" if not shown.status else None,
        )
    ]
    for status in SiteStatus:
        if counts[status] or shown.status == status.value:
            chips.append(
                A(
                    Span(StatusIcon(status), cls="status", data_s=status.value),
                    f"{status.word} ",
                    Span(counts[status], cls="n"),
                    cls="chip",
                    href=urls.sites(shown.query, shown.account, status.value),
                    aria_current="page" if shown.status == status.value else None,
                )
            )
    return Nav(
        *chips,
        id=SUMMARY_ID,
        cls="chips scroll",
        aria_label="Filter by status",
        **fetched_on(SUMMARY_EVENT, shown.href, f"#{SUMMARY_ID}"),
    )


def SiteList(
    sites: Sequence[Site], total: int, labels: Mapping[str, str], shown: SiteFilter, now: datetime
) -> FT:
    """The table with its foot. `labels` maps account ids to what accounts are called."""
    ordered = sorted(sites, key=_order)
    table = Table(
        Caption("Sites, those needing attention first", cls="sr-only"),
        Thead(
            Tr(
                Th("Status", scope="col", cls="col-status"),
                Th("Site", scope="col", cls="col-site"),
                Th("Errors, 24 h", scope="col", cls="col-errors"),
                Th("Last reload", scope="col", cls="col-reload-at"),
                Th("Enabled", scope="col", cls="col-enabled"),
                Th(Span("Actions", cls="sr-only"), scope="col", cls="col-actions"),
            )
        ),
        Tbody(*(SiteRow(site, labels.get(site.account_id, ""), now) for site in ordered)),
        cls="table sites-table",
    )
    words = f"{len(sites)} of {total} sites" if total != 1 else f"{len(sites)} of 1 site"
    return Div(
        Section(table if sites else _NoMatch(), cls="card sites", aria_label="Sites"),
        P(Span(words, role="status"), cls="list-foot"),
        id=LIST_ID,
        cls="stack-s",
        **fetched_on(LIST_EVENT, shown.href, f"#{LIST_ID}"),
    )


def NoSites(*, has_local_host: bool) -> FT:
    """The first page after setup: the one next step."""
    step = (
        PageForm(
            urls.SAMPLE_SITE,
            Button(
                Icon("server"),
                "Try the sample site",
                cls="btn btn-primary btn-lg",
                id="sample-site",
            ),
            cls="row",
        )
        if has_local_host
        else P("Start Sitedeck with --local-host on to run sites on this machine.", cls="hint")
    )
    return Section(
        Icon("sites"),
        H2("See it work within a minute"),
        P(
            "Sitedeck lists your ASGI sites, reloads them with one click and streams their error "
            "logs. The sample site is a small FastHTML program that runs on this machine."
        ),
        step,
        P(
            "It is written into the data folder and answers at http://hello.localhost. Nothing is "
            "sent anywhere.",
            cls="hint",
        ),
        cls="card empty",
        aria_label="Get started",
        id=LIST_ID,
        **fetched_on(LIST_EVENT, urls.SITES, f"#{LIST_ID}"),
    )


def SiteRow(site: Site, account_label: str, now: datetime) -> FT | str:
    """One row. Drawing it costs 2 ms, so it is kept by everything it shows."""
    reloaded = ago(site.reloaded_at, now) if site.reloaded_at else "–"
    return _row_markup(site, account_label, reloaded)


@lru_cache(maxsize=1024)
def _row_markup(site: Site, account_label: str, reloaded: str) -> str:
    markup: str = to_xml(_Row(site, account_label, reloaded), indent=False)
    return markup


def _Row(site: Site, account_label: str, reloaded: str) -> FT:
    identity = row_id(site)
    return Tr(
        Td(StatusLabel(site), cls="col-status"),
        Td(_SiteName(site, account_label), cls="col-site"),
        Td(_ErrorCount(site), cls="col-errors"),
        Td(When(site.reloaded_at, reloaded), cls="col-reload-at soft small nowrap"),
        Td(EnabledSwitch(site, identity), cls="col-enabled"),
        Td(_Actions(site, identity), cls="col-actions"),
        id=identity,
        data_row=True,
        data_site=site.domain_name,
        cls=None if site.enabled else "is-disabled",
        **replaced_by(identity),
    )


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


def _SiteName(site: Site, account_label: str) -> FT:
    return Div(
        Div(
            A(
                site.domain_name,
                href=urls.site(*site.key),
                cls="domain truncate",
                data_row_link=True,
                id=f"{row_id(site)}-link",
            ),
            OpenSite(site),
            cls="top",
        ),
        Div(
            Span(account_label),
            Small(site.reason, cls="truncate") if site.reason else _Command(site),
            cls="meta",
        ),
        cls="site-name",
    )


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
    words = f"{count} error{'' if count == 1 else 's'} in 24 hours, {site.domain_name}"
    value = (
        A(count, href=urls.logs(*site.key), cls="value num", aria_label=words)
        if count
        else Span(count, cls="value num muted")
    )
    return Div(Span("Errors, 24 h", cls="cell-label"), value, cls="metric")


def EnabledSwitch(site: Site, target_id: str) -> FT:
    """A switch that is a form of its own: it works without scripts too."""
    word, action = (
        ("Enabled", SiteAction.DISABLE) if site.enabled else ("Disabled", SiteAction.ENABLE)
    )
    switch = Button(
        cls="switch",
        role="switch",
        aria_checked=str(site.enabled).lower(),
        aria_label=f"{site.domain_name} enabled",
        id=f"{target_id}-switch",
    )
    return ActionForm(site, action, target_id, Span(word, cls="enabled-label"), switch)


def ReloadButton(site: Site, target_id: str, cls: str = "btn") -> FT:
    button = Button(
        Icon("reload"),
        "Reload",
        cls=cls,
        id=f"{target_id}-reload",
        aria_label=f"Reload {site.domain_name}",
        aria_keyshortcuts="r",
        aria_busy="true" if site.status is SiteStatus.RELOADING else None,
        disabled=not site.enabled,
        title=None if site.enabled else "Enable the site first",
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


def _Actions(site: Site, identity: str) -> FT:
    logs = A(
        Icon("logs"),
        Span("Logs"),
        href=urls.logs(*site.key),
        cls="btn btn-ghost btn-logs",
        aria_label=f"Logs of {site.domain_name}, live",
        id=f"{identity}-logs",
    )
    return Div(ReloadButton(site, identity), logs, SiteMenu(site), cls="actions")


def SiteMenu(site: Site) -> FT:
    return Details(
        Summary(
            Icon("more"),
            cls="btn btn-ghost btn-icon",
            aria_label=f"More actions for {site.domain_name}",
        ),
        Div(
            A(Icon("external"), "Open site", href=site.url, rel="noreferrer"),
            A(Icon("logs"), "Live log", href=urls.logs(*site.key)),
            Button(Icon("copy"), "Copy domain", type="button", data_copy=site.domain_name),
            cls="menu-list",
        ),
        cls="menu",
    )


def _NoMatch() -> FT:
    return Div(
        Icon("search"),
        H2("No site matches this filter"),
        P("Filters look at the domain, the account and the command."),
        A("Show all sites", href=urls.SITES, cls="btn"),
        cls="empty",
    )


def _order(site: Site) -> tuple[int, str]:
    return list(SiteStatus).index(site.status), site.domain_name


def _sentence(sites: Sequence[Site]) -> str:
    if not sites:
        return "No sites yet."
    places = len({site.account_id for site in sites})
    words = f"{len(sites)} site{'' if len(sites) == 1 else 's'}"
    words += f" in {places} place{'' if places == 1 else 's'}."
    broken = sum(site.status in (SiteStatus.FAILING, SiteStatus.UNKNOWN) for site in sites)
    if not broken:
        return words
    return f"{words} {broken} need{'s' if broken == 1 else ''} attention."
