"""The page of one site."""

from anyio import to_thread
from fasthtml.common import FT
from starlette.requests import Request

from app import urls
from app.errors import NotFound
from app.routes.openoperations import operations_area
from app.routes.operations import deleted_notice
from app.routes.pages import account_labels, shell_page
from app.routes.router import Router
from app.routes.services import role_of, services_of, utc_now
from app.routes.sites import SITE_PATH, find_site, host_notice
from components.site import SiteOverview
from components.sitehead import GoneHead, SiteHead, SiteTabs

router = Router()


@router.page(SITE_PATH)
async def site_overview(req: Request) -> FT:
    services = services_of(req)
    since = services.changes.sequence
    try:
        site = await find_site(req)
    except NotFound:
        return await _deleted_page(req, since)
    label = (await to_thread.run_sync(account_labels, services)).get(site.account_id, "")
    role = role_of(req)
    return await shell_page(
        req,
        site.domain_name,
        SiteHead(site, label, role=role),
        host_notice(services),
        await operations_area(req, site.key),
        SiteTabs(site, "overview"),
        SiteOverview(site, label, utc_now(), role=role),
        account_id=site.account_id,
        stream_href=urls.events(f"{site.account_id}/{site.domain_name}", since),
    )


async def _deleted_page(req: Request, since: int) -> FT:
    """What is kept of a site that is gone. Raises NotFound if there is nothing."""
    account_id, domain_name = req.path_params["account_id"], req.path_params["domain"]
    return await shell_page(
        req,
        domain_name,
        GoneHead(domain_name),
        await deleted_notice(req),
        account_id=account_id,
        stream_href=urls.events("activity", since),
    )
