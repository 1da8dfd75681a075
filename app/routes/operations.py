"""What people do about operations that are not finished, and sites that are to come back."""

from dataclasses import replace

from anyio import to_thread
from fasthtml.common import FT, Div
from fasthtml.core import FtResponse
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import urls
from app.errors import HostingError, InvalidInput, NotFound, OutcomeUnknown
from app.hosting.journalled import as_known
from app.hosting.operations.outcomes import specification_of
from app.models import Operation, Role, Specification, Toast
from app.routes.pages import lost_answer, set_flash
from app.routes.router import Router
from app.routes.services import Services, actor_of, role_of, services_of, utc_now
from app.routes.sites import SITE_PATH
from components.feedback import ToastOutOfBand
from components.operations import DeletedSite, StoppedChange

router = Router()
OPERATION_PATH = "/operations/{operation_id}"


@router.action(OPERATION_PATH + "/retry")
async def retry_operation(req: Request) -> Response:
    if not await services_of(req).worker.retry(operation_number(req)):
        raise NotFound("There is no such open operation.")
    return await _back(req)


@router.action(OPERATION_PATH + "/stop", role=Role.ADMIN)
async def stop_operation(req: Request) -> FtResponse | Response:
    """What has been done stays done."""
    services, actor = services_of(req), actor_of(req)
    stopped = await services.worker.stop(operation_number(req), actor.name)
    if stopped is None:
        raise NotFound("There is no such open operation.")
    words = f"Change of {stopped.domain_name} stopped"
    toast = Toast(words, stopped.reason, is_error=stopped.is_away, site_key=stopped.key)
    if "hx-request" in req.headers:
        return FtResponse(ToastOutOfBand(toast))
    await to_thread.run_sync(set_flash, services, actor.session_id, toast)
    return RedirectResponse(urls.SITES, 303)


@router.action(SITE_PATH + "/recreate", role=Role.ADMIN)
async def recreate_site(req: Request) -> Response:
    """Makes a site again that was deleted within the last 30 days, or has vanished."""
    services = services_of(req)
    key = req.path_params["account_id"], req.path_params["domain"]
    wanted = await _vanished_site(req) or (await deleted_site(req))[1]
    actor = actor_of(req)
    account_id, domain_name = key
    try:
        lacks = await services.maker.recreate(account_id, wanted, actor)
        toast = Toast(f"{domain_name} recreated", lacks, site_key=key)
    except OutcomeUnknown as error:
        toast = lost_answer(domain_name, error)
    except (HostingError, InvalidInput) as error:
        toast = Toast(f"Recreate failed: {domain_name}", str(error), is_error=True)
    await to_thread.run_sync(set_flash, services, actor.session_id, toast)
    is_there = await services.known.get(account_id, domain_name) is not None
    return RedirectResponse(urls.site(account_id, domain_name) if is_there else urls.SITES, 303)


async def _vanished_site(req: Request) -> Specification | None:
    """A site of the list that its account does not have any more, as it was last seen."""
    key = req.path_params["account_id"], req.path_params["domain"]
    services = services_of(req)
    site = await services.known.get(*key)
    if site is None or not site.is_gone:
        return None
    last = await to_thread.run_sync(services.operations.latest, *key)
    kept = await _kept(services, last) if last else None
    # The journal knows more, such as the certificate, if it knows the same site.
    if kept is not None and kept.command == site.command:
        return replace(kept, enabled=site.enabled)
    return as_known(site)


async def _kept(services: Services, operation: Operation) -> Specification | None:
    """How the site was made, as far as the journal knows it up to the operation."""
    operations = await to_thread.run_sync(services.operations.on_site, operation)
    return specification_of(operations)


async def deleted_site(req: Request) -> tuple[Operation, Specification]:
    """The last operation on the site of the address, and what it can be made from again.

    Raises NotFound if the site is there, or nothing is kept of it.
    """
    key = req.path_params["account_id"], req.path_params["domain"]
    services = services_of(req)
    operation = (await to_thread.run_sync(services.operations.recreatable)).get(key)
    wanted = await _kept(services, operation) if operation else None
    if operation is None or wanted is None:
        raise NotFound(f"There is no site called {key[1]}.")
    return operation, wanted


async def deleted_notice(req: Request) -> FT:
    """Raises NotFound like `deleted_site`."""
    operation, wanted = await deleted_site(req)
    operations = services_of(req).operations
    stopped = await to_thread.run_sync(operations.stopped_change, *operation.key)
    may_create = role_of(req).includes(Role.ADMIN)
    return Div(
        DeletedSite(operation, wanted, may_create=may_create),
        StoppedChange(stopped, utc_now()) if stopped else None,
        cls="stack",
    )


def operation_number(req: Request) -> int:
    """Of the operation; 0, which none has, for anything else."""
    text = req.path_params["operation_id"]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


async def _back(req: Request) -> Response:
    """The page's event stream shows what comes of it; without scripts the first page does."""
    if "hx-request" in req.headers:
        return HTMLResponse("")
    return RedirectResponse(urls.SITES, 303)
