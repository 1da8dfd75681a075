"""Where a site listens: on the host's socket, by a server that does so well."""

import re
from collections.abc import Sequence

from app.hosting.linter.parts import look_at_commands
from app.hosting.linter.scripts import (
    is_plain,
    script_index,
    script_words,
    serving_part,
    with_script,
)
from app.hosting.linter.servers import (
    SOCKET,
    Server,
    find_server,
    is_socket,
    renamed,
    values_of,
    with_socket,
)
from app.hosting.linter.verdict import Surroundings, Verdict
from app.hosting.linter.words import plain
from app.models import CommandFinding

_NETWORK = re.compile(r"(\d{1,3}(\.\d{1,3}){3}|localhost|\[::1?\])?:\d{2,5}|\d{1,3}(\.\d{1,3}){3}")
_NETWORK_FLAGS = ("--host", "--port", "--bind")
# No line is right for every version, so none is offered.
_STREAMLIT = (
    "Visitors come through the host's socket, and Streamlit 1.57 and later refuse to listen on "
    "one: serve them with uvicorn, as the Streamlit template does. Older versions listen there "
    f"with --server.address unix://{SOCKET} alone."
)


def address(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """The site has to listen on the host's socket, and on nothing else."""
    found = find_server(words)
    if found is None:
        return _address_in_a_script(words, surroundings) or _address_of_a_program(words)
    server, start = found
    arguments = words[start:]
    addresses = values_of(arguments, server.flags)
    networks = values_of(arguments, server.network)
    has_socket = any(is_socket(server, value) for value in addresses)
    if has_socket and not networks and len(addresses) == 1:
        return None
    if not addresses and not networks and _names_socket(words[:start]):
        # uvicorn, gunicorn and granian read their options from variables as well.
        return None
    if server.name == "streamlit" and not has_socket:
        return Verdict(CommandFinding(_STREAMLIT))
    mended = with_socket(words, server, start)
    wanted = f"{server.flags[0]} {server.prefix}{SOCKET}"
    if has_socket:
        text = f"Visitors come through the socket alone: {wanted} is the only address it needs."
        return Verdict(CommandFinding(text, is_error=False), mended)
    if not addresses and not networks and values_of(arguments, server.config):
        text = f"The file of settings has to bind {server.name} to the socket in DOMAIN_SOCKET."
        return Verdict(CommandFinding(text, is_error=False))
    return Verdict(CommandFinding(_no_socket(server, wanted, [*addresses, *networks])), mended)


def _address_in_a_script(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """What is wrong with the command that a shell is to run, and the script without that."""
    place = script_index(words)
    script = script_words(words, place) if place is not None else []
    part = serving_part(script)
    if place is None or part is None:
        return None
    command = script[part]
    found = find_server(command)
    addresses = values_of(command, found[0].flags) if found else []
    is_named_elsewhere = _names_socket([*script[: part.start], *script[part.stop :]])
    if any(map(_is_open, addresses)) or (is_named_elsewhere and not addresses):
        # The script may well know the socket under another name.
        return None
    verdict = address(command, surroundings)
    if verdict is None or verdict.mended is None or not is_plain(script):
        return verdict and Verdict(verdict.finding)
    mended = [*script[: part.start], *verdict.mended, *script[part.stop :]]
    return Verdict(verdict.finding, with_script(words, place, mended))


def _names_socket(words: Sequence[str]) -> bool:
    return any("DOMAIN_SOCKET" in word for word in words)


def _is_open(address: str) -> bool:
    """Whether only the shell knows what it comes to."""
    return "$" in address.replace(SOCKET, "").removesuffix("$DOMAIN_SOCKET")


def _no_socket(server: Server, wanted: str, addresses: Sequence[str]) -> str:
    if _names_socket(addresses):
        return f"{server.name} takes the socket as {wanted}."
    if addresses:
        address = f"port {addresses[0]}" if addresses[0].isdigit() else addresses[0]
        return (
            f"Nobody can reach {address}: the host passes visitors on through a Unix socket. "
            f"Write {wanted} instead."
        )
    return f"The command has to listen on the host's socket: {wanted} is missing."


def _address_of_a_program(words: list[str]) -> Verdict | None:
    """A program that is not known may well read the variable without being told."""
    if _names_socket(words):
        return None
    arguments = [plain(word) for word in words[1:]]
    is_network = any(_NETWORK.fullmatch(word.rpartition("=")[2]) for word in arguments)
    if is_network or values_of(words[1:], _NETWORK_FLAGS):
        text = (
            "Nobody can reach a network address: the host passes visitors on through the Unix "
            f"socket {SOCKET}. Make the program listen there."
        )
        return Verdict(CommandFinding(text))
    text = (
        f"{SOCKET} does not appear. That is right only if the program reads DOMAIN_SOCKET from its "
        "environment and listens there."
    )
    return Verdict(CommandFinding(text, is_error=False))


def daphne(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """PythonAnywhere advises against it."""
    return look_at_commands(words, lambda command, before: _daphne(command))


def _daphne(words: Sequence[str]) -> Verdict | None:
    found = find_server(words)
    if found is None or found[0].name != "daphne":
        return None
    text = "Daphne works badly behind this kind of host, with WebSockets above all. Use uvicorn."
    return Verdict(CommandFinding(text, is_error=False), _as_uvicorn(words, found[1]))


def _as_uvicorn(words: Sequence[str], start: int) -> list[str] | None:
    """The same application under uvicorn, if the line says no more than the socket and that."""
    arguments = words[start:]
    if len(arguments) != 3 or plain(arguments[0]) not in ("-u", "--unix-socket"):
        return None
    return [*words[: start - 1], renamed(words[start - 1], "uvicorn"), "--uds", *arguments[1:]]


def streamlit(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """Its own server, which older versions can bind to a Unix socket."""
    found = find_server(words)
    if found is None or found[0].name != "streamlit" or not _names_socket(words):
        return None
    text = (
        "Streamlit 1.57 and later refuse a Unix socket. Serve them with uvicorn instead, as the "
        "Streamlit template does."
    )
    return Verdict(CommandFinding(text, is_error=False))
