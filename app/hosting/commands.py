"""Commands that people typed, on their way to a host.

A host starts the command as a program with arguments. What only a shell understands leads to a site
that answers 502, so it is refused before the site exists.
"""

from app.errors import InvalidInput
from app.hosting.linter import Surroundings, lint
from app.models import Account, AccountKind


def check_command(command: str) -> str:
    """The command without blanks around it. Raises InvalidInput with what to write instead."""
    if error := lint(command).first_error:
        raise InvalidInput(error, "command")
    return command.strip()


def surroundings_of(account: Account, virtualenv: str = "") -> Surroundings:
    """What is known of the place where an account's commands run.

    The home folder on this machine is the local host's own to tell.
    """
    is_local = account.kind is AccountKind.LOCAL
    return Surroundings("${HOME}" if is_local else f"/home/{account.username}", virtualenv)
