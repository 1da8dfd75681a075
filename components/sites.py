"""The overview: filter, status chips and the table of sites."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fasthtml.common import (
    FT,
    H1,
    H2,
    A,
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
from components.forms import FilterForm, filtered_while_typing
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


def SitesHead(sites: Sequence[Site], shown: SiteFilter, *, may_create: bool) -> FT:
    # Without sites the primary button is among the first steps.
    look = "btn btn-primary" if sites else "btn"
    new = A(Icon("plus"), "New site", href=urls.new_site(shown.account), cls=look)
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
        **{**filtered_while_typing(urls.SITES, LIST_ID), "hx_swap": "innerHTML"},
    )


def SiteSummary(sites: Sequence[Site], shown: SiteFilter) -> FT:
    """Chips that filter by status, fetched anew when a status changes.

    The first site of an open page needs a place for its chip.
    """
    return Nav(
        *StatusChips(sites, shown),
        id=SUMMARY_ID,
        cls="chips scroll",
        aria_label="Filter by status",
        **_filled_on(SUMMARY_EVENT, shown, SUMMARY_ID),
    )


def SiteListArea(shown: SiteFilter, *content: FT) -> FT:
    """The place of the list, or of the first steps while there is no site."""
    return Div(*content, id=LIST_ID, cls="stack-s", **_filled_on(LIST_EVENT, shown, LIST_ID))


def _filled_on(event: str, shown: SiteFilter, own_id: str) -> Mapping[str, str]:
    """For an element that stays while what it holds is fetched anew.

    One that is replaced forgets what it was told while its answer was on the way.
    """
    return {
        **fetched_on(event, shown.href, f"#{own_id}"),
        "hx_swap": "innerHTML",
        # What is typed into the filter comes behind what the address says, and counts. Where there
        # is no filter, htmx wants to find something all the same.
        "hx_include": f"#{SUMMARY_ID}, form[role=search]",
    }


def ChipsOutOfBand(sites: Sequence[Site], shown: SiteFilter) -> FT:
    """They lead to what is typed into the filter as well, so they come with its list."""
    return Div(*StatusChips(sites, shown), hx_swap_oob=f"innerHTML:#{SUMMARY_ID}")


def StatusChips(sites: Sequence[Site], shown: SiteFilter) -> Iterator[FT]:
    """With counts; none without sites."""
    if not sites:
        return
    counts = Counter(site.status for site in sites)
    yield A(
        "All ",
        Span(len(sites), cls="n"),
        cls="chip",
        href=urls.sites(shown.query, shown.account),
        aria_current="page" if not shown.status else None,
    )
    for status in SiteStatus:
        if counts[status] or shown.status == status.value:
            yield A(
                Span(StatusIcon(status), cls="status", data_s=status.value),
                f"{status.word} ",
                Span(counts[status], cls="n"),
                cls="chip",
                href=urls.sites(shown.query, shown.account, status.value),
                aria_current="page" if shown.status == status.value else None,
            )


def SiteList(
    sites: Sequence[Site],
    total: int,
    labels: Mapping[str, str],
    now: datetime,
    *,
    role: Role,
) -> tuple[FT, FT]:
    """The table and its foot, for a person of that role.

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
    return (
        Section(table if sites else _NoMatch(total), cls="card sites", aria_label="Sites"),
        P(Span(words, role="status"), cls="list-foot"),
    )


def _NoMatch(total: int) -> FT:
    """`total` is how many sites there are in the account that is shown."""
    title, words = "No sites here yet", "This account has no sites."
    if total:
        title = "No site matches this filter"
        words = "Filters look at the domain, the account and the command."
    return Div(
        Icon("search" if total else "sites"),
        H2(title),
        P(words),
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
