"""Options of one server that another one does not know, and refuses to start with."""

from collections.abc import Sequence

from app.hosting.linter.parts import look_at_commands
from app.hosting.linter.servers import (
    FOLDER_OPTIONS,
    SOCKET,
    Server,
    find_server,
    values_of,
    without,
)
from app.hosting.linter.verdict import Surroundings, Verdict
from app.hosting.linter.words import quoted
from app.models import CommandFinding

_ADDRESS_OPTIONS = ("--uds", "--host", "--port", "--bind", "-b", "--unix-socket")
_FD = "--fd"


def foreign_option(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """`gunicorn --uds`, `uvicorn --bind`, and a socket that nobody has opened."""
    return look_at_commands(words, lambda command, before: _look(command))


def _look(words: list[str]) -> Verdict | None:
    found = find_server(words)
    if found is None or found[0].name == "streamlit":
        return None
    server, start = found
    arguments = words[start:]
    own = (*server.flags, *server.network, server.folder)
    foreign = [
        option
        for option in (*_ADDRESS_OPTIONS, *FOLDER_OPTIONS)
        if option not in own and values_of(arguments, (option,))
    ]
    has_fd = bool(values_of(arguments, (_FD,)))
    if not foreign and not has_fd:
        return None
    texts = [_words_for(server, option) for option in foreign]
    texts += [f"No open socket is handed to {server.name} here: leave out {_FD}."] * has_fd
    kept = without(arguments, (*foreign, _FD))
    folders = [option for option in foreign if option in FOLDER_OPTIONS]
    mended = _with_folder(server, kept, values_of(arguments, folders))
    return Verdict(CommandFinding(" ".join(texts)), mended and [*words[:start], *mended])


def _with_folder(server: Server, kept: list[str], folders: Sequence[str]) -> list[str] | None:
    """None if the server is told no folder at all, or two of them."""
    if not folders:
        return kept
    if not server.folder or len(folders) > 1 or values_of(kept, (server.folder,)):
        return None
    return [server.folder, quoted(folders[0]), *kept]


def _words_for(server: Server, option: str) -> str:
    is_folder = option in FOLDER_OPTIONS
    unknown = f"{server.name} has no option {option} and would not start: "
    if not is_folder:
        return f"{unknown}the socket is {server.flags[0]} {server.prefix}{SOCKET}."
    if server.folder:
        return f"{unknown}the folder with the code is {server.folder}."
    return f"{unknown}set PYTHONPATH to the folder with the code by /usr/bin/env in front of it."
