"""The head and the tabs that all pages of one site share."""

from fasthtml.common import (
    FT,
    H1,
    A,
    Div,
    Li,
    Nav,
    Ol,
    Span,
)

from app import urls
from app.models import Role, Site
from components.https import CertificateBadge
from components.live import replaced_by
from components.siterow import (
    EnabledSwitch,
    GoneBadge,
    OpenSite,
    ReloadOrRecreate,
    SiteMenu,
    StatusLabel,
    row_id,
)


def head_id(site: Site) -> str:
    """Also the name of the event that replaces the head."""
    return f"head-{row_id(site)}"


def SiteHead(site: Site, account_label: str, *, role: Role) -> FT:
    """Name, status, switch and Reload, the same on every tab, for a person of that role."""
    identity = head_id(site)
    crumbs = Ol(
        Li(A("Sites", href=urls.SITES)),
        Li(A(account_label, href=urls.sites(account=site.account_id))),
        cls="crumbs",
    )
    return Div(
        Div(
            Nav(crumbs, aria_label="Breadcrumb"),
            Div(
                H1(site.domain_name),
                None if site.is_gone else OpenSite(site),
                StatusLabel(site, "status pill"),
                GoneBadge(site),
                CertificateBadge(site),
                cls="row",
            ),
            cls="title",
        ),
        Div(
            None
            if site.is_gone
            else Span(EnabledSwitch(site, identity, role), cls="row small soft"),
            ReloadOrRecreate(site, identity, role, "btn btn-primary"),
            SiteMenu(site, role),
            cls="row",
        ),
        id=identity,
        data_site=site.domain_name,
        cls="page-head" if site.enabled else "page-head is-disabled",
        **replaced_by(identity),
    )


def GoneHead(domain_name: str) -> FT:
    """The head of a page about a site that is not there."""
    crumbs = Ol(Li(A("Sites", href=urls.SITES)), cls="crumbs")
    return Div(
        Div(Nav(crumbs, aria_label="Breadcrumb"), H1(domain_name), cls="title"), cls="page-head"
    )


def SiteTabs(site: Site, current: str) -> FT:
    """`current` is `overview`, `logs`, `settings` or `activity`."""
    tabs = {
        "overview": A("Overview", href=urls.site(*site.key)),
        "logs": A("Logs", href=urls.logs(*site.key)),
        "settings": A("Settings", href=urls.site_settings(*site.key)),
        "activity": A("Activity", href=urls.site_activity(*site.key)),
    }
    tabs[current].attrs["aria-current"] = "page"
    return Nav(*tabs.values(), cls="tabs", aria_label=site.domain_name)
