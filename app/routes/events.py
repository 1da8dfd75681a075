"""The event stream of pages without a log: rows, heads and overviews as they change, and toasts."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from anyio import to_thread
from fasthtml.common import FT, to_xml
from starlette.requests import Request
from starlette.responses import Response

from app import urls
from app.hosting.changes import (
    AccountChanged,
    AccountSeen,
    Announcement,
    CertificateRead,
    Change,
    ListChanged,
    NoticeChanged,
    OperationsChanged,
    SiteChanged,
    SiteGone,
)
from app.logs.sse import encode_event
from app.models import Role, Site
from app.routes.accountviews import ACCOUNTS_VIEW, account_events
from app.routes.openoperations import draw_operations
from app.routes.pages import account_labels
from app.routes.refusedtokens import refused_tokens_area
from app.routes.router import Router
from app.routes.services import Services, role_of, services_of, session_of, utc_now
from app.routes.streaming import Events, EventStream
from app.store.accounts import LOCAL
from components.feedback import NOTICE_EVENT, TOAST_EVENT, HostNoticeArea, ToastCard
from components.https import CERTIFICATE_EVENT
from components.operations import OPERATIONS_EVENT
from components.refusedtokens import TOKENS_EVENT
from components.site import SiteOverview, overview_id
from components.sitehead import SiteHead, head_id
from components.siterow import SiteRow, row_id
from components.sites import LIST_EVENT, SUMMARY_EVENT
from components.times import SEEN_EVENT

router = Router()

HEARTBEAT_SECONDS = 15.0
RETRY_MILLISECONDS = 3000


@router.stream(urls.EVENTS)
async def page_events(req: Request) -> Response:
    """`view` is what the page shows: `sites`, `accounts` or ACCOUNT/DOMAIN."""
    services = services_of(req)
    view = PageView(req.query_params.get("view", ""), session_of(req).id_hash, role_of(req))
    sources = [view.events(services, req.query_params.get("since", ""))]
    if view.name == ACCOUNTS_VIEW:
        sources.append(account_events(services))
    return EventStream(req, *sources)


@router.fragment(urls.EVENTS_CHECK)
async def check_session(req: Request) -> Response:
    """Whether a stream may be opened: an EventSource cannot tell why it was refused."""
    return Response(status_code=204)


@dataclass(slots=True)
class PageView:
    """Draws each change the way one page shows it.

    `labels` maps account ids to what accounts are called; it follows the accounts.
    """

    name: str
    session_id: str
    role: Role
    labels: Mapping[str, str] = field(default_factory=dict)

    async def events(self, services: Services, since: str) -> Events:
        """First what the page has missed since the change number `since`, then what comes."""
        with services.changes.subscribe() as queue:
            self.labels = await to_thread.run_sync(account_labels, services)
            yield encode_event("{}", event="hb", retry=RETRY_MILLISECONDS)
            if since != str(services.changes.sequence):
                for event in await self._refresh(services):
                    yield event
            while True:
                try:
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        change = await queue.get()
                except TimeoutError:
                    yield encode_event("{}", event="hb")
                    continue
                if isinstance(change, ListChanged):
                    self.labels = await to_thread.run_sync(account_labels, services)
                for event in self._draw(change):
                    yield event
                if self.name == "sites" and isinstance(change, AccountChanged | ListChanged):
                    yield await self._draw_tokens(services)

    async def _refresh(self, services: Services) -> list[bytes]:
        notice = services.local_host.notice if services.local_host else None
        operations = await to_thread.run_sync(services.operations.open)
        events = self._draw(NoticeChanged(notice))
        events += self._draw(OperationsChanged(tuple(operations)))
        if self.name == "sites":
            return [*events, await self._draw_tokens(services), *self._draw(ListChanged())]
        site = await to_thread.run_sync(services.sites.get, *self.name.partition("/")[::2])
        if site is not None:
            events += self._draw(SiteChanged(site)) + self._draw(CertificateRead(*site.key))
        return events

    async def _draw_tokens(self, services: Services) -> bytes:
        return _event(TOKENS_EVENT, await refused_tokens_area(services, self.role))

    def _draw(self, change: Change) -> list[bytes]:
        if isinstance(change, SiteChanged):
            return self._draw_site(change.site)
        if isinstance(change, ListChanged | SiteGone):
            return _signals(LIST_EVENT, SUMMARY_EVENT) if self.name == "sites" else []
        if isinstance(change, AccountSeen):
            data = {"account": change.account_id, "at": change.seen_at.isoformat()}
            return [encode_event(json.dumps(data), event=SEEN_EVENT)]
        if isinstance(change, CertificateRead):
            is_shown = self.name == f"{change.account_id}/{change.domain_name}"
            return _signals(CERTIFICATE_EVENT) if is_shown else []
        if isinstance(change, NoticeChanged):
            return [_event(NOTICE_EVENT, HostNoticeArea(change.notice, LOCAL.id))]
        if isinstance(change, OperationsChanged):
            return self._draw_operations(change)
        if isinstance(change, Announcement) and change.session_id == self.session_id:
            return [_event(TOAST_EVENT, ToastCard(change.toast))]
        return []

    def _draw_operations(self, change: OperationsChanged) -> list[bytes]:
        account_id, slash, domain_name = self.name.partition("/")
        if self.name != "sites" and not slash:
            return []
        key = (account_id, domain_name) if slash else None
        return [_event(OPERATIONS_EVENT, draw_operations(change.operations, key, self.role))]

    def _draw_site(self, site: Site) -> list[bytes]:
        label = self.labels.get(site.account_id, "")
        if self.name == "sites":
            return [
                _event(row_id(site), SiteRow(site, label, utc_now(), role=self.role)),
                *_signals(SUMMARY_EVENT),
            ]
        if self.name == f"{site.account_id}/{site.domain_name}":
            return [
                _event(head_id(site), SiteHead(site, label, role=self.role)),
                _event(overview_id(site), SiteOverview(site, label, utc_now(), role=self.role)),
            ]
        return []


def _event(name: str, content: FT | str) -> bytes:
    # A carriage return would end the field in the browser; in markup it means nothing.
    return encode_event(to_xml(content, indent=False).replace("\r", " "), event=name)


def _signals(*names: str) -> list[bytes]:
    return [encode_event("{}", event=name) for name in names]
