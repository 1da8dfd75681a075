"""Servers for development, which listen on a port alone, and what they serve under uvicorn."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from app.hosting.linter.scripts import commands_of, script_index, script_words, with_script
from app.hosting.linter.servers import SOCKET, arguments_of, program_index, renamed, values_of
from app.hosting.linter.verdict import Surroundings, Verdict
from app.hosting.linter.words import plain, quoted
from app.models import CommandFinding

_UDS = ("--uds", SOCKET)
_FASTAPI_DROPPED = ("--host", "--port", "--reload-dir")
_FASTAPI_KEPT = ("--root-path", "--workers", "--forwarded-allow-ips")
_FASTAPI_SWITCHES = {
    "--reload": False,
    "--no-reload": False,
    "--proxy-headers": True,
    "--no-proxy-headers": True,
}
"""Whether uvicorn is to get them as well."""
_SETTINGS = "DJANGO_SETTINGS_MODULE"


def development(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """`fastapi run` and Django's `runserver` cannot be told to listen on a socket."""
    place = script_index(words)
    if place is not None:
        script = script_words(words, place)
        verdict = development(script, surroundings) if script else None
        if verdict is None or verdict.mended is None:
            return verdict
        return Verdict(verdict.finding, with_script(words, place, verdict.mended))
    for part in commands_of(words):
        command = words[part]
        finding = _fastapi_finding(command) or _runserver_finding(command)
        if finding is not None:
            served = _fastapi_served(command) or _runserver_served(command, words[: part.start])
            mended = [*words[: part.start], *served, *words[part.stop :]] if served else None
            return Verdict(finding, mended, is_last=mended is None)
    return None


def _fastapi_finding(words: Sequence[str]) -> CommandFinding | None:
    start = arguments_of(words, "fastapi")
    action = plain(words[start]) if start is not None and start < len(words) else ""
    if action not in ("run", "dev"):
        return None
    return CommandFinding(
        f"fastapi {action} listens on a port alone, and visitors come through the host's socket. "
        f"Start the application with uvicorn: uvicorn --uds {SOCKET} main:app, with its whole path."
    )


def _fastapi_served(words: Sequence[str]) -> list[str] | None:
    """None if it is not told which file holds the application, or more than is known here."""
    start = arguments_of(words, "fastapi")
    if start is None:
        return None
    file, variable, kept = "", "app", []
    arguments = iter(words[start + 1 :])
    for word in arguments:
        name, is_given, value = plain(word).partition("=")
        if name in (*_FASTAPI_DROPPED, *_FASTAPI_KEPT, "--app"):
            value = value if is_given else plain(next(arguments, ""))
            variable = value if name == "--app" else variable
            kept += [name, quoted(value)] if name in _FASTAPI_KEPT else []
        elif name in _FASTAPI_SWITCHES:
            kept += [name] * _FASTAPI_SWITCHES[name]
        elif name.startswith("-") or file:
            return None
        else:
            file = plain(word)
    path = PurePosixPath(file)
    if path.suffix != ".py" or not (path.stem + variable).isidentifier():
        return None
    program = [*words[: start - 1], renamed(words[start - 1], "uvicorn")]
    return [*program, *_UDS, *_app_dir(path.parent), *kept, f"{path.stem}:{variable}"]


def _runserver_finding(words: Sequence[str]) -> CommandFinding | None:
    if _manage_index(words) is None:
        return None
    return CommandFinding(
        "runserver listens on a port alone, and visitors come through the host's socket. Start the "
        f"project with uvicorn: uvicorn --app-dir FOLDER --uds {SOCKET} PROJECT.asgi:application, "
        "where PROJECT is the folder with asgi.py, and FOLDER the one with manage.py."
    )


def _runserver_served(words: Sequence[str], before: Sequence[str]) -> list[str] | None:
    """None if nobody says which project it is: its settings do. `before` stands in front of it."""
    place = _manage_index(words)
    if place is None:
        return None
    start = program_index(words)
    known = [
        word.removeprefix(f"{_SETTINGS}=")
        for word in (*before, *words[:start])
        if word.startswith(f"{_SETTINGS}=")
    ]
    given = values_of(words[place:], ("--settings",))
    settings = plain((given or known or [""])[-1])
    project, *rest = settings.split(".")
    if not rest or not settings.replace(".", "").isidentifier():
        return None
    python = [words[start], "-m"] if start < place else []
    # The project's asgi.py names its usual settings itself.
    variable = [f"{_SETTINGS}={settings}"] if given and rest != ["settings"] else []
    env = ["/usr/bin/env"] if variable and not start else []
    folder = _app_dir(PurePosixPath(plain(words[place])).parent)
    program = [*env, *words[:start], *variable, *python, "uvicorn"]
    return [*program, *_UDS, *folder, f"{project}.asgi:application"]


def _manage_index(words: Sequence[str]) -> int | None:
    """Where manage.py stands, if that is to run the server."""
    start = program_index(words)
    for index, word in enumerate(words[start : start + 2], start):
        if PurePosixPath(plain(word)).name == "manage.py":
            return index if "runserver" in map(plain, words[index:]) else None
    return None


def _app_dir(folder: PurePosixPath) -> list[str]:
    """The folder with the code is where the command runs, unless it is told another one."""
    return [] if str(folder) == "." else ["--app-dir", quoted(str(folder))]
