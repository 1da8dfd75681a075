"""The DNS of a custom domain: what to set, and what is found when somebody asks."""

from fasthtml.common import FT, H2, A, Button, Div, Li, P, Section, Span, Ul

from app import urls
from app.models import DnsFinding, DnsState, Site
from components.feedback import CodeBox
from components.forms import FragmentForm
from components.icons import Icon

DNS_ID = "dns"
NAKED_DOMAINS = "https://help.pythonanywhere.com/pages/NakedDomains/"
_LOOKS = {
    DnsState.POINTS: ("kept", "check"),
    DnsState.WRONG: ("gone", "alert"),
    DnsState.UNKNOWN: ("unsure", "help"),
}


def DnsCard(site: Site, finding: DnsFinding | None = None) -> FT:
    """`finding` is None as long as nobody asked."""
    return Section(
        Div(H2("DNS"), cls="card-head"),
        Div(
            *(_what_to_set(site) if site.cname else _nothing_to_set()),
            Div(_Finding(finding) if finding else None, aria_live="polite"),
            cls="card-body stack-s",
        ),
        id=DNS_ID,
        cls="card",
    )


def _what_to_set(site: Site) -> tuple[FT, ...]:
    return (
        P(f"Where the DNS of {site.domain_name} is managed, set its CNAME to:"),
        CodeBox(site.cname, "CNAME"),
        P(
            "A domain with nothing in front, such as example.org, cannot have one: see ",
            A("naked domains", href=NAKED_DOMAINS, rel="noreferrer"),
            ".",
            cls="hint",
        ),
        FragmentForm(
            urls.site_action(*site.key, "dns"),
            Button(Icon("globe"), "Check DNS", cls="btn", id="check-dns"),
            cls="row",
            hx_target=f"#{DNS_ID}",
            hx_swap="outerHTML",
        ),
    )


def _nothing_to_set() -> tuple[FT, ...]:
    return (P("PythonAnywhere has not said what the domain has to point at.", cls="soft"),)


def _Finding(finding: DnsFinding) -> FT:
    kind, icon = _LOOKS[finding.state]
    return Div(
        Ul(
            Li(Icon(icon), Span(finding.text), cls=kind),
            cls="bullets",
            aria_label="What the DNS says",
        ),
        P(finding.advice, cls="hint") if finding.advice else None,
        cls="stack-s",
    )
