"""Servers for development, which listen on a port alone, and what they serve under uvicorn."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from app.hosting.linter.parts import look_at_commands
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


@dataclass(frozen=True, slots=True)
class _Application:
    """What `fastapi run` is told to serve, and the arguments that uvicorn takes as well."""

    file: PurePosixPath
    variable: str
    kept: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.file.stem}:{self.variable}"


def development(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """`fastapi run` and Django's `runserver` cannot be told to listen on a socket."""
    return look_at_commands(
        words,
        lambda command, before: _fastapi(command, surroundings) or _runserver(command, before),
    )


def _fastapi(words: Sequence[str], surroundings: Surroundings) -> Verdict | None:
    start = arguments_of(words, "fastapi")
    action = plain(words[start]) if start is not None and start < len(words) else ""
    if start is None or action not in ("run", "dev"):
        return None
    application = _application(words[start + 1 :])
    is_known = application is not None and _is_no_package(application.file.parent, surroundings)
    text = (
        f"fastapi {action} listens on a port alone, and visitors come through the host's socket. "
        f"Start the application with uvicorn: uvicorn {_uvicorn_words(application, is_known)}"
    )
    if application is None or not is_known:
        return Verdict(CommandFinding(text))
    program = [*words[: start - 1], renamed(words[start - 1], "uvicorn")]
    folder = _app_dir(application.file.parent)
    served = [*program, *_UDS, *folder, *application.kept, application.name]
    return Verdict(CommandFinding(text), served)


def _uvicorn_words(application: _Application | None, is_known: bool) -> str:
    uds = " ".join(_UDS)
    folder = application.file.parent if application else PurePosixPath()
    if application is None or is_known or not folder.name.isidentifier():
        return f"{uds} main:app, with its whole path."
    above = "".join(f"{word} " for word in _app_dir(folder.parent))
    here = " ".join(_app_dir(folder))
    return (
        f"{uds} {above}{folder.name}.{application.name} if {folder.name}/ is a package, which has "
        f"an __init__.py, else {uds} {here} {application.name}."
    )


def _is_no_package(folder: PurePosixPath, surroundings: Surroundings) -> bool:
    """Whether it is sure that an application in this folder is imported from there.

    From a package it is imported by the package's name, from the folder above.
    """
    if ".." in folder.parts:
        return False
    is_home = folder == PurePosixPath(surroundings.home or "~")
    return is_home or not folder.name.isidentifier()


def _application(arguments: Sequence[str]) -> _Application | None:
    """None if it is not told which file holds the application, or more than is known here."""
    file, variable, kept = "", "app", []
    left = iter(arguments)
    for word in left:
        name, is_given, value = plain(word).partition("=")
        if name in (*_FASTAPI_DROPPED, *_FASTAPI_KEPT, "--app"):
            value = value if is_given else plain(next(left, ""))
            variable = value if name == "--app" else variable
            kept += [name, quoted(value)] if name in _FASTAPI_KEPT else []
        elif name in _FASTAPI_SWITCHES:
            kept += [name] * _FASTAPI_SWITCHES[name]
        elif name.startswith("-") or file:
            return None
        else:
            file = plain(word)
    path = PurePosixPath(file)
    if path.suffix != ".py" or not path.stem.isidentifier() or not variable.isidentifier():
        return None
    return _Application(path, variable, tuple(kept))


def _runserver(words: Sequence[str], before: Sequence[str]) -> Verdict | None:
    """`before` stands in front of it, and may name its settings."""
    if _manage_index(words) is None and not _is_run_by_django(words):
        return None
    text = (
        "runserver listens on a port alone, and visitors come through the host's socket. Start the "
        f"project with uvicorn: uvicorn --app-dir FOLDER --uds {SOCKET} PROJECT.asgi:application, "
        "where PROJECT is the folder with asgi.py, and FOLDER the one with manage.py."
    )
    return Verdict(CommandFinding(text), _runserver_served(words, before))


def _runserver_served(words: Sequence[str], before: Sequence[str]) -> list[str] | None:
    """None if nobody says which project it is: its settings do."""
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


def _is_run_by_django(words: Sequence[str]) -> bool:
    """Without manage.py nothing in the line says in which folder the project is."""
    starts = [arguments_of(words, program) for program in ("django-admin", "django")]
    return any(
        start and [plain(word) for word in words[start:]][:1] == ["runserver"] for start in starts
    )


def _app_dir(folder: PurePosixPath) -> list[str]:
    """The folder with the code is where the command runs, unless it is told another one."""
    return [] if str(folder) == "." else ["--app-dir", quoted(str(folder))]
