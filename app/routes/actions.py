"""What is clicked on a site, in its row and on its page: reload, enable, disable, ask now."""

from anyio import to_thread
from fasthtml.common import FT
from fasthtml.core import FtResponse
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import urls
from app.errors import HostingError, NotFound, OutcomeUnknown, SiteBusy, SwitchedOff
from app.hosting.operations.outcomes import toast_of
from app.hosting.probe import Silence, Unasked
from app.hosting.sitewatch import FRONT_STATUSES
from app.models import Answer, Operation, Site, SiteAction, Toast
from app.routes.pages import account_labels, set_flash
from app.routes.router import Router
from app.routes.services import Services, actor_of, role_of, services_of, utc_now
from app.routes.sites import SITE_PATH, find_site
from components.feedback import ToastOutOfBand
from components.site import SiteOverview
from components.sitehead import SiteHead, head_id
from components.siterow import SiteRow, response_time, row_id

router = Router()


@router.action(SITE_PATH + "/reload")
async def reload_site(req: Request) -> FtResponse | Response:
    return await _act(req, SiteAction.RELOAD)


@router.action(SITE_PATH + "/enable")
async def enable_site(req: Request) -> FtResponse | Response:
    return await _act(req, SiteAction.ENABLE)


@router.action(SITE_PATH + "/disable")
async def disable_site(req: Request) -> FtResponse | Response:
    return await _act(req, SiteAction.DISABLE)


@router.action(SITE_PATH + "/check")
async def check_site(req: Request) -> FtResponse | Response:
    """Asks the site now whether it answers; its page shows what came of it."""
    services = services_of(req)
    site = await find_site(req)
    if services.site_watch is None or not site.is_askable:
        raise NotFound("This site is not asked.")
    try:
        toast = _answer_toast(site, await services.site_watch.ask_now(site))
    except SiteBusy as error:
        toast = Toast(str(error), "What comes of it is shown here.", site_key=site.key)
    if "hx-request" not in req.headers:
        await to_thread.run_sync(set_flash, services, actor_of(req).session_id, toast)
        return RedirectResponse(urls.site(*site.key), 303)
    site = await services.known.get(*site.key) or site
    label = (await to_thread.run_sync(account_labels, services)).get(site.account_id, "")
    overview = SiteOverview(site, label, utc_now(), role=role_of(req))
    return FtResponse((overview, ToastOutOfBand(toast)))


async def _act(req: Request, action: SiteAction) -> FtResponse | Response:
    """Carries the action out and answers with the changed row or head and a toast."""
    services = services_of(req)
    site = await find_site(req)
    status, ended = 200, None
    try:
        site = await services.actions.run(action, site, actor_of(req))
        toast = _toast(action, site)
    except OutcomeUnknown as error:
        # What came of it arrives on the event stream, and may have done so already.
        site = await services.known.get(*site.key) or site
        ended = await _ended(services, action, site)
        words = f"{action.value.capitalize()} {site.domain_name}: the answer was lost"
        lost = Toast(words, str(error), is_error=True, site_key=site.key)
        toast = toast_of(ended) if ended is not None else lost
    except SwitchedOff as error:
        site = await services.known.get(*site.key) or site
        words = f"Reload {site.domain_name}: not finished"
        toast = Toast(words, str(error), is_error=True, site_key=site.key)
    except HostingError as error:
        status = 502
        site = await services.known.get(*site.key) or site
        words = f"{action.value.capitalize()} failed: {site.domain_name}"
        toast = Toast(words, f"{error} Nothing was changed.", is_error=True, site_key=site.key)
    if "hx-request" not in req.headers:
        return await _back(req, services, site, toast)
    label = (await to_thread.run_sync(account_labels, services)).get(site.account_id, "")
    # What a reload came to is announced when the site has answered; the row shows it till then.
    is_told = ended is None and (toast.is_error or action is not SiteAction.RELOAD)
    parts = (_changed_part(req, site, label), ToastOutOfBand(toast) if is_told else None)
    return FtResponse(tuple(filter(None, parts)), status)


async def _ended(services: Services, action: SiteAction, site: Site) -> Operation | None:
    """The operation of this action, if its end has been found out."""
    if action is SiteAction.RELOAD:
        return None
    last = await to_thread.run_sync(services.operations.latest, *site.key)
    return last if last is not None and not last.state.is_open else None


def _changed_part(req: Request, site: Site, label: str) -> FT | str | None:
    target = req.headers.get("hx-target", "")
    if target == row_id(site):
        return SiteRow(site, label, utc_now(), role=role_of(req))
    return SiteHead(site, label, role=role_of(req)) if target == head_id(site) else None


async def _back(req: Request, services: Services, site: Site, toast: Toast) -> Response:
    """Without scripts: back to the page the form was on, which shows the result."""
    await to_thread.run_sync(set_flash, services, actor_of(req).session_id, toast)
    site_page = urls.site(*site.key)
    came_from_site = site_page in req.headers.get("referer", "")
    return RedirectResponse(site_page if came_from_site else urls.SITES, 303)


def _toast(action: SiteAction, site: Site) -> Toast:
    if action is SiteAction.RELOAD:
        words = "Its page shows the first answer."
        return Toast(f"Reloading {site.domain_name}", words, site_key=site.key)
    return Toast(f"{site.domain_name} {action.past}", undo=action.opposite, site_key=site.key)


def _answer_toast(site: Site, result: Answer | Silence | Unasked) -> Toast:
    """What a site said when a person wanted it to be asked."""
    if isinstance(result, Answer):
        is_error = result.status in FRONT_STATUSES
        words = f"{site.domain_name} answered {result.status}"
        return Toast(words, f"In {response_time(result)}.", is_error=is_error, site_key=site.key)
    what = "did not answer" if isinstance(result, Silence) else "cannot be asked"
    words = f"{site.domain_name} {what}"
    return Toast(words, result.reason, is_error=True, site_key=site.key)
