"""How well-known servers are told to listen on a Unix socket."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from posixpath import basename

from app.hosting.linter.words import plain

SOCKET = "${DOMAIN_SOCKET}"
ENV_FOLDER = ("-C", "--chdir")
_LAUNCHERS: dict[str, tuple[str, ...]] = {
    "env": ("-u", "--unset", *ENV_FOLDER),
    "nohup": (),
    "nice": ("-n", "--adjustment"),
    "ionice": ("-c", "--class", "-n", "--classdata"),
    "setsid": (),
    "stdbuf": ("-i", "-o", "-e"),
}
"""Programs that start the one behind them, each with its options that have a value."""
_PYTHON_VALUES = ("-W", "-X", "--check-hash-based-pycs")
_PYTHON_SWITCH = re.compile(r"-[bBdEiIOPqRsSuvx]+|-[WX].+")
_PYTHON_MODULE = re.compile(r"-[bBdEiIOPqRsSuvx]*m")
FOLDER_OPTIONS = ("--app-dir", "--chdir", "--working-dir")
_SOCKET_FORMS = (SOCKET, "$DOMAIN_SOCKET")


@dataclass(frozen=True, slots=True)
class Server:
    """`flags` take the socket behind `prefix`; `network` are those for network addresses.

    `folder` is the flag for the folder with the code, `config` those that name a file in which
    the socket may be set as well.
    """

    name: str
    flags: tuple[str, ...]
    prefix: str = ""
    network: tuple[str, ...] = ()
    folder: str = ""
    config: tuple[str, ...] = ()


_SERVERS = (
    Server("uvicorn", ("--uds",), network=("--host", "--port"), folder="--app-dir"),
    Server("gunicorn", ("--bind", "-b"), "unix:", folder="--chdir", config=("--config", "-c")),
    Server(
        "hypercorn",
        ("--bind", "-b"),
        "unix:",
        network=("--insecure-bind", "--quic-bind"),
        config=("--config", "-c"),
    ),
    Server("granian", ("--uds",), network=("--host", "--port"), folder="--working-dir"),
    Server("daphne", ("-u", "--unix-socket"), network=("-b", "--bind", "-p", "--port")),
    Server("streamlit", ("--server.address",), "unix://", network=("--server.port",)),
)


SERVER_NAMES = tuple(server.name for server in _SERVERS)
LONG_OPTIONS = frozenset(
    option
    for server in _SERVERS
    for option in (*server.flags, *server.network, server.folder, *server.config)
    if option.startswith("--")
) | {"--env-file", "--factory", "--interface", "--log-level", "--reload", "--workers"}


def find_server(words: Sequence[str]) -> tuple[Server, int] | None:
    """The server that a command runs and where its own arguments begin."""
    name, start = _started(words)
    server = next((server for server in _SERVERS if server.name == name), None)
    return (server, start) if server else None


def arguments_of(words: Sequence[str], program: str) -> int | None:
    """Where the arguments of the program begin, None if it is not what the command runs."""
    name, start = _started(words)
    return start if name == program else None


def _started(words: Sequence[str]) -> tuple[str, int]:
    """What a command runs, and where its arguments begin: a program, or that of `python -m`."""
    place = python_target(words)
    if place is not None and _PYTHON_MODULE.fullmatch(plain(words[place])):
        return _name(words, place + 1), place + 2
    start = program_index(words)
    return _name(words, start), start + 1


def python_target(words: Sequence[str]) -> int | None:
    """Where Python is told what to run, behind its other options: a file, `-m` or `-c`."""
    place = program_index(words)
    if not _name(words, place).startswith("python"):
        return None
    is_value = False
    for index, word in enumerate(map(plain, words[place + 1 :]), place + 1):
        if not is_value and word not in _PYTHON_VALUES and not _PYTHON_SWITCH.fullmatch(word):
            return index
        is_value = not is_value and word in _PYTHON_VALUES
    return None


def program_index(words: Sequence[str]) -> int:
    """Where the program's name stands: behind `env` with its options and variables, and behind
    others that only start what follows."""
    place = 0
    while (options := _LAUNCHERS.get(_name(words, place))) is not None:
        behind = _behind_launcher(words, place, options)
        if behind is None:
            break
        place = behind
    return place


def _behind_launcher(words: Sequence[str], place: int, options: Sequence[str]) -> int | None:
    is_value = False
    for index, word in enumerate(map(plain, words[place + 1 :]), place + 1):
        if not is_value and not word.startswith("-") and "=" not in word:
            return index
        is_value = not is_value and word in options
    return None


def _name(words: Sequence[str], place: int) -> str:
    """The name of the program at that place, without its folder; empty behind the last word."""
    return basename(plain(words[place])) if place < len(words) else ""


def values_of(words: Sequence[str], flags: Sequence[str]) -> list[str]:
    """What follows these flags, as `--flag value`, `--flag=value` or `-fvalue`."""
    values = []
    for index, word in enumerate(words):
        name, value = _option(word, flags)
        if name:
            after = plain(words[index + 1]) if index + 1 < len(words) else ""
            values.append(after if value is None else value)
    return values


def _option(word: str, flags: Sequence[str]) -> tuple[str, str | None]:
    """Which of the flags it is, empty for none, and the value that it holds itself."""
    text = plain(word)
    name, separator, value = text.partition("=")
    if name in flags:
        return name, value if separator else None
    is_short = text.startswith("-") and not text.startswith("--")
    return (text[:2], text[2:]) if is_short and text[:2] in flags else ("", None)


def is_socket(server: Server, value: str) -> bool:
    """Whether a flag's value is the host's socket as this server wants it written."""
    return value in {f"{server.prefix}{form}" for form in _SOCKET_FORMS}


def with_socket(words: Sequence[str], server: Server, start: int) -> list[str]:
    """The words with the socket as the one address that the server listens on."""
    flags = server.flags + server.network
    kept = without(words[start:], flags)
    # Streamlit's own command comes first: `streamlit run FILE --server.address ...`
    at = 2 if server.name == "streamlit" else 0
    address = [server.flags[0], f"{server.prefix}{SOCKET}"]
    return [*words[:start], *kept[:at], *address, *kept[at:]]


def renamed(word: str, program: str) -> str:
    """The path of another program in the folder of this one."""
    name = PurePosixPath(plain(word)).name
    head, _, tail = word.rpartition(name)
    return head + program + tail


def without(words: Sequence[str], flags: Sequence[str]) -> list[str]:
    """The words without these flags and their values."""
    kept = []
    is_value = False
    for word in words:
        name, value = _option(word, flags)
        if not is_value and not name:
            kept.append(word)
        is_value = not is_value and bool(name) and value is None
    return kept
