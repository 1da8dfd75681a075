"""The overview of all sites, and the sample site that it offers to make."""

from anyio import to_thread
from fasthtml.common import FT
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import urls
from app.errors import HostingError, NotFound
from app.hosting import sample
from app.models import Account, AccountKind, Role, Site, SiteAction, SiteStatus, Toast
from app.routes.openoperations import operations_area
from app.routes.pages import labels_of, set_flash, shell_page
from app.routes.refusedtokens import refused_tokens_area
from app.routes.router import Router
from app.routes.services import Services, actor_of, role_of, services_of, utc_now
from app.store.accounts import LOCAL
from components.feedback import HostNoticeArea
from components.firststeps import NoSites
from components.sites import (
    LIST_ID,
    SUMMARY_ID,
    ChipsOutOfBand,
    SiteFilter,
    SiteList,
    SiteListArea,
    SitesHead,
    SitesSentence,
    SitesToolbar,
    SiteSummary,
    StatusChips,
)

router = Router()
SITE_PATH = "/accounts/{account_id}/sites/{domain}"


@router.page(urls.SITES)
async def overview(req: Request) -> FT | tuple[FT, ...]:
    """The whole page, or the part of it that a live update or the filter asks for."""
    services = services_of(req)
    shown = _filter_of(req)
    stream_href = urls.events("sites", services.changes.sequence)
    sites, accounts = await to_thread.run_sync(_sites_and_accounts, services)
    labels = labels_of(accounts)
    in_account = [site for site in sites if site.account_id == (shown.account or site.account_id)]
    matching = _matching(in_account, labels, shown)
    part = req.headers.get("hx-target", "") if "hx-request" in req.headers else ""
    sentence = SitesSentence(in_account, hx_swap_oob="true")
    if part == SUMMARY_ID:
        return *StatusChips(in_account, shown), sentence
    content = (
        SiteList(matching, len(in_account), labels, utc_now(), role=role_of(req))
        if sites
        else (
            NoSites(
                shown,
                services.settings.sites_listen.port if services.local_host else None,
                has_remote=any(account.kind is AccountKind.PYTHONANYWHERE for account in accounts),
                role=role_of(req),
            ),
        )
    )
    if part == LIST_ID:
        return *content, ChipsOutOfBand(in_account, shown), sentence
    return await shell_page(
        req,
        "Sites",
        SitesHead(in_account, shown, may_create=bool(accounts) and _is_admin(req)),
        host_notice(services),
        await refused_tokens_area(services, role_of(req)),
        await operations_area(req),
        SitesToolbar(shown) if sites else None,
        SiteSummary(in_account, shown),
        SiteListArea(shown, *content),
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


def _sites_and_accounts(services: Services) -> tuple[list[Site], list[Account]]:
    return services.sites.all(), services.accounts.all()


def _reason(error: Exception) -> str:
    if isinstance(error, HostingError):
        return str(error)
    return "The data folder cannot be written. Check its owner and the free space."
