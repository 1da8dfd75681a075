"""A site's certificate: the HTTPS card of its settings, and the badge when its end is near."""

from datetime import datetime

from fasthtml.common import FT, H2, H3, Button, Code, Dd, Div, Dl, Dt, P, Section, Span

from app import urls
from app.models import (
    Certificate,
    CertificateAlert,
    CertificateRecord,
    Site,
    certificate_alert,
    counted,
    days_left,
)
from components.forms import FragmentForm
from components.icons import Icon
from components.live import fetched_on
from components.times import Age, When

HTTPS_ID = "https"
CERTIFICATE_EVENT = "certificate"
"""The certificate of the page's site has been read: its card has to be drawn anew."""
SHOWN_NAMES = 5


def CertificateBadge(site: Site) -> FT | None:
    """In lists and heads: nothing as long as all is well."""
    alert = site.certificate_alert
    if alert is None:
        return None
    return Span(f"Certificate {_end(alert.days_left)}", cls=_alert_class(alert))


def HttpsArea(site: Site, card: FT) -> FT:
    """Keeps the card fresh. It stays while its card is replaced, and so misses no news."""
    address = urls.site_action(*site.key, "certificate")
    fetched = fetched_on(CERTIFICATE_EVENT, address, f"#{HTTPS_ID}")
    return Div(card, id=HTTPS_ID, cls="contents", **{**fetched, "hx_swap": "innerHTML"})


def HttpsCard(
    site: Site,
    record: CertificateRecord | None,
    now: datetime,
    *,
    may_change: bool,
    is_naked: bool = False,
) -> FT:
    """What is known of the certificate, and what to do about it.

    `is_naked` says that the domain cannot have the CNAME that a certificate otherwise needs.
    """
    if not site.is_custom_domain:
        return Section(
            Div(H2("HTTPS"), cls="card-head"),
            Div(
                Div(
                    H3("Taken care of by PythonAnywhere"),
                    P(
                        "Addresses below pythonanywhere.com are served with a certificate of "
                        "PythonAnywhere's own. There is nothing to do.",
                        cls="hint",
                    ),
                ),
                cls="setting",
            ),
            cls="card",
        )
    certificate = record.certificate if record else None
    return Section(
        Div(H2("HTTPS"), _Badge(site, record, now), cls="card-head"),
        Div(
            _OtherNames(site) if certificate and not certificate.covers(site.domain_name) else None,
            *_explained("" if is_naked else site.cname, record),
            _Facts(certificate, record, now) if certificate and record else None,
            _RequestForm(site, certificate) if may_change else None,
            cls="card-body stack-s",
        ),
        _Failure(record, now) if record and record.failure else None,
        cls="card",
    )


def _OtherNames(site: Site) -> FT:
    return P(
        Icon("alert"),
        Span(
            f"This certificate is not for {site.domain_name}: none of its names covers the domain. "
            "Visitors who come by https are warned until it has one that does."
        ),
        cls="notice warn",
    )


def _Badge(site: Site, record: CertificateRecord | None, now: datetime) -> FT:
    if record is None or record.read_at is None:
        return Span("Not read yet", cls="badge")
    certificate = record.certificate
    if certificate is None:
        return Span("No certificate yet", cls="badge warn")
    if certificate.expires_at is None:
        return Span("End not known", cls="badge")
    days = days_left(certificate.expires_at, now)
    alert = certificate_alert(certificate.expires_at, now, renews_itself=certificate.renews_itself)
    if alert is not None:
        return Span(_end(days).capitalize(), cls=_alert_class(alert))
    if not certificate.covers(site.domain_name):
        return Span("Not for this domain", cls="badge warn")
    return Span(f"Valid, {counted(days, 'day')} left", cls="badge ok")


def _end(days: int) -> str:
    if days < 0:
        return "expired"
    return "expires today" if days == 0 else f"expires in {counted(days, 'day')}"


def _alert_class(alert: CertificateAlert) -> str:
    return "badge bad" if alert.is_expired else "badge warn"


def _explained(cname: str, record: CertificateRecord | None) -> tuple[FT, FT]:
    """Whether it renews by itself, and what that takes."""
    needs = Span("the CNAME to point at ", Code(cname)) if cname else "DNS to point here"
    if record is None or record.read_at is None:
        return H3("Not read yet"), P("PythonAnywhere is asked in the background.", cls="hint")
    certificate = record.certificate
    if certificate is None:
        return (
            H3("No certificate yet"),
            P(
                "Visitors who come by https are warned. A certificate needs ",
                needs,
                ".",
                cls="hint",
            ),
        )
    if certificate.renews_itself:
        return H3("Renews by itself"), P("Renewal needs ", needs, ".", cls="hint")
    title = "Does not renew by itself"
    if not certificate.kind:
        title = "Whether it renews by itself is not known"
    return (
        H3(title),
        P("One that does can be requested and takes its place. It needs ", needs, ".", cls="hint"),
    )


def _RequestForm(site: Site, certificate: Certificate | None) -> FT:
    is_renewal = certificate is not None and certificate.renews_itself
    words = "Renew now" if is_renewal else "Request certificate"
    return FragmentForm(
        urls.site_action(*site.key, "certificate"),
        Button(Icon("lock"), words, cls="btn", id="request-certificate"),
        cls="row",
        # The news that a request brings may come before the answer to the request, whose card
        # would then be the older one.
        hx_swap="none",
    )


def _Facts(certificate: Certificate, record: CertificateRecord, now: datetime) -> FT:
    end = certificate.expires_at
    facts: dict[str, FT | str] = {
        "Valid until": When(end, f"{end.day} {end:%b %Y}") if end else "The host does not say.",
        "Issuer": certificate.issuer or "–",
        "Names": _names(certificate),
        "Read": Age(record.read_at, now),
    }
    return Dl(*(Div(Dt(name), Dd(value)) for name, value in facts.items()), cls="facts grid-2")


def _names(certificate: Certificate) -> str:
    names = certificate.names or (certificate.subject,)
    more = len(names) - SHOWN_NAMES
    return ", ".join(names[:SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "") or "–"


def _Failure(record: CertificateRecord, now: datetime) -> FT:
    kept = " This is what was known before." if record.read_at else ""
    return Div(
        P("It could not be read ", Age(record.tried_at, now), f": {record.failure}{kept}"),
        cls="card-foot small",
    )
