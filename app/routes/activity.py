"""The record of what people did, for everything and for one site."""

from collections.abc import Sequence
from dataclasses import replace

from anyio import to_thread
from fasthtml.common import FT
from starlette.requests import Request

from app import urls
from app.errors import NotFound
from app.models import Activity, Role
from app.routes.openoperations import operations_area
from app.routes.operations import deleted_notice
from app.routes.pages import account_labels, shell_page
from app.routes.router import Router
from app.routes.services import role_of, services_of, utc_now
from app.routes.sites import SITE_PATH, find_site, host_notice
from app.store.activity import PAGE_ENTRIES
from components.activity import (
    LIST_ID,
    ActivityList,
    ActivityPage,
    ActivityPart,
    ActivityView,
)
from components.sitehead import GoneHead, SiteHead, SiteTabs

router = Router()


@router.page(urls.ACTIVITY)
async def show_activity(req: Request) -> FT:
    """The whole page, or the part of it that the filter asks for."""
    services = services_of(req)
    since = services.changes.sequence
    query = req.query_params.get("query", "")[:100].strip()
    before = req.query_params.get("before", "")
    entries = await to_thread.run_sync(
        lambda: services.activity.page(query=query, before=_number(before))
    )
    has_more = len(entries) == PAGE_ENTRIES
    view = await _view(req, entries)
    if req.headers.get("hx-target") == LIST_ID:
        return ActivityPart(entries, query, view, has_more=has_more)
    return await shell_page(
        req,
        "Activity",
        ActivityPage(entries, query, view, has_more=has_more),
        section="activity",
        stream_href=urls.events("activity", since),
    )


@router.page(SITE_PATH + "/activity")
async def show_site_activity(req: Request) -> FT:
    services = services_of(req)
    since = services.changes.sequence
    account_id, domain_name = req.path_params["account_id"], req.path_params["domain"]
    target = f"{account_id}/{domain_name}"
    entries = await to_thread.run_sync(lambda: services.activity.page(target=target))
    return await shell_page(
        req,
        f"Activity of {domain_name}",
        *await _head(req),
        # The head offers to recreate the site.
        ActivityList(entries, replace(await _view(req, entries), recreatable=())),
        account_id=account_id,
        stream_href=urls.events(target, since),
    )


async def _head(req: Request) -> list[FT]:
    """What stands above the entries of a site, also of one that was deleted."""
    services = services_of(req)
    try:
        site = await find_site(req)
    except NotFound:
        return [GoneHead(req.path_params["domain"]), await deleted_notice(req)]
    label = (await to_thread.run_sync(account_labels, services)).get(site.account_id, "")
    return [
        SiteHead(site, label, role=role_of(req)),
        host_notice(services),
        await operations_area(req, site.key),
        SiteTabs(site, "activity"),
    ]


async def _view(req: Request, entries: Sequence[Activity]) -> ActivityView:
    services = services_of(req)
    numbers = {entry.operation_id for entry in entries if entry.operation_id is not None}
    changes = await to_thread.run_sync(services.operations.changes_among, numbers)
    view = ActivityView(utc_now(), changes)
    if not role_of(req).includes(Role.ADMIN):
        return view
    recreatable = frozenset(await to_thread.run_sync(services.operations.recreatable))
    sites = await services.known.all()
    commands = {site.key: site.command for site in sites if not site.is_gone}
    return replace(view, recreatable=recreatable, commands=commands)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 16 else 0
