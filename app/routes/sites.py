"""The overview and what is clicked there: reload, enable, disable, the sample site."""

from anyio import to_thread
from fasthtml.common import FT
from fasthtml.core import FtResponse
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import urls
from app.errors import HostingError, NotFound, OutcomeUnknown, SiteBusy, SwitchedOff
from app.hosting import sample
from app.hosting.probe import Silence, Unasked
from app.hosting.sitewatch import FRONT_STATUSES
from app.models import Answer, Role, Site, SiteAction, SiteStatus, Toast
from app.routes.openoperations import operations_area
from app.routes.pages import account_labels, set_flash, shell_page
from app.routes.refusedtokens import refused_tokens_area
from app.routes.router import Router
from app.routes.services import Services, actor_of, role_of, services_of, utc_now
from app.store.accounts import LOCAL
from components.feedback import HostNoticeArea, ToastOutOfBand
from components.site import SiteOverview
from components.sitehead import SiteHead, head_id
from components.siterow import SiteRow, response_time, row_id
from components.sites import (
    LIST_ID,
    SUMMARY_ID,
    NoSites,
    SiteFilter,
    SiteList,
    SitesHead,
    SitesToolbar,
    SiteSummary,
    SummaryAndSentence,
)

router = Router()
SITE_PATH = "/accounts/{account_id}/sites/{domain}"


@router.page(urls.SITES)
async def overview(req: Request) -> FT | tuple[FT, FT]:
    """The whole page, or the part of it that a live update or the filter asks for."""
    services = services_of(req)
    shown = _filter_of(req)
    stream_href = urls.events("sites", services.changes.sequence)
    sites, labels = await to_thread.run_sync(_sites_and_labels, services)
    in_account = [site for site in sites if site.account_id == (shown.account or site.account_id)]
    matching = _matching(in_account, labels, shown)
    part = req.headers.get("hx-target", "") if "hx-request" in req.headers else ""
    if part == SUMMARY_ID:
        return SummaryAndSentence(in_account, shown)
    content = (
        SiteList(matching, len(in_account), labels, shown, utc_now(), role=role_of(req))
        if sites
        else NoSites(
            services.settings.sites_listen.port, has_local_host=services.local_host is not None
        )
    )
    if part == LIST_ID:
        return content
    return await shell_page(
        req,
        "Sites",
        SitesHead(in_account, may_create=bool(sites) and _is_admin(req)),
        host_notice(services),
        await refused_tokens_area(services, role_of(req)),
        await operations_area(req),
        SitesToolbar(shown) if sites else None,
        SiteSummary(in_account, shown) if sites else None,
        content,
        account_id=shown.account,
        stream_href=stream_href,
    )


@router.action(urls.SAMPLE_SITE, role=Role.ADMIN)
async def try_sample_site(req: Request) -> Response:
    """Writes the sample site, runs it and goes to its page. Asked again, it just runs it."""
    services = services_of(req)
    actor = actor_of(req)
    try:
        folder = await to_thread.run_sync(sample.write_sample, services.settings.data)
        site = await services.known.get(LOCAL.id, sample.DOMAIN_NAME)
        if site is None:
            command = sample.sample_command(folder)
            await services.maker.create(LOCAL.id, sample.DOMAIN_NAME, command, "", actor)
        elif not site.enabled:
            await services.actions.run(SiteAction.ENABLE, site, actor)
    except (HostingError, OSError) as error:
        toast = Toast("The sample site could not be started.", _reason(error), is_error=True)
        await to_thread.run_sync(set_flash, services, actor.session_id, toast)
        return RedirectResponse(urls.SITES, 303)
    return RedirectResponse(urls.site(LOCAL.id, sample.DOMAIN_NAME), 303)


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


async def find_site(req: Request) -> Site:
    """The site of the address. Raises NotFound."""
    account_id, domain = req.path_params["account_id"], req.path_params["domain"]
    site = await to_thread.run_sync(services_of(req).sites.get, account_id, domain)
    if site is None:
        raise NotFound(f"There is no site called {domain}.")
    return site


def _is_admin(req: Request) -> bool:
    return role_of(req).includes(Role.ADMIN)


def host_notice(services: Services) -> FT:
    notice = services.local_host.notice if services.local_host else None
    return HostNoticeArea(notice, LOCAL.id)


async def _act(req: Request, action: SiteAction) -> FtResponse | Response:
    """Carries the action out and answers with the changed row or head and a toast."""
    services = services_of(req)
    site = await find_site(req)
    status = 200
    try:
        site = await services.actions.run(action, site, actor_of(req))
        toast = _toast(action, site)
    except OutcomeUnknown as error:
        # What came of it arrives on the event stream.
        site = await services.known.get(*site.key) or site
        words = f"{action.value.capitalize()} {site.domain_name}: the answer was lost"
        toast = Toast(words, str(error), is_error=True, site_key=site.key)
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
    is_told = toast.is_error or action is not SiteAction.RELOAD
    parts = (_changed_part(req, site, label), ToastOutOfBand(toast) if is_told else None)
    return FtResponse(tuple(filter(None, parts)), status)


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


def _filter_of(req: Request) -> SiteFilter:
    query = req.query_params
    status = query.get("status", "")
    return SiteFilter(
        query.get("query", "")[:100].strip(),
        query.get("account", "")[:64],
        status if status in set(SiteStatus) else "",
    )


def _matching(sites: list[Site], labels: dict[str, str], shown: SiteFilter) -> list[Site]:
    words = shown.query.lower().split()

    def matches(site: Site) -> bool:
        text = f"{site.domain_name} {labels.get(site.account_id, '')} {site.command}".lower()
        has_status = not shown.status or site.status.value == shown.status
        return has_status and all(word in text for word in words)

    return [site for site in sites if matches(site)]


def _sites_and_labels(services: Services) -> tuple[list[Site], dict[str, str]]:
    return services.sites.all(), account_labels(services)


def _reason(error: Exception) -> str:
    if isinstance(error, HostingError):
        return str(error)
    return "The data folder cannot be written. Check its owner and the free space."
