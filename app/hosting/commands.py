"""Commands that people typed, on their way to a host.

A host starts the command as a program with arguments. What only a shell understands leads to a site
that answers 502, so it is refused before the site exists.
"""

import os
from functools import partial

from app.errors import InvalidInput
from app.hosting.client import HostingClient
from app.hosting.linter import Surroundings, lint
from app.hosting.needs import look_up, needs_of, read_own_folder
from app.models import Account, AccountKind, PathFinding


def check_command(command: str, surroundings: Surroundings | None = None) -> str:
    """The command without blanks around it. Raises InvalidInput with what to write instead."""
    if error := lint(command, surroundings).first_error:
        raise InvalidInput(error, "command")
    return command.strip()


def surroundings_of(account: Account, virtualenv: str = "") -> Surroundings:
    """What is known of the place where an account's commands run."""
    return Surroundings(_home(account), virtualenv)


async def find_paths(account: Account, client: HostingClient, command: str) -> list[PathFinding]:
    """Whether what the command names is there. Raises HostingError."""
    is_local = account.kind is AccountKind.LOCAL
    # The local host shows logs alone through its API, but its files are those of this machine.
    read_folder = read_own_folder if is_local else partial(_files_in, client)
    return await look_up(needs_of(command, _home(account)), read_folder)


async def _files_in(client: HostingClient, path: str) -> list[str]:
    return list((await client.list_folder(path)).files)


def _home(account: Account) -> str:
    if account.kind is AccountKind.LOCAL:
        return os.path.expanduser("~")
    return f"/home/{account.username}"
