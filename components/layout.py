"""The page around everything: head, shell with navigation, and the bare pages of the signed-out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fasthtml.common import (
    FT,
    A,
    Body,
    Button,
    Div,
    Footer,
    Head,
    Header,
    Html,
    Link,
    Main,
    Meta,
    Nav,
    P,
    Script,
    Span,
    Title,
)

from app import urls
from app.models import Toast
from components.feedback import TOAST_EVENT, TOASTS_ID, FlashNotice, ToastDraft
from components.forms import IconButton, PageForm
from components.icons import BrandMark, Icon
from components.live import appended_by, stream
from components.shortcuts import ShortcutsButton, ShortcutsDialog

STYLES = ("tokens", "base", "layout", "components", "pages", "product")

# htmx 2 under a strict policy: nothing inline, nothing evaluated, errors drawn in place.
HTMX_CONFIG = {
    "includeIndicatorStyles": False,
    "allowEval": False,
    "allowScriptTags": False,
    "selfRequestsOnly": True,
    # While a swap settles, the new element does not listen to the stream yet: a second event
    # right behind the first would be lost.
    "defaultSettleDelay": 0,
    # To carry a style attribute over a swap is refused by the policy, with a word on the console.
    "attributesToSettle": ["class"],
    # A row inside a list that is fetched anew must not inherit the list's target.
    "disableInheritance": True,
    "historyCacheSize": 0,
    "refreshOnHistoryMiss": True,
    "responseHandling": [
        {"code": "204", "swap": False},
        {"code": "[23]..", "swap": True},
        {"code": "[45]..", "swap": True, "error": True},
    ],
}


@dataclass(frozen=True, slots=True)
class AccountLink:
    """One account in the navigation with the number of its sites."""

    id: str
    label: str
    icon: str
    count: int


@dataclass(frozen=True, slots=True)
class Shell:
    """What the frame around a signed-in page shows. `theme` is light, dark or empty (system).

    `section` is the place in the navigation: `sites`, `activity` or `accounts`; `may_create` says
    whether this person can make a new site.
    """

    user_name: str
    accounts: Sequence[AccountLink]
    account_id: str
    section: str
    theme: str
    stream_href: str
    may_create: bool = False
    flash: Toast | None = None


def Page(shell: Shell, title: str, *content: FT | None) -> FT:
    """A full signed-in page. It holds the one event stream that all live parts share."""
    return _Document(
        title,
        shell.theme,
        A("Skip to content", href="#main", cls="skip-link"),
        _OfflineBanner(),
        Div(
            _Sidebar(shell),
            _TopBar(),
            Main(
                Div(FlashNotice(shell.flash), *content, cls="page"),
                cls="main",
                id="main",
                tabindex="-1",
            ),
            _TabBar(shell.section),
            cls="shell",
            data_new_site=urls.new_site(shell.account_id) if shell.may_create else None,
        ),
        _Toasts(),
        ToastDraft(),
        ShortcutsDialog(),
        **stream(shell.stream_href),
    )


def BarePage(title: str, theme: str, *content: FT | None) -> FT:
    """Setup, sign-in and error pages."""
    return _Document(
        title,
        theme,
        Div(
            Header(_Brand(), _ThemeToggle()),
            Main(*content),
            Footer("Sitedeck · self-hosted on this machine"),
            cls="bare",
        ),
        Div(cls="toasts", id=TOASTS_ID),
        ToastDraft(),
    )


def _Document(title: str, theme: str, *content: FT, **body_attributes: str) -> FT:
    head = Head(
        Meta(charset="utf-8"),
        Meta(
            name="viewport",
            content="width=device-width, initial-scale=1, viewport-fit=cover",
        ),
        Title(f"{title} · Sitedeck"),
        Meta(name="htmx-config", content=json.dumps(HTMX_CONFIG)),
        Meta(name="theme-color", content="#f7f8fa", media="(prefers-color-scheme: light)"),
        Meta(name="theme-color", content="#0d0f13", media="(prefers-color-scheme: dark)"),
        Link(rel="icon", href=urls.static("icons/logo.svg"), type="image/svg+xml"),
        *(Link(rel="stylesheet", href=urls.static(f"css/{name}.css")) for name in STYLES),
        Script(src=urls.static("vendor/htmx-2.0.11.min.js"), defer=True),
        Script(src=urls.static("vendor/htmx-ext-sse-2.2.4.min.js"), defer=True),
        Script(src=urls.static("js/app.js"), type="module"),
    )
    return Html(
        head,
        Body(*content, **body_attributes),
        lang="en",
        data_theme=theme or None,
        # The browser's clock may be wrong; ages are counted from the server's.
        data_now=datetime.now(UTC).isoformat(),
    )


def _Brand() -> FT:
    return A(BrandMark(), "Sitedeck", href=urls.SITES, cls="brand")


def _ThemeToggle() -> FT:
    return IconButton(
        "moon", "Switch between light and dark", data_theme_toggle=True, title="Light / dark"
    )


def _SignOut() -> FT:
    button = Button(
        Icon("logout"), cls="btn btn-ghost btn-icon", aria_label="Sign out", title="Sign out"
    )
    return PageForm(urls.LOGOUT, button)


def _Sidebar(shell: Shell) -> FT:
    return Header(
        _Brand(),
        Nav(*_MainLinks("" if shell.account_id else shell.section), cls="nav", aria_label="Main"),
        Nav(
            P("Sites by account", cls="nav-title", id="nav-accounts"),
            *(_AccountLink(link, shell.account_id) for link in shell.accounts),
            cls="nav",
            aria_labelledby="nav-accounts",
        )
        if shell.accounts
        else None,
        Div(
            Span(
                Span(shell.user_name[:1].upper(), cls="avatar", aria_hidden="true"),
                Span(shell.user_name, cls="truncate"),
                cls="who",
            ),
            ShortcutsButton(),
            _SignOut(),
            _ThemeToggle(),
            cls="sidebar-foot",
        ),
        cls="sidebar",
    )


def _MainLinks(current: str) -> list[FT]:
    places = {"sites": urls.SITES, "activity": urls.ACTIVITY, "accounts": urls.ACCOUNTS}
    return [
        A(
            Icon(name),
            name.capitalize(),
            href=href,
            aria_current="page" if name == current else None,
        )
        for name, href in places.items()
    ]


def _AccountLink(link: AccountLink, current: str) -> FT:
    return A(
        Icon(link.icon),
        Span(link.label, cls="truncate"),
        Span(link.count, Span(" sites", cls="sr-only"), cls="count"),
        href=urls.sites(account=link.id),
        aria_current="page" if link.id == current else None,
    )


def _TopBar() -> FT:
    return Header(_Brand(), Div(_SignOut(), cls="push"), _ThemeToggle(), cls="topbar")


def _TabBar(section: str) -> FT:
    return Nav(*_MainLinks(section), cls="tabbar", aria_label="Main, bottom")


def _OfflineBanner() -> FT:
    return Div(
        Icon("wifi-off"),
        Span(data_offline_text=True),
        Button("Try now", type="button", cls="btn", data_offline_retry=True),
        cls="banner",
        id="offline",
        role="status",
        hidden=True,
    )


def _Toasts() -> FT:
    return Div(cls="toasts", id=TOASTS_ID, aria_live="polite", **appended_by(TOAST_EVENT))
