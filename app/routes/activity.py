"""The record of what people did, for everything and for one site."""

from anyio import to_thread
from fasthtml.common import FT
from starlette.requests import Request

from app import urls
from app.routes.pages import account_labels, shell_page
from app.routes.router import Router
from app.routes.services import services_of, utc_now
from app.routes.sites import SITE_PATH, find_site, host_notice
from app.store.activity import PAGE_ENTRIES
from components.activity import ActivityList, ActivityPage
from components.site import SiteHead, SiteTabs

router = Router()


@router.page(urls.ACTIVITY)
async def show_activity(req: Request) -> FT:
    services = services_of(req)
    since = services.changes.sequence
    query = req.query_params.get("query", "")[:100].strip()
    before = req.query_params.get("before", "")
    entries = await to_thread.run_sync(
        lambda: services.activity.page(query=query, before=_number(before))
    )
    has_more = len(entries) == PAGE_ENTRIES
    return await shell_page(
        req,
        "Activity",
        ActivityPage(entries, query, utc_now(), has_more=has_more),
        section="activity",
        stream_href=urls.events("activity", since),
    )


@router.page(SITE_PATH + "/activity")
async def show_site_activity(req: Request) -> FT:
    services = services_of(req)
    since = services.changes.sequence
    site = await find_site(req)
    label = (await to_thread.run_sync(account_labels, services)).get(site.account_id, "")
    target = "/".join(site.key)
    entries = await to_thread.run_sync(lambda: services.activity.page(target=target))
    return await shell_page(
        req,
        f"Activity of {site.domain_name}",
        SiteHead(site, label),
        host_notice(services),
        SiteTabs(site, "activity"),
        ActivityList(entries, utc_now()),
        account_id=site.account_id,
        stream_href=urls.events(target, since),
    )


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 16 else 0
