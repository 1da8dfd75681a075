"""The settings tab of a site: its command, and its deletion."""

from collections.abc import Mapping

from anyio import to_thread
from fasthtml.common import FT
from fasthtml.core import FtResponse
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import urls
from app.errors import HostingError, InvalidInput, NotFound, OutcomeUnknown
from app.hosting.commands import virtualenv_of
from app.models import Account, Role, Site, Toast
from app.routes.commandlook import LOOKS, asked_part, find_notes, read_typed, refused_notes
from app.routes.domaincards import domain_cards
from app.routes.openoperations import operations_area
from app.routes.operations import OPERATION_PATH, operation_number
from app.routes.pages import lost_answer, set_flash, shell_page
from app.routes.router import Router
from app.routes.services import actor_of, role_of, services_of, session_of, utc_now
from app.routes.sites import SITE_PATH, find_site, host_notice
from app.security.forms import read_form
from components.commandfield import NO_NOTES, CommandNotesView
from components.operations import StoppedChange
from components.recreate import RecreateDialog
from components.sitehead import SiteHead, SiteTabs
from components.sitesettings import SiteSettings, settings_place

router = Router()


@router.page(SITE_PATH + "/settings")
async def show_settings(req: Request) -> FT:
    return await _page(req, await find_site(req), {}, {})


@router.page(SITE_PATH + "/look")
@router.page(SITE_PATH + "/command")
@router.page(SITE_PATH + "/delete")
async def return_to_settings(req: Request) -> Response:
    """A refused form leaves such an address in the browser, where it may be entered again."""
    site = await find_site(req)
    return RedirectResponse(urls.site_settings(*site.key), 303)


@router.action(SITE_PATH + "/look", role=Role.ADMIN)
async def look_at_new_command(req: Request) -> FT | FtResponse:
    """What is found in the command that was typed, and, if asked, in the account's files."""
    site = await find_site(req)
    form, errors = await read_typed(req, ("command", *LOOKS))
    is_look = bool(form["look"])
    notes = refused_notes(errors) if errors else await _notes(req, site, form, look_up=is_look)
    part = asked_part(req, settings_place(site), form, notes)
    if part is not None:
        return part
    if errors:
        return FtResponse(await _page(req, site, {}, errors), 422)
    return await _page(req, site, form, {}, notes)


@router.action(SITE_PATH + "/command", role=Role.ADMIN)
async def change_command(req: Request) -> FtResponse | Response:
    """Where the site has to be recreated for it, that is asked first."""
    services = services_of(req)
    site = await find_site(req)
    form, errors = await read_typed(req, ("command", "confirmed"))
    if errors:
        return FtResponse(await _page(req, site, {}, errors), 422)
    try:
        if not form["confirmed"] and not site.is_local:
            services.maker.check_command(site, form["command"])
            # A working site is deleted for it: what is missing is to be known before.
            notes = await _notes(req, site, form, look_up=True)
            return FtResponse(await _page(req, site, form, {}, notes, is_asked=True), 200)
        operation = await services.maker.change_command(site, form["command"], actor_of(req))
    except (InvalidInput, HostingError) as error:
        field = error.field if isinstance(error, InvalidInput) else ""
        words = str(error)
        if isinstance(error, HostingError) and not isinstance(error, OutcomeUnknown):
            words = f"{error} The command was not changed."
        errors = {field or "command": words}
        return FtResponse(await _page(req, site, form, errors, await _notes(req, site, form)), 422)
    if not operation.state.is_open:
        # How far an open one is, its own notice shows, and that goes when the operation ends.
        words = "It starts with its new command." if site.enabled else "It is used when enabled."
        toast = Toast(f"{site.domain_name} has its new command", words, site_key=site.key)
        await to_thread.run_sync(set_flash, services, session_of(req).id_hash, toast)
    return RedirectResponse(urls.site(*site.key), 303)


@router.action(OPERATION_PATH + "/again", role=Role.ADMIN)
async def change_again(req: Request) -> FT:
    """The settings with the command that a change has taken away, or was to bring."""
    services = services_of(req)
    operation = await to_thread.run_sync(services.operations.get, operation_number(req))
    wanted = operation.wanted_again if operation else None
    site = await services.known.get(*operation.key) if operation else None
    if wanted is None or site is None or site.is_gone:
        raise NotFound("There is no such change of a command any more.")
    form = {"command": wanted.command}
    return await _page(req, site, form, {}, await _notes(req, site, form))


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


async def _notes(
    req: Request, site: Site, form: Mapping[str, str], *, look_up: bool = False
) -> CommandNotesView:
    """Where the site's program is now, another one is likely to be."""
    account = await _account(req, site)
    virtualenv = virtualenv_of(site.command)
    command = form["command"]
    return await find_notes(services_of(req), account, command, virtualenv, look_up=look_up)


async def _account(req: Request, site: Site) -> Account:
    account = await to_thread.run_sync(services_of(req).accounts.get, site.account_id)
    if account is None:
        raise NotFound("There is no such account.")
    return account


async def _page(
    req: Request,
    site: Site,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    notes: CommandNotesView = NO_NOTES,
    *,
    is_asked: bool = False,
) -> FT:
    services = services_of(req)
    since = services.changes.sequence
    account = await _account(req, site)
    role = role_of(req)
    may_change = role.includes(Role.ADMIN)
    stopped = await to_thread.run_sync(services.operations.stopped_change, *site.key)
    current = site.command if may_change and not site.is_gone else None
    # What is not fresh is read soon, and then its card draws itself anew.
    certificate = await services.certificates.open(site)
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
            notes,
            *domain_cards(req, site, certificate),
            may_change=may_change,
            certificate=certificate,
            question=RecreateDialog(site, values["command"], notes, certificate)
            if is_asked
            else None,
            stopped=StoppedChange(stopped, utc_now(), current) if stopped else None,
        ),
        account_id=site.account_id,
        stream_href=urls.events("/".join(site.key), since),
    )
