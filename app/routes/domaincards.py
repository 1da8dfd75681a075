"""The cards of a remote site's settings about its domain, drawn from the store."""

from fasthtml.common import FT
from starlette.requests import Request

from app.hosting.dnscheck import naked_by_name
from app.models import CertificateRecord, DnsFinding, Role, Site
from app.routes.services import role_of, utc_now
from components.dnscard import DnsCard
from components.https import HttpsArea, HttpsCard


def domain_cards(req: Request, site: Site, record: CertificateRecord | None) -> tuple[FT, ...]:
    """None for a local site, whose name leads to this machine, and for one that is gone."""
    if site.is_local or site.is_gone:
        return ()
    https = https_card(req, site, record)
    if not site.is_custom_domain:
        return (https,)
    return DnsCard(site, _naked(site)), HttpsArea(site, https)


def https_card(req: Request, site: Site, record: CertificateRecord | None) -> FT:
    may_change = role_of(req).includes(Role.ADMIN)
    is_naked = _naked(site) is not None
    return HttpsCard(site, record, utc_now(), may_change=may_change, is_naked=is_naked)


def _naked(site: Site) -> DnsFinding | None:
    return naked_by_name(site.domain_name, site.cname) if site.cname else None
