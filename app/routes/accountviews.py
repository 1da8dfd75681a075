"""The accounts as their page shows them, when it is drawn and while it is open."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from anyio import to_thread
from fasthtml.common import to_xml

from app.logs.sse import encode_event
from app.models import Account, AccountKind
from app.routes.services import Services, utc_now
from app.routes.streaming import Events
from components.accounts import ACCOUNTS_EVENT, AccountView, live_parts

ACCOUNTS_VIEW = "accounts"
# A minute's calls change with every call and with every second; a page need not show each.
STEP_SECONDS = 2.0


async def account_views(services: Services) -> list[AccountView]:
    return _views(services, await to_thread.run_sync(_read, services))


async def account_events(services: Services) -> Events:
    """Every part of the cards at first, then each when it has changed.

    The store is read when something was published; the calls are counted without.
    """
    sent: dict[str, str] = {}
    known: list[str] | None = None
    kept, read_at = _Kept(), 0
    while True:
        if read_at != services.changes.sequence:
            read_at = services.changes.sequence
            kept = await to_thread.run_sync(_read, services)
        views = _views(services, kept)
        shown = [view.account.id for view in views]
        if known is not None and shown != known:
            yield encode_event("{}", event=ACCOUNTS_EVENT)
        known = shown
        for view in views:
            for name, part in live_parts(view, utc_now()).items():
                markup = to_xml(part, indent=False).replace("\r", " ")
                if sent.get(name) != markup:
                    sent[name] = markup
                    yield encode_event(markup, event=name)
        await asyncio.sleep(STEP_SECONDS)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the store has: the accounts, the number of sites and the seconds between checks of
    each."""

    accounts: Sequence[Account] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    intervals: Mapping[str, int] = field(default_factory=dict)


def _read(services: Services) -> _Kept:
    counts = Counter(site.account_id for site in services.sites.all())
    return _Kept(services.accounts.all(), counts, services.accounts.check_intervals())


def _views(services: Services, kept: _Kept) -> list[AccountView]:
    """To be used on the event loop, where the calls are counted."""
    return [
        _view(services, each, kept.counts.get(each.id, 0), kept.intervals.get(each.id, 0))
        for each in kept.accounts
    ]


def _view(services: Services, account: Account, site_count: int, check_seconds: int) -> AccountView:
    if account.kind is AccountKind.LOCAL:
        notice = services.local_host.notice if services.local_host else None
        address = f"on this machine, at NAME.localhost:{services.settings.sites_listen.port}"
        return AccountView(account, address, site_count, notice.title if notice else "")
    service = services.account_service
    address = service.api_hosts.get(account.api_host, account.api_host)
    refresh, cpu = service.refresh_of(account.id), service.cpu_of(account.id)
    if refresh is None or cpu is None:
        problem = f"The API address {account.api_host!r} cannot be used as it is configured."
        return AccountView(account, address, site_count, problem)
    return AccountView(
        account,
        address.removeprefix("https://"),
        site_count,
        refresh.problem,
        refresh.seen_at,
        tuple(service.budgets_of(account.id)),
        cpu.usage,
        cpu.seen_at,
        check_seconds if services.site_watch is not None else None,
    )
