"""Puts a page's content into the shell, with what the shell itself shows."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from anyio import to_thread
from fasthtml.common import FT
from starlette.requests import Request
from starlette.types import Scope

from app.errors import OutcomeUnknown
from app.models import Account, AccountKind, Role, Site, SiteAction, Toast
from app.routes.services import Services, services_of, session_of
from app.security.gate import read_cookie
from components.layout import AccountLink, BarePage, Page, Shell

THEME_COOKIE = "sd-theme"


async def shell_page(
    request: Request,
    title: str,
    *content: FT | None,
    account_id: str = "",
    section: str = "sites",
    stream_href: str,
) -> FT:
    """A full signed-in page; the navigation and the flash message come from the store.

    `stream_href` is built before the content is read, so that no change falls between the two.
    """
    services = services_of(request)
    services.attention.glance()
    session = session_of(request)
    links, flash = await to_thread.run_sync(_shell_data, services, session.id_hash)
    shell = Shell(
        user_name=session.user.name,
        accounts=links,
        account_id=account_id,
        section=section,
        theme=theme_of(request.scope),
        stream_href=stream_href,
        may_create=bool(links) and session.user.role.includes(Role.ADMIN),
        flash=flash,
    )
    return Page(shell, title, *content)


def bare_page(request: Request, title: str, *content: FT | None) -> FT:
    return BarePage(title, theme_of(request.scope), *content)


def theme_of(scope: Scope) -> str:
    """The forced theme from the cookie that the theme button sets, or empty for the system's."""
    header = dict(scope["headers"]).get(b"cookie", b"").decode("latin-1")
    theme = read_cookie(header, THEME_COOKIE)
    return theme if theme in ("light", "dark") else ""


def set_flash(services: Services, session_id: str, toast: Toast) -> None:
    """Keeps a toast for the session's next page, which a redirect leads to."""
    services.sessions.sessions.set_flash(session_id, json.dumps(asdict(toast)))


def lost_answer(domain_name: str, error: OutcomeUnknown) -> Toast:
    """What is said when the answer to a change was lost, and the journal looks what came of it."""
    return Toast(f"The answer about {domain_name} was lost.", str(error), is_error=True)


def account_labels(services: Services) -> dict[str, str]:
    return labels_of(services.accounts.all())


def labels_of(accounts: Iterable[Account]) -> dict[str, str]:
    """What accounts are called, by their ids."""
    return {account.id: account.label for account in accounts}


def _shell_data(services: Services, session_id: str) -> tuple[list[AccountLink], Toast | None]:
    return _account_links(services, services.sites.all()), _take_flash(services, session_id)


def _account_links(services: Services, sites: Sequence[Site]) -> list[AccountLink]:
    counts = Counter(site.account_id for site in sites)
    icons = {AccountKind.LOCAL: "server", AccountKind.PYTHONANYWHERE: "cloud"}
    return [
        AccountLink(account.id, account.label, icons[account.kind], counts[account.id])
        for account in services.accounts.all()
    ]


def _take_flash(services: Services, session_id: str) -> Toast | None:
    text = services.sessions.sessions.take_flash(session_id)
    if not text:
        return None
    fields = json.loads(text)
    undo, key = fields.pop("undo"), fields.pop("site_key")
    return Toast(
        **fields,
        undo=SiteAction(undo) if undo else None,
        site_key=(key[0], key[1]) if key else None,
    )
