"""Creating a site."""

import re
from collections.abc import Mapping

from anyio import to_thread
from fasthtml.common import FT
from fasthtml.core import FtResponse
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import urls
from app.errors import HostingError, InvalidInput, NotFound, OutcomeUnknown
from app.hosting import commands, templates
from app.hosting.refusedsites import foreign_name_hint
from app.models import Account, AccountKind, Role, parse_domain
from app.routes.commandlook import LOOKS, asked_part, find_notes, read_typed, refused_notes
from app.routes.pages import lost_answer, set_flash, shell_page
from app.routes.router import Router
from app.routes.services import Services, actor_of, services_of, session_of
from components.commandfield import NO_NOTES, CommandNotesView
from components.newsite import COMMAND_PLACE, NewSitePage, NewSiteView

router = Router()

NAMES = (
    "account_id",
    "drawn_for",
    "domain_name",
    "template",
    "working_folder",
    "virtualenv",
    "application",
    "command",
    "enabled",
)


@router.page(urls.NEW_SITE, role=Role.ADMIN)
async def show_new_site(req: Request) -> FT:
    services = services_of(req)
    accounts = await _accounts(services)
    account = _chosen(accounts, req.query_params.get("account", ""))
    suggestions = _suggestions(account)
    if await services.known.get(account.id, suggestions.get("domain_name", "")) is not None:
        del suggestions["domain_name"]  # It has its site already.
    return await _page(req, accounts, account, suggestions, {})


@router.action(urls.NEW_SITE, role=Role.ADMIN)
async def draw_again(req: Request) -> FT | FtResponse:
    """The form once more: for another account, or with what is found in the command, and, if
    asked, in the account's files.

    A page that asks for the notes or the command alone gets no more.
    """
    services = services_of(req)
    accounts = await _accounts(services)
    form, errors = await read_typed(req, NAMES + LOOKS)
    account = _chosen(accounts, form["account_id"])
    values = _values(accounts, account, form)
    notes = NO_NOTES
    if errors:
        notes = refused_notes(errors)
    elif form["look"] or not _is_of_another(form, account):
        notes = await _look(services, account, values, look_up=bool(form["look"]))
    part = asked_part(req, COMMAND_PLACE, values, notes)
    if part is not None:
        return part
    if errors:
        return FtResponse(await _page(req, accounts, account, values, errors), 422)
    return await _page(req, accounts, account, values, {}, notes)


@router.page(urls.CREATE_SITE, role=Role.ADMIN)
async def return_to_new_site(req: Request) -> Response:
    """A refused form leaves this address in the browser, where it may be entered again."""
    return RedirectResponse(urls.NEW_SITE, 303)


@router.action(urls.CREATE_SITE, role=Role.ADMIN)
async def create_site(req: Request) -> FtResponse | Response:
    """Errors come back at their fields with everything that was typed."""
    services = services_of(req)
    accounts = await _accounts(services)
    form, errors = await read_typed(req, NAMES)
    if errors:
        return await _refused(req, accounts, form, errors)
    try:
        account = _chosen(accounts, form["account_id"])
        if account.id != form["account_id"]:
            raise InvalidInput("The account that was chosen is not there any more. Choose again.")
        if _is_of_another(form, account):
            raise InvalidInput(
                f"Nothing was created yet. What is suggested here is now for {account.label}: look "
                "at it, then create the site."
            )
        domain_name = parse_domain(_without_scheme(form["domain_name"]))
        surroundings = commands.surroundings_of(account, form["virtualenv"].strip())
        command = commands.check_command(_command(form), surroundings)
        await _create(req, account, domain_name, command, form)
    except InvalidInput as error:
        errors = {error.field: str(error)}
    except OutcomeUnknown as error:
        toast = lost_answer(domain_name, error)
        await to_thread.run_sync(set_flash, services, session_of(req).id_hash, toast)
        return RedirectResponse(urls.SITES, 303)
    except HostingError as error:
        errors = {"": f"The site was not created. {error}"}
    else:
        return RedirectResponse(urls.site(account.id, domain_name), 303)
    return await _refused(req, accounts, form, errors)


async def _refused(
    req: Request, accounts: list[Account], form: Mapping[str, str], errors: Mapping[str, str]
) -> FtResponse:
    account = _chosen(accounts, form["account_id"])
    values = _values(accounts, account, form)
    notes = NO_NOTES
    if "command" in errors and form["command"].strip():
        notes = await _look(services_of(req), account, values, look_up=False)
    return FtResponse(await _page(req, accounts, account, values, errors, notes), 422)


async def _create(
    req: Request, account: Account, domain_name: str, command: str, form: Mapping[str, str]
) -> None:
    """Raises InvalidInput, in plain words where the account's answer is known, or HostingError."""
    folder = form["working_folder"].strip() if account.kind is AccountKind.LOCAL else ""
    try:
        await services_of(req).maker.create(
            account.id,
            domain_name,
            command,
            folder,
            actor_of(req),
            enabled=form["enabled"] == "on",
        )
    except InvalidInput as error:
        hint = foreign_name_hint(account, domain_name) if error.field == "domain_name" else ""
        raise InvalidInput(f"{error} {hint}".strip(), error.field) from None


async def _look(
    services: Services, account: Account, form: Mapping[str, str], *, look_up: bool
) -> CommandNotesView:
    """At the command as it would be sent, which the template may have to fill in."""
    try:
        command = _command(form)
    except InvalidInput as error:
        return refused_notes({error.field: str(error)})
    virtualenv = form["virtualenv"].strip()
    return await find_notes(services, account, command, virtualenv, look_up=look_up)


def _without_scheme(text: str) -> str:
    """Of an address copied from a browser the domain; anything else as it was typed."""
    return re.sub(r"^https?://([^/?#:]*)(:\d+)?/?$", r"\1", text.strip(), flags=re.IGNORECASE)


def _suggestions(account: Account) -> dict[str, str]:
    """PythonAnywhere's usual places, under the account's user name."""
    if account.kind is AccountKind.LOCAL:
        return {}
    home = f"/home/{account.username}"
    return {
        "domain_name": templates.suggested_domain(account),
        "working_folder": f"{home}/mysite",
        "virtualenv": f"{home}/.virtualenvs/mysite",
    }


def _is_of_another(form: Mapping[str, str], account: Account) -> bool:
    """Whether the page that was sent was drawn for another account than is chosen in it."""
    return form["drawn_for"] not in ("", account.id)


def _values(accounts: list[Account], account: Account, form: Mapping[str, str]) -> dict[str, str]:
    """What the form shows when it is drawn again for the account."""
    values = {**form, "enabled": form["enabled"] or "off"}
    if not _is_of_another(form, account):
        return values
    # What one account suggested is no use to another: only what somebody typed stays.
    suggested = {value for each in accounts for value in _suggestions(each).values()} | {""}
    typed = {name: value for name, value in values.items() if value not in suggested}
    return _suggestions(account) | typed


def _command(form: Mapping[str, str]) -> str:
    """What was typed, or else the template filled in."""
    template = templates.find_template(form["template"])
    if form["command"].strip() or template is None:
        return form["command"]
    for name in ("working_folder", "virtualenv"):
        if not form[name].strip().startswith("/"):
            raise InvalidInput("Type the whole path, beginning with /.", name)
        if set(form[name]) & set("\"'\\$`"):
            raise InvalidInput("Use a path without quotes, backslashes and dollar signs.", name)
    return templates.fill_in(
        template,
        form["virtualenv"].strip(),
        form["working_folder"].strip(),
        form["application"].strip(),
    )


async def _accounts(services: Services) -> list[Account]:
    """All accounts. Raises NotFound if there is none."""
    accounts = await to_thread.run_sync(services.accounts.all)
    if not accounts:
        raise NotFound("There is no account yet.")
    return accounts


def _chosen(accounts: list[Account], account_id: str) -> Account:
    """The chosen account, else the first."""
    return next((account for account in accounts if account.id == account_id), accounts[0])


async def _page(
    req: Request,
    accounts: list[Account],
    account: Account,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    notes: CommandNotesView | None = None,
) -> FT:
    services = services_of(req)
    since = services.changes.sequence
    view = NewSiteView(
        accounts,
        account,
        templates.suggested_domain(account),
        templates.TEMPLATES,
    )
    return await shell_page(
        req,
        "New site",
        NewSitePage(view, values, errors, notes or NO_NOTES),
        account_id=account.id,
        stream_href=urls.events("new", since),
    )
