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
    """`finding` is None as long as nobody asked and the name alone tells nothing."""
    found = Div(_Finding(finding) if finding else None, aria_live="polite")
    if not site.cname:
        content = [P("PythonAnywhere has not said what the domain has to point at.", cls="soft")]
    elif finding and finding.is_naked:
        content = [found, P("More about ", _naked_domains(), ".", cls="hint"), _CheckForm(site)]
    else:
        content = [*_what_to_set(site, finding), _CheckForm(site), found]
    return Section(
        Div(H2("DNS"), cls="card-head"),
        Div(*content, cls="card-body stack-s"),
        id=DNS_ID,
        cls="card",
    )


def _what_to_set(site: Site, finding: DnsFinding | None) -> tuple[FT | None, ...]:
    may_be_naked = finding is None or finding.is_naked is None
    return (
        P(f"Where the DNS of {site.domain_name} is managed, set its CNAME to:"),
        CodeBox(site.cname, "CNAME"),
        P(
            "If this is a naked domain, one with nothing in front such as example.co.uk, it "
            "cannot have a CNAME: see ",
            _naked_domains(),
            ".",
            cls="hint",
        )
        if may_be_naked and not site.domain_name.startswith("www.")
        else None,
    )


def _naked_domains() -> FT:
    return A("naked domains", href=NAKED_DOMAINS, rel="noreferrer")


def _CheckForm(site: Site) -> FT:
    return FragmentForm(
        urls.site_action(*site.key, "dns"),
        Button(Icon("globe"), "Check DNS", cls="btn", id="check-dns"),
        cls="row",
        hx_target=f"#{DNS_ID}",
        hx_swap="outerHTML",
    )


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
