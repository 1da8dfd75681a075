"""The look at a command that is being typed: for a new site, and for one that gets another."""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import starmap

from fasthtml.common import FT
from starlette.requests import Request

from app.errors import HostingError, InvalidInput, NotFound
from app.hosting import commands
from app.hosting.linter import lint
from app.models import Account, CommandFinding, CommandReport
from app.routes.services import Services
from app.security.forms import read_form
from app.security.limits import MAX_BODY_BYTES
from components.commandfield import (
    COMMAND_ID,
    NOTES_ID,
    CommandArea,
    CommandNotes,
    CommandNotesView,
    CommandPlace,
)

# The buttons beside the command: take this line instead, look into the account's files.
LOOKS = ("use", "look")
# Somebody waits for the page.
LOOK_SECONDS = 6.0
# Far more than is accepted, so that a page can show what was typed beside what is wrong with it.
MAX_SHOWN = 20_000
LABELS = {
    "domain_name": "Domain",
    "working_folder": "Project folder",
    "virtualenv": "Virtualenv",
    "application": "Application",
}


async def read_typed(req: Request, names: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """What was typed, and what is wrong with it by field. What is too long is left out.

    With the button that takes another line, that line is the command.
    """
    try:
        form = await read_form(req, dict.fromkeys(names, MAX_BODY_BYTES))
    except InvalidInput as error:
        return dict.fromkeys(names, ""), {error.field: str(error)}
    reason = f"Use at most {MAX_SHOWN:,} characters. What was typed here is too long to be kept."
    errors = {name: reason for name, text in form.items() if len(text) > MAX_SHOWN}
    form |= dict.fromkeys(errors, "")
    return form | {"command": form.get("use") or form["command"]}, errors


async def find_notes(
    services: Services, account: Account, command: str, virtualenv: str, *, look_up: bool = False
) -> CommandNotesView:
    """What speaks against the command, and whether what it names is there."""
    report = lint(command, commands.surroundings_of(account, virtualenv))
    if not look_up or report.first_error:
        return CommandNotesView(report)
    try:
        client = services.account_service.client(account.id)
        async with asyncio.timeout(LOOK_SECONDS):
            paths = await commands.find_paths(account, client, command)
    except TimeoutError:
        return CommandNotesView(report, problem="The files could not be looked up in time.")
    except HostingError as error:
        return CommandNotesView(report, problem=f"The files could not be looked up. {error}")
    except NotFound as error:
        return CommandNotesView(report, problem=str(error))
    return CommandNotesView(report, paths)


def refused_notes(errors: Mapping[str, str]) -> CommandNotesView:
    """In place of what would be found: why the form, by field, was not looked at."""
    return CommandNotesView(CommandReport(tuple(starmap(_finding, errors.items()))))


def asked_part(
    req: Request, place: CommandPlace, values: Mapping[str, str], notes: CommandNotesView
) -> FT | None:
    """The notes or the command alone, if a page with scripts asks for no more."""
    part = req.headers.get("hx-target", "") if "hx-request" in req.headers else ""
    if part == NOTES_ID:
        return CommandNotes(place.address, notes)
    if part == COMMAND_ID:
        return CommandArea(place, values, {}, notes, is_changed=True)
    return None


def _finding(field: str, reason: str) -> CommandFinding:
    return CommandFinding(f"{LABELS.get(field, 'Command')}: {reason}")
