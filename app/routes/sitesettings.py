"""The settings tab of a site: its command, and its deletion."""

from collections.abc import Mapping

from anyio import to_thread
from fasthtml.common import FT
from fasthtml.core import FtResponse
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import urls
from app.errors import HostingError, InvalidInput, NotFound, OutcomeUnknown
from app.models import Role, Site, Toast
from app.routes.domaincards import domain_cards
from app.routes.openoperations import operations_area
from app.routes.pages import lost_answer, set_flash, shell_page
from app.routes.router import Router
from app.routes.services import actor_of, role_of, services_of, session_of, utc_now
from app.routes.sites import SITE_PATH, find_site, host_notice
from app.security.forms import read_form
from app.store.accounts import LOCAL
from components.operations import StoppedChange
from components.site import SiteHead, SiteTabs
from components.sitesettings import SiteSettings

router = Router()


@router.page(SITE_PATH + "/settings")
async def show_settings(req: Request) -> FT:
    return await _page(req, await find_site(req), {}, {})


@router.action(SITE_PATH + "/command", role=Role.ADMIN)
async def change_command(req: Request) -> FtResponse | Response:
    """Where the site has to be recreated for it, that is asked first."""
    services = services_of(req)
    site = await find_site(req)
    form: dict[str, str] = {}
    try:
        form = await read_form(req, {"command": 20_000, "confirmed": 3})
        if not form["confirmed"] and site.account_id != LOCAL.id:
            services.maker.check_command(site, form["command"])
            return FtResponse(await _page(req, site, form, {}, is_asked=True), 200)
        operation = await services.maker.change_command(site, form["command"], actor_of(req))
    except (InvalidInput, HostingError) as error:
        field = error.field if isinstance(error, InvalidInput) else ""
        words = str(error)
        if isinstance(error, HostingError) and not isinstance(error, OutcomeUnknown):
            words = f"{error} The command was not changed."
        return FtResponse(await _page(req, site, form, {field or "command": words}), 422)
    if operation.state.is_open:
        toast = Toast(f"Recreating {site.domain_name}", "This page shows how far it is.")
    else:
        words = "It starts with its new command." if site.enabled else "It is used when enabled."
        toast = Toast(f"{site.domain_name} has its new command", words, site_key=site.key)
    await to_thread.run_sync(set_flash, services, session_of(req).id_hash, toast)
    return RedirectResponse(urls.site(*site.key), 303)


@router.action(SITE_PATH + "/delete", role=Role.ADMIN)
async def delete_site(req: Request) -> FtResponse | Response:
    """Only after the domain was typed; what is gone at its host is only removed here."""
    services = services_of(req)
    site = await find_site(req)
    form: dict[str, str] = {}
    try:
        form = await read_form(req, {"confirm": 300, "only_here": 3})
        if form["only_here"] and not site.is_gone:
            raise InvalidInput("The host has this site again. It was not removed.", "confirm")
        if not form["only_here"] and form["confirm"].strip().lower() != site.domain_name:
            raise InvalidInput(f"Type {site.domain_name} to delete the site.", "confirm")
        operation = await services.maker.delete(site, actor_of(req))
    except OutcomeUnknown as error:
        toast = lost_answer(site.domain_name, error)
    except (InvalidInput, HostingError) as error:
        return FtResponse(await _page(req, site, form, {"confirm": _words(error)}), 422)
    else:
        what = "removed from the list" if site.is_gone else "deleted"
        words = f"Its logs and files are still there. {operation.reason}".strip()
        if site.is_gone:
            words = "At its host nothing was deleted."
        toast = Toast(f"{site.domain_name} {what}", words, site_key=site.key, can_recreate=True)
    await to_thread.run_sync(set_flash, services, session_of(req).id_hash, toast)
    return RedirectResponse(urls.SITES, 303)


def _words(error: InvalidInput | HostingError) -> str:
    return f"{error} The site was not deleted." if isinstance(error, HostingError) else str(error)


async def _page(
    req: Request,
    site: Site,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    is_asked: bool = False,
) -> FT:
    services = services_of(req)
    since = services.changes.sequence
    account = await to_thread.run_sync(services.accounts.get, site.account_id)
    if account is None:
        raise NotFound("There is no such account.")
    role = role_of(req)
    last = await to_thread.run_sync(services.operations.latest, *site.key)
    was_stopped = last is not None and last.is_stopped_change
    stopped = StoppedChange(last, utc_now()) if last is not None and was_stopped else None
    return await shell_page(
        req,
        f"Settings of {site.domain_name}",
        SiteHead(site, account.label, role=role),
        host_notice(services),
        await operations_area(req, site.key),
        SiteTabs(site, "settings"),
        SiteSettings(
            site,
            account,
            values,
            errors,
            *await domain_cards(req, site),
            may_change=role.includes(Role.ADMIN),
            is_asked=is_asked,
            stopped=stopped,
        ),
        account_id=site.account_id,
        stream_href=urls.events("/".join(site.key), since),
    )
