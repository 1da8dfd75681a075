"""Servers that can be told a port alone, and are no ASGI ones: Flask's own, and that of files."""

import re
from collections.abc import Sequence

from app.hosting.linter.parts import look_at_commands
from app.hosting.linter.servers import SOCKET, arguments_of, renamed, values_of
from app.hosting.linter.verdict import Surroundings, Verdict
from app.hosting.linter.words import plain
from app.models import CommandFinding

_BIND = ("--bind", f"unix:{SOCKET}")
_APPLICATION = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(:[A-Za-z_]\w*)?")
_APP = "FLASK_APP="


def port_server(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """`flask run` and `python -m http.server` can never listen on a socket."""
    return look_at_commands(
        words, lambda command, before: _files(command) or _flask(command, before)
    )


def _files(words: Sequence[str]) -> Verdict | None:
    if arguments_of(words, "http.server") is None:
        return None
    text = (
        "http.server listens on a port alone, and visitors come through the host's socket. Serve "
        f"the files by an application and uvicorn: uvicorn --uds {SOCKET} main:app, where app is "
        "Starlette's StaticFiles."
    )
    return Verdict(CommandFinding(text))


def _flask(words: Sequence[str], before: Sequence[str]) -> Verdict | None:
    """`before` stands in front of it, and may name its application."""
    start = arguments_of(words, "flask")
    if start is None or "run" not in map(plain, words[start:]):
        return None
    named = [plain(word) for word in (*before, *words[:start])]
    known = [word.removeprefix(_APP) for word in named if word.startswith(_APP)]
    given = values_of(words[start:], ("--app", "-A"))
    application = _application((given or known or [""])[-1])
    text = (
        "flask run listens on a port alone, and visitors come through the host's socket. Start the "
        f"application with gunicorn, from its virtualenv: gunicorn {' '.join(_BIND)} "
        f"{application or 'MODULE:app'}"
    )
    # The variables in such a file would be missing.
    if not application or values_of(words[start:], ("--env-file", "-e")):
        return Verdict(CommandFinding(text))
    program = renamed(words[start - 1], "gunicorn")
    return Verdict(CommandFinding(text), [*words[: start - 1], program, *_BIND, application])


def _application(name: str) -> str:
    """As gunicorn takes it; empty for a path or a factory, which Flask finds by itself."""
    match = _APPLICATION.fullmatch(name.removesuffix(".py"))
    return f"{match[1]}{match[2] or ':app'}" if match else ""
