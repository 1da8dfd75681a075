"""Setup, sign-in and sign-out."""

from collections.abc import Mapping

from anyio import to_thread
from fasthtml.common import FT
from fasthtml.core import FtResponse
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from app import urls
from app.errors import InvalidInput
from app.models import Role
from app.routes.pages import bare_page
from app.routes.router import Router
from app.routes.services import Services, client_address, services_of, session_of
from app.security.forms import read_form, safe_return_path
from app.security.passwords import NAME_LENGTH, check_name, check_password
from app.security.rules import auth_of
from app.store.users import User
from components.forms import LoginForm, SetupForm

router = Router()

SETUP_FIELDS = {
    "setup_token": 100,
    "username": NAME_LENGTH,
    "password": 1100,
    "password_again": 1100,
}
LOGIN_FIELDS = {"username": NAME_LENGTH, "password": 1100, "next": 500}
WRONG_SIGN_IN = "Username or password is wrong."


@router.public_page(urls.HEALTH, in_setup=True)
async def health(req: Request) -> Response:
    return PlainTextResponse("ok\n")


@router.public_page(urls.SETUP, in_setup=True)
async def show_setup(req: Request) -> FT | Response:
    if await to_thread.run_sync(services_of(req).users.has_admin):
        return RedirectResponse(urls.LOGIN, 303)
    return bare_page(req, "First-run setup", SetupForm({"username": "admin"}, {}))


@router.public_action(urls.SETUP, in_setup=True)
async def set_up(req: Request) -> FtResponse | Response:
    services = services_of(req)
    form: dict[str, str] = {}
    try:
        form = await read_form(req, SETUP_FIELDS)
        services.setup_token.check(form["setup_token"])
        user = await _add_first_admin(services, form)
    except InvalidInput as error:
        content = SetupForm(form, {error.field: str(error)})
        return FtResponse(bare_page(req, "First-run setup", content), 422)
    services.setup_token.discard()
    return await _signed_in(req, user, urls.SITES)


async def _add_first_admin(services: Services, form: Mapping[str, str]) -> User:
    name = check_name(form["username"])
    check_password(form["password"], form["password_again"], name)
    password_hash = await services.passwords.hash(form["password"])
    return await to_thread.run_sync(services.users.add_first_admin, name, password_hash)


@router.public_page(urls.LOGIN)
async def show_login(req: Request) -> FT | Response:
    values = {"next": safe_return_path(req.query_params.get("next", ""))}
    if auth_of(req.scope) is not None:
        return RedirectResponse(values["next"], 303)
    return bare_page(req, "Sign in", *LoginForm(values, {}))


@router.public_action(urls.LOGIN)
async def sign_in(req: Request) -> FtResponse | Response:
    services = services_of(req)
    form: dict[str, str] = {}
    try:
        form = await read_form(req, LOGIN_FIELDS)
        found = await to_thread.run_sync(services.users.with_hash, form["username"])
        is_right = await services.passwords.verify(found[1] if found else None, form["password"])
        if found is None or not is_right:
            # A password typed into the wrong field must not stand in the record.
            name = found[0].name if found else "unknown"
            await _record(req, name, "sign in", "failed: wrong name or password")
            raise InvalidInput(WRONG_SIGN_IN)
    except InvalidInput as error:
        values = form | {"next": safe_return_path(form.get("next", ""))}
        # The general message comes first; the password is what has to be typed again.
        content = LoginForm(values, {error.field: str(error), "password": ""})
        return FtResponse(bare_page(req, "Sign in", *content), 422)
    return await _signed_in(req, found[0], safe_return_path(form["next"]))


@router.action(urls.LOGOUT, role=Role.VIEWER)
async def sign_out(req: Request) -> Response:
    services = services_of(req)
    session_id = session_of(req).id_hash
    await to_thread.run_sync(services.sessions.end, session_id)
    services.slots.end(session_id)
    await _record(req, session_of(req).user.name, "sign out", "done")
    response = RedirectResponse(urls.LOGIN, 303)
    services.sessions.clear_cookie(response)
    return response


async def _signed_in(req: Request, user: User, path: str) -> Response:
    """A fresh session id at every sign-in, so that one planted before it is worth nothing."""
    services = services_of(req)
    address = client_address(req.scope, services.settings.trusted_proxies)
    agent = req.headers.get("user-agent", "")
    cookie = await to_thread.run_sync(services.sessions.start, user, address, agent)
    await _record(req, user.name, "sign in", "done")
    response = RedirectResponse(path, 303)
    services.sessions.set_cookie(response, cookie)
    return response


async def _record(req: Request, name: str, action: str, result: str) -> None:
    services = services_of(req)
    address = client_address(req.scope, services.settings.trusted_proxies)
    await to_thread.run_sync(services.activity.record, name, address, action, name, result)
