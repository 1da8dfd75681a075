"""The overview: filter, status chips and the table of sites."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fasthtml.common import (
    FT,
    H1,
    H2,
    A,
    Button,
    Caption,
    Div,
    Input,
    Nav,
    P,
    Script,
    Section,
    Span,
    Table,
    Tbody,
    Th,
    Thead,
    Tr,
)

from app import urls
from app.models import Role, Site, SiteStatus, counted
from components.forms import FilterForm, PageForm, filtered_while_typing
from components.icons import Icon, StatusIcon
from components.live import fetched_on
from components.siterow import ERRORS_COUNTED, SiteRow, row_order

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


def SitesHead(sites: Sequence[Site], *, may_create: bool) -> FT:
    new = A(Icon("plus"), "New site", href=urls.NEW_SITE, cls="btn btn-primary")
    return Div(
        Div(H1("Sites"), SitesSentence(sites), cls="title"),
        new if may_create else None,
        Script(src=urls.static("js/order.js"), type="module"),
        cls="page-head",
    )


def SitesSentence(sites: Sequence[Site], **attributes: str) -> FT:
    return P(_sentence(sites), id="sites-sentence", **attributes)


def SitesToolbar(shown: SiteFilter) -> FT:
    """Filters while one types; the account and the status stay chosen."""
    hidden = {"account": shown.account, "status": shown.status}
    return FilterForm(
        urls.SITES,
        shown.query,
        "Filter sites",
        "Filter by domain, account, command",
        *(Input(type="hidden", name=name, value=value) for name, value in hidden.items() if value),
        **filtered_while_typing(urls.SITES, LIST_ID),
    )


def SummaryAndSentence(sites: Sequence[Site], shown: SiteFilter) -> tuple[FT, FT]:
    """What changes with the status of a site, apart from its row."""
    return SiteSummary(sites, shown), SitesSentence(sites, hx_swap_oob="true")


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
    sites: Sequence[Site],
    total: int,
    labels: Mapping[str, str],
    shown: SiteFilter,
    now: datetime,
    *,
    role: Role,
) -> FT:
    """The table with its foot, for a person of that role.

    `labels` maps account ids to what accounts are called.
    """
    ordered = sorted(sites, key=row_order)
    table = Table(
        Caption("Sites, those needing attention first", cls="sr-only"),
        Thead(
            Tr(
                Th("Status", scope="col", cls="col-status"),
                Th("Site", scope="col", cls="col-site"),
                Th("Errors, 24 h", scope="col", cls="col-errors", title=ERRORS_COUNTED),
                Th("Response", scope="col", cls="col-time"),
                Th("Last reload", scope="col", cls="col-reload-at"),
                Th("Enabled", scope="col", cls="col-enabled"),
                Th(Span("Actions", cls="sr-only"), scope="col", cls="col-actions"),
            )
        ),
        Tbody(
            *(SiteRow(site, labels.get(site.account_id, ""), now, role=role) for site in ordered)
        ),
        cls="table sites-table",
    )
    words = f"{len(sites)} of {counted(total, 'site')}"
    return Div(
        Section(table if sites else _NoMatch(), cls="card sites", aria_label="Sites"),
        P(Span(words, role="status"), cls="list-foot"),
        id=LIST_ID,
        cls="stack-s",
        **fetched_on(LIST_EVENT, shown.href, f"#{LIST_ID}"),
    )


def NoSites(sites_port: int, *, has_local_host: bool) -> FT:
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
        A(Icon("plus"), "Add a PythonAnywhere account", href=urls.NEW_ACCOUNT, cls="btn btn-lg"),
        P(
            "The sample is written into the data folder and answers at "
            f"http://hello.localhost:{sites_port}. Nothing is sent anywhere.",
            cls="hint",
        ),
        cls="card empty",
        aria_label="Get started",
        id=LIST_ID,
        **fetched_on(LIST_EVENT, urls.SITES, f"#{LIST_ID}"),
    )


def _NoMatch() -> FT:
    return Div(
        Icon("search"),
        H2("No site matches this filter"),
        P("Filters look at the domain, the account and the command."),
        A("Show all sites", href=urls.SITES, cls="btn"),
        cls="empty",
    )


def _sentence(sites: Sequence[Site]) -> str:
    if not sites:
        return "No sites yet."
    places = len({site.account_id for site in sites})
    words = f"{counted(len(sites), 'site')} in {counted(places, 'place')}."
    broken = sum(site.status in (SiteStatus.FAILING, SiteStatus.UNKNOWN) for site in sites)
    if not broken:
        return words
    return f"{words} {broken} need{'s' if broken == 1 else ''} attention."
