"""Commands that people typed, on their way to a host.

A host starts the command as a program with arguments. What only a shell understands leads to a site
that answers 502, so it is refused before the site exists.
"""

import os
from functools import partial
from pathlib import PurePosixPath

from app.errors import InvalidInput
from app.hosting.client import HostingClient
from app.hosting.linter import Surroundings, lint
from app.hosting.linter.launches import launches_of
from app.hosting.linter.needs import needs_of
from app.hosting.needs import look_up, read_own_folder
from app.models import Account, AccountKind, PathFinding

_SYSTEM_FOLDERS = frozenset(map(PurePosixPath, ("/", "/usr", "/usr/local")))


def check_command(command: str, surroundings: Surroundings | None = None) -> str:
    """The command without blanks around it. Raises InvalidInput with what to write instead."""
    if error := lint(command, surroundings).first_error:
        raise InvalidInput(error, "command")
    return command.strip()


def surroundings_of(account: Account, virtualenv: str = "") -> Surroundings:
    """What is known of the place where an account's commands run."""
    home = _home(account)
    # The local host starts a command in a folder of the site's own.
    runs_in = "" if account.kind is AccountKind.LOCAL else home
    return Surroundings(home, virtualenv, runs_in)


def virtualenv_of(command: str) -> str:
    """Where the program of a command that works lives, if that is a virtualenv; else empty."""
    for launch in reversed(launches_of(command, Surroundings())):
        program = PurePosixPath(launch.path)
        folder = program.parent.parent
        if launch.path and program.parent.name == "bin" and folder not in _SYSTEM_FOLDERS:
            return str(folder)
    return ""


async def find_paths(account: Account, client: HostingClient, command: str) -> list[PathFinding]:
    """Whether what the command names is there. Raises HostingError."""
    is_local = account.kind is AccountKind.LOCAL
    # The local host shows logs alone through its API, but its files are those of this machine.
    read_folder = read_own_folder if is_local else partial(_files_in, client)
    return await look_up(needs_of(command, surroundings_of(account)), read_folder)


async def _files_in(client: HostingClient, path: str) -> list[str]:
    return list((await client.list_folder(path)).files)


def _home(account: Account) -> str:
    if account.kind is AccountKind.LOCAL:
        return os.path.expanduser("~")
    return f"/home/{account.username}"
