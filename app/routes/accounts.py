"""The accounts: their page, adding, testing and removing them, and the local host's buttons."""

from collections.abc import Mapping, Sequence

from anyio import to_thread
from fasthtml.common import FT
from fasthtml.core import FtResponse
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import urls
from app.errors import HostingError, InvalidInput, NotFound, SitedeckError
from app.models import Account, AccountKind, Operation, Role, Toast, counted
from app.routes.accountviews import ACCOUNTS_VIEW, account_views
from app.routes.pages import set_flash, shell_page
from app.routes.router import Router
from app.routes.services import actor_of, role_of, services_of, session_of, utc_now
from app.routes.sites import host_notice
from app.security.forms import read_form
from app.store.accounts import LOCAL
from app.store.operations import login_of
from components.accountforms import NewAccountForm, RemoveAccountPage
from components.accounts import CHECK_INTERVALS, AccountsPage
from components.feedback import ToastOutOfBand

router = Router()
ACCOUNT_PATH = "/accounts/{account_id}"
# Far more than is accepted: what is too long is said at its field, with the rest kept.
FIELDS = {"label": 2000, "host": 2000, "username": 2000, "token": 2000}


@router.page(urls.ACCOUNTS)
async def show_accounts(req: Request) -> FT:
    services = services_of(req)
    since = services.changes.sequence
    views = await account_views(services)
    return await shell_page(
        req,
        "Accounts",
        AccountsPage(views, host_notice(services), utc_now(), role=role_of(req)),
        section="accounts",
        stream_href=urls.events(ACCOUNTS_VIEW, since),
    )


@router.page(urls.NEW_ACCOUNT, role=Role.ADMIN)
async def show_new_account(req: Request) -> FT:
    return await _new_account_page(req, {}, {})


@router.action(urls.ACCOUNTS, role=Role.ADMIN)
async def add_account(req: Request) -> FtResponse | Response:
    """The token is proven by a call before anything is kept, and never sent back."""
    services = services_of(req)
    form: dict[str, str] = {}
    try:
        form = await read_form(req, FIELDS)
        account = await services.account_service.add(
            form["label"], form["host"], form["username"], form["token"]
        )
    except (InvalidInput, HostingError) as error:
        field = error.field if isinstance(error, InvalidInput) else ""
        values = form | {"token": ""}
        return FtResponse(await _new_account_page(req, values, {field: str(error)}), 422)
    await _record(req, "add account", account)
    return await _say(req, Toast(f"{account.label} added", "Its sites are being listed."))


@router.action(ACCOUNT_PATH + "/test")
async def test_account(req: Request) -> Response:
    account = await _find(req)
    try:
        found = await services_of(req).account_service.test(account)
    except HostingError as error:
        return await _say(req, Toast(f"{account.label} cannot be read", str(error), is_error=True))
    services_of(req).log_files.resume(account.id)
    words = f"{counted(found.sites, 'site')}, answered in {found.seconds * 1000:.0f} ms."
    return await _say(req, Toast(f"{account.label}: the token is valid.", words))


@router.action(ACCOUNT_PATH + "/checks", role=Role.ADMIN)
async def set_check_interval(req: Request) -> Response:
    account = await _find(req)
    form = await read_form(req, {"seconds": 10})
    if form["seconds"] not in map(str, CHECK_INTERVALS):
        raise InvalidInput("Choose one of the intervals that the page offers.")
    seconds = int(form["seconds"])
    accounts = services_of(req).accounts
    await to_thread.run_sync(accounts.set_check_interval, account.id, seconds)
    await _record(req, "set checks", account)
    how_often = CHECK_INTERVALS[seconds].lower()
    asked = f"are asked {how_often}" if seconds else "are asked only after a click"
    toast = Toast(f"{account.label}: its sites {asked} whether they answer.")
    return await _say(req, toast)


@router.action(ACCOUNT_PATH + "/token", role=Role.ADMIN)
async def replace_token(req: Request) -> Response:
    account = await _find(req)
    try:
        form = await read_form(req, {"token": 2000})
        await services_of(req).account_service.replace_token(account, form["token"])
    except (InvalidInput, HostingError) as error:
        words = f"{error} The old token is still in use."
        return await _say(req, Toast("The token was not replaced.", words, is_error=True))
    services_of(req).log_files.resume(account.id)
    await _record(req, "replace token", account)
    return await _say(req, Toast(f"The token of {account.label} was replaced."))


@router.page(ACCOUNT_PATH + "/delete", role=Role.ADMIN)
async def ask_before_removal(req: Request) -> FT:
    account = await _find(req)
    return await _removal_page(req, account, await _unfinished(req, account))


@router.action(ACCOUNT_PATH + "/delete", role=Role.ADMIN)
async def remove_account(req: Request) -> FtResponse | Response:
    """Not while a change of its sites is under way: a site may have been deleted for it."""
    account = await _find(req)
    unfinished = await _unfinished(req, account)
    if unfinished:
        return FtResponse(await _removal_page(req, account, unfinished), 409)
    await services_of(req).account_service.remove(account)
    await services_of(req).log_files.remove(account.id)
    await _record(req, "remove account", account)
    return await _say(req, Toast(f"{account.label} removed", "Its sites keep running."))


@router.action(ACCOUNT_PATH + "/start", role=Role.ADMIN)
async def start_host(req: Request) -> FtResponse | Response:
    return await _run(req, "started", restart=False)


@router.action(ACCOUNT_PATH + "/restart", role=Role.ADMIN)
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


async def _find(req: Request) -> Account:
    """A PythonAnywhere account. Raises NotFound."""
    account_id = req.path_params["account_id"]
    account = await to_thread.run_sync(services_of(req).accounts.get, account_id)
    if account is None or account.kind is not AccountKind.PYTHONANYWHERE:
        raise NotFound("There is no such account.")
    return account


async def _unfinished(req: Request, account: Account) -> list[Operation]:
    """The account's own: one of the same id may have belonged to somebody else."""
    operations = await to_thread.run_sync(services_of(req).operations.open)
    owner = account.id, login_of(account)
    return [each for each in operations if (each.account_id, each.login) == owner]


async def _removal_page(req: Request, account: Account, unfinished: Sequence[Operation]) -> FT:
    services = services_of(req)
    since = services.changes.sequence
    sites = await services.known.of_account(account.id)
    return await shell_page(
        req,
        f"Remove {account.label}?",
        RemoveAccountPage(account, len(sites), unfinished),
        section="accounts",
        stream_href=urls.events("account-form", since),
    )


async def _say(req: Request, toast: Toast) -> Response:
    """Back to the accounts, which show the result."""
    services = services_of(req)
    await to_thread.run_sync(set_flash, services, session_of(req).id_hash, toast)
    return RedirectResponse(urls.ACCOUNTS, 303)


async def _record(req: Request, action: str, account: Account) -> None:
    actor, activity = actor_of(req), services_of(req).activity
    await to_thread.run_sync(activity.record, actor.name, actor.address, action, account.id, "done")


async def _new_account_page(
    req: Request, values: Mapping[str, str], errors: Mapping[str, str]
) -> FT:
    services = services_of(req)
    since = services.changes.sequence
    return await shell_page(
        req,
        "Add an account",
        NewAccountForm(services.account_service.api_hosts, values, errors),
        section="accounts",
        stream_href=urls.events("account-form", since),
    )
