"""The domain of a site: its certificate, and whether its DNS points at the host."""

from anyio import to_thread
from fasthtml.common import FT
from fasthtml.core import FtResponse
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import urls
from app.errors import HostingError, HostUnavailable, NotFound
from app.models import DnsFinding, DnsState, Role, Site, Toast
from app.routes.domaincards import https_card
from app.routes.pages import set_flash
from app.routes.router import Router
from app.routes.services import actor_of, services_of, session_of
from app.routes.sites import SITE_PATH, find_site
from components.dnscard import DnsCard
from components.feedback import ToastOutOfBand

router = Router()


@router.fragment(SITE_PATH + "/certificate")
async def show_certificate(req: Request) -> FT:
    site = await find_site(req)
    return https_card(req, site, await services_of(req).certificates.open(site))


@router.action(SITE_PATH + "/certificate", role=Role.ADMIN)
async def request_certificate(req: Request) -> FtResponse | Response:
    """Answers when the host has; what came of it is read later and draws the card anew."""
    site = await find_site(req)
    status = 200
    try:
        await services_of(req).certificates.request(site, actor_of(req))
        words = "This can take a minute. The page follows."
        toast = Toast(f"Certificate for {site.domain_name} requested", words, site_key=site.key)
    except HostingError as error:
        status = 502
        toast = _refused(site, error)
    if "hx-request" not in req.headers:
        return await _back(req, site, toast)
    return FtResponse(ToastOutOfBand(toast), status)


@router.action(SITE_PATH + "/dns", role=Role.VIEWER)
async def check_dns(req: Request) -> FT | Response:
    """Asks the name server now, in bounded time."""
    site = await find_site(req)
    if not site.is_custom_domain or not site.cname:
        raise NotFound("There is no CNAME to check.")
    finding = await services_of(req).dns.look(site.domain_name, site.cname)
    if "hx-request" in req.headers:
        return DnsCard(site, finding)
    return await _back(req, site, _told(site, finding))


def _refused(site: Site, error: HostingError) -> Toast:
    title = f"No certificate for {site.domain_name}"
    detail = f"{error} Nothing was changed. DNS has to point at the host before."
    if isinstance(error, HostUnavailable):
        title = f"Not known: whether {site.domain_name} gets a certificate"
        detail = f"{error} What the host says of it is read again in a minute."
    return Toast(title, detail, is_error=True, site_key=site.key)


def _told(site: Site, finding: DnsFinding) -> Toast:
    is_error = finding.state is DnsState.WRONG
    return Toast(finding.text, finding.advice, is_error=is_error, site_key=site.key)


async def _back(req: Request, site: Site, toast: Toast) -> Response:
    """Without scripts: to the settings, which show the result."""
    await to_thread.run_sync(set_flash, services_of(req), session_of(req).id_hash, toast)
    return RedirectResponse(urls.site_settings(*site.key), 303)
