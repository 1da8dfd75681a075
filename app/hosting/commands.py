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
from app.hosting.linter.servers import program_index
from app.hosting.linter.words import plain, split_words
from app.hosting.needs import look_up, needs_of, read_own_folder
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
    words = split_words(command)
    if not words:
        return ""
    program = PurePosixPath(plain(words[program_index(words)]))
    folder = program.parent.parent
    is_system = folder in _SYSTEM_FOLDERS or not program.is_absolute()
    return "" if is_system or program.parent.name != "bin" else str(folder)


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
