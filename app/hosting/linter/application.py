"""Which application a server is told to serve, and from which folder."""

import re
from collections.abc import Sequence

from app.hosting.linter.parts import look_at_commands
from app.hosting.linter.servers import find_server, program_index, values_of
from app.hosting.linter.verdict import Surroundings, Verdict
from app.hosting.linter.words import plain
from app.models import CommandFinding

_MODULE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
# hypercorn and granian take a file, and look for app in it.
_STRICT = ("uvicorn", "gunicorn")
_SWITCHES = (
    *("--reload", "--factory", "--proxy-headers", "--no-proxy-headers", "--access-log"),
    *("--no-access-log", "--use-colors", "--no-use-colors", "--server-header", "--date-header"),
    *("--no-server-header", "--no-date-header", "--preload", "--capture-output", "--daemon", "-D"),
)


def application_name(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """`uvicorn main.py` and `uvicorn main`, which name no application in the module."""
    return look_at_commands(words, lambda command, before: _look(command))


def _look(words: list[str]) -> Verdict | None:
    found = find_server(words)
    if found is None or found[0].name not in _STRICT:
        return None
    server, start = found
    place = _unnamed_index(words, start)
    name = plain(words[place]) if place is not None else ""
    is_file = name.endswith(".py")
    if place is None or not _MODULE.fullmatch(name.removesuffix(".py")):
        return None
    if server.name == "gunicorn" and not is_file:
        return _default_of_gunicorn(name)
    application = f"{name.removesuffix('.py')}:app"
    text = (
        f"{server.name} takes a module and the name of the application in it, not {name}: "
        f"{application}, if it is called app."
    )
    return Verdict(CommandFinding(text), [*words[:place], application, *words[place + 1 :]])


def _unnamed_index(words: Sequence[str], start: int) -> int | None:
    """Where the one argument stands that belongs to no option, if it has no colon."""
    places = [
        index
        for index in range(start, len(words))
        if not plain(words[index]).startswith("-") and not _is_value(words, index, start)
    ]
    has_name = len(places) != 1 or ":" in plain(words[places[0]])
    return None if has_name else places[0]


def _is_value(words: Sequence[str], index: int, start: int) -> bool:
    """Whether the word may belong to the option in front of it."""
    before = plain(words[index - 1]) if index > start else ""
    return before.startswith("-") and "=" not in before and before not in _SWITCHES


def _default_of_gunicorn(module: str) -> Verdict | None:
    if module.rpartition(".")[2] in ("wsgi", "asgi"):
        return None
    text = (
        f"gunicorn looks for application in {module}. Write {module}:app if the application is "
        "called app."
    )
    return Verdict(CommandFinding(text, is_error=False))


def module_folder(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """uvicorn without `--app-dir` imports from the folder that the host starts it in."""
    found = find_server(words)
    if not surroundings.runs_in or found is None or found[0].name != "uvicorn":
        return None
    variables = map(plain, words[: program_index(words)])
    has_folder = bool(values_of(words, (found[0].folder,)))
    if has_folder or any(word.startswith("PYTHONPATH=") for word in variables):
        return None
    text = (
        f"uvicorn looks for the application's module in {surroundings.runs_in}, where the site is "
        f"started. Add {found[0].folder} with the folder if it is elsewhere."
    )
    return Verdict(CommandFinding(text, is_error=False))
