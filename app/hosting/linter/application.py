"""Which application a server is told to serve, from which folder, and by which interface."""

import re
from collections.abc import Sequence

from app.hosting.linter.parts import look_at_commands
from app.hosting.linter.servers import (
    ENV_FOLDER,
    Server,
    arguments_of,
    find_server,
    program_index,
    values_of,
)
from app.hosting.linter.verdict import Surroundings, Verdict
from app.hosting.linter.words import plain
from app.models import CommandFinding

# Python imports a module whose name has a hyphen, if it is asked in this way.
_MODULE = r"[\w-]+(?:\.[\w-]+)*"
# hypercorn and granian take a file, and look for app in it.
_STRICT = {
    "uvicorn": re.compile(rf"{_MODULE}:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"),
    "gunicorn": re.compile(rf"{_MODULE}(?::[A-Za-z_]\w*(?:\(.*\))?)?"),
}
_MENDABLE = re.compile(rf"({_MODULE}?)(?:\.py)?(:[A-Za-z_]\w*)?(?:\.py)?")
_GATEWAYS = ("asgi", "wsgi")
_SWITCHES = (
    *("--reload", "--factory", "--proxy-headers", "--no-proxy-headers", "--access-log"),
    *("--no-access-log", "--use-colors", "--no-use-colors", "--server-header", "--date-header"),
    *("--no-server-header", "--no-date-header", "--preload", "--capture-output"),
)
# Not all of them: behind any other option a word may be the application or not.
_VALUED = (
    *("--workers", "-w", "--threads", "--worker-class", "-k", "--timeout", "-t", "--log-level"),
    *("--log-config", "--env-file", "--root-path", "--forwarded-allow-ips", "--reload-dir"),
    *("--interface", "--http", "--loop", "--ws", "--lifespan", "--timeout-keep-alive"),
    *("--access-logfile", "--error-logfile", "--pid", "-p"),
)


def application_name(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """`uvicorn main.py` and `uvicorn shop/main:app`, which name no application in a module."""
    return look_at_commands(words, lambda command, before: _look(command))


def _look(words: list[str]) -> Verdict | None:
    found = find_server(words)
    if found is None or found[0].name not in _STRICT:
        return None
    server, start = found
    places = unnamed_places(words, start)
    if not places:
        return _no_application(words, server, start)
    name = plain(words[places[0]])
    if len(places) > 1 or "$" in name:
        return None
    names_file = any(part.endswith(".py") for part in name.split(":"))
    if _STRICT[server.name].fullmatch(name) and not names_file:
        return None if ":" in name else _default_of_gunicorn(name)
    return _wrong_name(words, places[0], server)


def unnamed_places(words: Sequence[str], start: int) -> list[int]:
    """Where the arguments stand that surely belong to no option."""
    return [
        index
        for index in range(start, len(words))
        if not plain(words[index]).startswith("-") and not _is_value(words, index, start)
    ]


def _is_value(words: Sequence[str], index: int, start: int) -> bool:
    """Whether the word may belong to the option in front of it."""
    before = plain(words[index - 1]) if index > start else ""
    return before.startswith("-") and "=" not in before and before not in _SWITCHES


def _wrong_name(words: list[str], place: int, server: Server) -> Verdict:
    name = plain(words[place])
    text = f"{server.name} takes a module and the name of the application in it"
    first, *more = name.split() or [""]
    if more and _STRICT[server.name].fullmatch(first):
        text += f": {first}. Quotes make one word of it and all that follows."
        return Verdict(CommandFinding(text), [*words[:place], first, *more, *words[place + 1 :]])
    match = _MENDABLE.fullmatch(name)
    if match is None:
        folder = f" The folder is named by {server.folder}." if "/" in name else ""
        return Verdict(CommandFinding(f"{text}, as in main:app, not {name}.{folder}"))
    # Django's own file calls it application.
    usual = "application" if match[1].rpartition(".")[2] in _GATEWAYS else "app"
    application = f"{match[1]}{match[2] or f':{usual}'}"
    guess = "" if match[2] else f", if it is called {usual}"
    text += f", not {name}: {application}{guess}."
    return Verdict(CommandFinding(text), [*words[:place], application, *words[place + 1 :]])


def _no_application(words: Sequence[str], server: Server, start: int) -> Verdict | None:
    """An error only where none can be told elsewhere: gunicorn's file of settings may name it."""
    known = (*server.flags, *server.network, server.folder, *_VALUED)
    others = [
        index for index in range(start, len(words)) if not plain(words[index]).startswith("-")
    ]
    if any(plain(words[index - 1]) not in known for index in others):
        return None
    if values_of(words[start:], server.config):
        return None
    text = f"{server.name} is not told which application to serve: a module and its name, main:app."
    return Verdict(CommandFinding(text, is_error=server.name == "uvicorn"))


def _default_of_gunicorn(module: str) -> Verdict | None:
    if module.rpartition(".")[2] in _GATEWAYS:
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
    before = words[: program_index(words)]
    has_folder = bool(values_of(words[found[1] :], (found[0].folder,)))
    is_elsewhere = bool(values_of(before, ENV_FOLDER))
    if has_folder or is_elsewhere or any(plain(word).startswith("PYTHONPATH=") for word in before):
        return None
    text = (
        f"uvicorn looks for the application's module in {surroundings.runs_in}, where the site is "
        f"started. Add {found[0].folder} with the folder if it is elsewhere."
    )
    return Verdict(CommandFinding(text, is_error=False))


def interface(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """granian speaks an interface of its own unless it is told another one."""
    return look_at_commands(words, lambda command, before: _interface(command, before))


def _interface(words: list[str], before: Sequence[str]) -> Verdict | None:
    start = arguments_of(words, "granian")
    if start is None or values_of(words[start:], ("--interface",)):
        return None
    if any("GRANIAN_INTERFACE=" in word for word in (*before, *words[:start])):
        return None
    text = "granian speaks RSGI, which few applications do. Add --interface asgi for an ASGI one."
    mended = [*words[:start], "--interface", "asgi", *words[start:]]
    return Verdict(CommandFinding(text, is_error=False), mended)
