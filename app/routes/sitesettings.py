"""The settings tab of a site, and its deletion."""

from collections.abc import Mapping

from anyio import to_thread
from fasthtml.common import FT
from fasthtml.core import FtResponse
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import urls
from app.errors import HostingError, HostUnavailable, InvalidInput, NotFound
from app.models import Role, Site, Toast
from app.routes.pages import set_flash, shell_page
from app.routes.router import Router
from app.routes.services import actor_of, services_of, session_of
from app.routes.sites import SITE_PATH, find_site, host_notice
from app.security.forms import read_form
from components.site import SiteHead, SiteTabs
from components.sitesettings import SiteSettings

router = Router()


@router.page(SITE_PATH + "/settings")
async def show_settings(req: Request) -> FT:
    return await _page(req, await find_site(req), {}, {})


@router.action(SITE_PATH + "/delete", role=Role.ADMIN)
async def delete_site(req: Request) -> FtResponse | Response:
    """Only after the domain was typed."""
    services = services_of(req)
    site = await find_site(req)
    form: dict[str, str] = {}
    try:
        form = await read_form(req, {"confirm": 300})
        if form["confirm"].strip().lower() != site.domain_name:
            raise InvalidInput(f"Type {site.domain_name} to delete the site.", "confirm")
        await services.actions.delete(site, actor_of(req))
    except (InvalidInput, HostingError) as error:
        return FtResponse(await _page(req, site, form, {"confirm": _words(error)}), 422)
    toast = Toast(f"{site.domain_name} deleted", "Its logs and files are still there.")
    await to_thread.run_sync(set_flash, services, session_of(req).id_hash, toast)
    return RedirectResponse(urls.SITES, 303)


def _words(error: InvalidInput | HostingError) -> str:
    if isinstance(error, HostUnavailable):
        return f"{error} Whether the site was deleted is not known: look at the list of sites."
    return f"{error} The site was not deleted." if isinstance(error, HostingError) else str(error)


async def _page(
    req: Request, site: Site, values: Mapping[str, str], errors: Mapping[str, str]
) -> FT:
    services = services_of(req)
    since = services.changes.sequence
    account = await to_thread.run_sync(services.accounts.get, site.account_id)
    if account is None:
        raise NotFound("There is no such account.")
    may_delete = session_of(req).user.role.includes(Role.ADMIN)
    return await shell_page(
        req,
        f"Settings of {site.domain_name}",
        SiteHead(site, account.label),
        host_notice(services),
        SiteTabs(site, "settings"),
        SiteSettings(site, account, values, errors, may_delete=may_delete),
        account_id=site.account_id,
        stream_href=urls.events("/".join(site.key), since),
    )
