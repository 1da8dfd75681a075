"""What can be done to an account: for now, starting and restarting the local host."""

from anyio import to_thread
from fasthtml.core import FtResponse
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import urls
from app.errors import NotFound, SitedeckError
from app.models import Role, Toast
from app.routes.pages import set_flash
from app.routes.router import Router
from app.routes.services import actor_of, services_of
from app.store.accounts import LOCAL
from components.feedback import ToastOutOfBand

router = Router()


@router.action("/accounts/{account_id}/start", role=Role.ADMIN)
async def start_host(req: Request) -> FtResponse | Response:
    return await _run(req, "started", restart=False)


@router.action("/accounts/{account_id}/restart", role=Role.ADMIN)
async def restart_host(req: Request) -> FtResponse | Response:
    return await _run(req, "restarted", restart=True)


async def _run(req: Request, past: str, *, restart: bool) -> FtResponse | Response:
    services = services_of(req)
    host = services.local_host
    if host is None or req.path_params["account_id"] != LOCAL.id:
        raise NotFound("There is no such local host.")
    try:
        await (host.restart() if restart else host.start())
        toast = Toast(f"Local host {past}", "Sites that were running kept running.")
    except SitedeckError as error:
        toast = Toast("The local host did not start", str(error), is_error=True)
    if "hx-request" in req.headers:
        return FtResponse(ToastOutOfBand(toast))
    await to_thread.run_sync(set_flash, services, actor_of(req).session_id, toast)
    return RedirectResponse(urls.SITES, 303)
