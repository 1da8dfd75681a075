"""What has to be there for a command to run: programs, scripts, settings, folders and modules."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from app.hosting.linter.application import unnamed_places
from app.hosting.linter.launches import Launch, launches_of
from app.hosting.linter.scripts import SHELLS
from app.hosting.linter.servers import find_server, python_target, values_of
from app.hosting.linter.verdict import Surroundings

_MODULE = re.compile(r"([A-Za-z_]\w*(?:\.\w+)*)(?::[\w.]+(?:\(.*\))?)?")
_INTERPRETERS = ("node", "perl", "php", "ruby")
# But -o, which has a value.
_SWITCH = re.compile(r"-[a-np-z]+")
_READ = ("--env-file", "--log-config")


@dataclass(frozen=True, slots=True)
class Needs:
    """Absolute paths: files, folders, and modules, each as the files that it may be."""

    files: tuple[str, ...]
    folders: tuple[str, ...]
    modules: tuple[tuple[str, ...], ...]


def needs_of(command: str, surroundings: Surroundings) -> Needs:
    """What has to be there for the command to run; what nobody knows the place of is left out."""
    launches = launches_of(command, surroundings)
    start = {"", surroundings.runs_in}
    files = [path for launch in launches for path in (launch.path, *_files_read(launch))]
    folders = [path for launch in launches for path in _folders(launch)]
    modules = [_module(launch) for launch in launches]
    return Needs(
        tuple(path for path in dict.fromkeys(files) if path),
        tuple(path for path in dict.fromkeys(folders) if path not in start),
        tuple(filter(None, dict.fromkeys(modules))),
    )


def _files_read(launch: Launch) -> list[str]:
    """The script of an interpreter, and the files of settings that a server is told to read."""
    words, whole = launch.words, launch.place.whole
    found = find_server(words)
    if found is None:
        script = _script_index(words)
        return [whole(words[script])] if script is not None else []
    server, start = found
    # A setting may name a Python module as well: python:shop.conf
    given = [
        value for value in values_of(words[start:], (*_READ, *server.config)) if ":" not in value
    ]
    is_page = server.name == "streamlit" and list(words[start : start + 1]) == ["run"]
    return list(map(whole, [*given, *words[start + 1 : start + 2]] if is_page else given))


def _script_index(words: Sequence[str]) -> int | None:
    """Where the file stands that an interpreter runs, if that is certain."""
    name = PurePosixPath(words[0]).name
    place = python_target(words)
    if place is None and name in (*SHELLS, *_INTERPRETERS):
        place = 1
        while name in SHELLS and place < len(words) and _SWITCH.fullmatch(words[place]):
            place += 1
    return place if place and place < len(words) and not words[place].startswith("-") else None


def _folders(launch: Launch) -> list[str]:
    """Where it runs and where its modules are, as far as it is told."""
    return [launch.place.folder, *launch.place.imports_from, *_code_folders(launch)]


def _code_folders(launch: Launch) -> list[str]:
    found = find_server(launch.words)
    flags = (found[0].folder,) if found and found[0].folder else ()
    return [launch.place.whole(folder) for folder in values_of(launch.words, flags)]


def _module(launch: Launch) -> tuple[str, ...]:
    """`shop.asgi` is the file `shop/asgi.py` or the package `shop/asgi/__init__.py`, in any of the
    folders in which a server looks. Empty for other programs."""
    found = find_server(launch.words)
    if found is None or found[0].name == "streamlit":
        return ()
    places = unnamed_places(launch.words, found[1])
    match = _MODULE.fullmatch(launch.words[places[0]]) if len(places) == 1 else None
    told = values_of(launch.words, ("--pythonpath",))
    folders = [
        *(_code_folders(launch)[:1] or [launch.place.folder]),
        *map(launch.place.whole, ",".join(told).split(",") if told else ()),
        *launch.place.imports_from,
    ]
    if match is None or match[1].endswith(".py") or "" in folders:
        return ()
    paths = [PurePosixPath(folder, *match[1].split(".")) for folder in folders]
    return tuple(file for path in paths for file in (f"{path}.py", f"{path}/__init__.py"))
