"""Servers that can be told a port alone: those of Flask and Quart, and that of files."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.hosting.linter.parts import look_at_commands
from app.hosting.linter.servers import SOCKET, arguments_of, renamed, values_of
from app.hosting.linter.verdict import Surroundings, Verdict
from app.hosting.linter.words import plain
from app.models import CommandFinding

_APPLICATION = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(:[A-Za-z_]\w*)?")


@dataclass(frozen=True, slots=True)
class _Framework:
    """Its program, the variable that names the application, and the server that serves one."""

    name: str
    variable: str
    server: str
    address: tuple[str, str]


_FRAMEWORKS = (
    _Framework("flask", "FLASK_APP=", "gunicorn", ("--bind", f"unix:{SOCKET}")),
    _Framework("quart", "QUART_APP=", "uvicorn", ("--uds", SOCKET)),
)


def port_server(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """`flask run` and `python -m http.server` can never listen on a socket."""
    return look_at_commands(words, _look)


def _look(words: list[str], before: Sequence[str]) -> Verdict | None:
    verdicts = (_run(words, before, framework) for framework in _FRAMEWORKS)
    return _files(words) or next(filter(None, verdicts), None)


def _files(words: Sequence[str]) -> Verdict | None:
    if arguments_of(words, "http.server") is None:
        return None
    text = (
        "http.server listens on a port alone, and visitors come through the host's socket. Serve "
        f"the files by an application and uvicorn: uvicorn --uds {SOCKET} main:app, where app is "
        "Starlette's StaticFiles."
    )
    return Verdict(CommandFinding(text))


def _run(words: Sequence[str], before: Sequence[str], framework: _Framework) -> Verdict | None:
    """`before` stands in front of it, and may name its application."""
    start = arguments_of(words, framework.name)
    if start is None or "run" not in map(plain, words[start:]):
        return None
    named = [plain(word) for word in (*before, *words[:start])]
    variable = framework.variable
    known = [word.removeprefix(variable) for word in named if word.startswith(variable)]
    given = values_of(words[start:], ("--app", "-A"))
    application = _application((given or known or [""])[-1])
    text = (
        f"{framework.name} run listens on a port alone, and visitors come through the host's "
        f"socket. Start the application with {framework.server}, from its virtualenv: "
        f"{framework.server} {' '.join(framework.address)} {application or 'MODULE:app'}"
    )
    # The variables in such a file would be missing.
    if not application or values_of(words[start:], ("--env-file", "-e")):
        return Verdict(CommandFinding(text))
    program = renamed(words[start - 1], framework.server)
    served = [*words[: start - 1], program, *framework.address, application]
    return Verdict(CommandFinding(text), served)


def _application(name: str) -> str:
    """As a server takes it; empty for a path or a factory, which the framework finds itself."""
    match = _APPLICATION.fullmatch(name.removesuffix(".py"))
    return f"{match[1]}{match[2] or ':app'}" if match else ""
