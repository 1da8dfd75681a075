"""Whether the program, the folder and the code that a command names are there.

A folder's listing says it all: the files API cannot be asked for one file without reading it.
"""

import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from posixpath import normpath

from anyio import to_thread

from app.errors import HostRefused
from app.hosting.linter.servers import SOCKET, find_server, program_index, values_of
from app.hosting.linter.words import plain, split_words
from app.models import PathFinding, PathState

FolderReader = Callable[[str], Awaitable[list[str]]]
"""The names of the files in a folder. Raises HostRefused: 404 if it is not there, 403 if closed."""

MAX_FOLDERS = 6
"""Each is a call, and the account allows only so many of them in a minute."""

_APPLICATION = re.compile(r"([A-Za-z_]\w*(?:\.\w+)*):[\w.()]+")
_SCRIPT = re.compile(r"/.+\.\w{1,6}")


@dataclass(frozen=True, slots=True)
class Needs:
    """Absolute paths: files, folders, and modules, each as the two files that it may be."""

    files: tuple[str, ...]
    folders: tuple[str, ...]
    modules: tuple[tuple[str, str], ...]


def needs_of(command: str, home: str) -> Needs:
    """What has to be there for the command to run; relative paths are left out."""
    words = [
        plain(word).replace("${HOME}", home).replace("$HOME", home)
        for word in split_words(command) or []
    ]
    if not words:
        return Needs((), (), ())
    start = program_index(words)
    arguments = words[start + 1 :]
    found = find_server(words)
    flags = (found[0].folder,) if found and found[0].folder else ()
    folders = [value for value in values_of(arguments, flags) if value.startswith("/")]
    applications = [match[1] for word in arguments if (match := _APPLICATION.fullmatch(word))]
    scripts = [word for word in arguments if _SCRIPT.fullmatch(word) and SOCKET not in word]
    files = [word for word in (words[start], *scripts) if word.startswith("/")]
    unique = dict.fromkeys(file for file in files if file not in folders)
    # Without "..", which would lead out of the files' part of the API's addresses.
    files, folders = list(map(normpath, unique)), list(map(normpath, folders))
    modules = [_module(folder, name) for folder in folders[:1] for name in applications[:1]]
    return Needs(tuple(files), tuple(folders), tuple(modules))


async def look_up(needs: Needs, read_folder: FolderReader) -> list[PathFinding]:
    """What is there and what is missing, each folder read once and at most MAX_FOLDERS of them.

    Raises HostingError.
    """
    look = _Look(read_folder)
    findings = [await look.file(path) for path in needs.files]
    findings += [await look.folder(path) for path in needs.folders]
    for module, package in needs.modules:
        finding = await look.file(module)
        as_package = await look.file(package) if finding.state is PathState.MISSING else finding
        findings.append(finding if as_package.state is PathState.MISSING else as_package)
    return findings


async def read_own_folder(path: str) -> list[str]:
    """A folder of this machine, which is where the local host's sites live."""
    try:
        return await to_thread.run_sync(os.listdir, path)
    except (FileNotFoundError, NotADirectoryError):
        raise HostRefused(f"There is no folder {path}.", 404) from None
    except (OSError, ValueError) as error:
        raise HostRefused(f"{path} cannot be read: {error}.", 403) from None


class _Look:
    """One check: what each folder answered is kept until it is over."""

    def __init__(self, read_folder: FolderReader) -> None:
        self._read_folder = read_folder
        self._answers: dict[str, list[str] | HostRefused] = {}

    async def file(self, path: str) -> PathFinding:
        parent, name = str(PurePosixPath(path).parent), PurePosixPath(path).name
        names = await self._names(parent)
        if names is None:
            return _not_looked_up(path)
        if isinstance(names, HostRefused):
            missing = f"{path} is still missing: there is no folder {parent}."
            return _refused(path, names, missing)
        if name in names:
            return PathFinding(path, PathState.EXISTS, f"{path} exists.")
        if name.startswith("python") and "activate" in names:
            # In a virtualenv it is a link, and whether listings show links is not known.
            text = f"{path} is not listed, but its virtualenv is there."
            return PathFinding(path, PathState.UNKNOWN, text)
        return PathFinding(path, PathState.MISSING, f"{name} is still missing in {parent}.")

    async def folder(self, path: str) -> PathFinding:
        names = await self._names(path.rstrip("/") or "/")
        if names is None:
            return _not_looked_up(path)
        if isinstance(names, HostRefused):
            return _refused(path, names, f"The folder {path} is still missing.")
        return PathFinding(path, PathState.EXISTS, f"The folder {path} exists.")

    async def _names(self, folder: str) -> list[str] | HostRefused | None:
        """An answer about this folder alone is part of what was found; others end the check.

        None if it would be one folder too many.
        """
        if folder not in self._answers:
            if len(self._answers) == MAX_FOLDERS:
                return None
            try:
                self._answers[folder] = await self._read_folder(folder)
            except HostRefused as error:
                if error.status not in (403, 404):
                    raise
                self._answers[folder] = error
        return self._answers[folder]


def _not_looked_up(path: str) -> PathFinding:
    text = f"{path} was not looked up: one check reads at most {MAX_FOLDERS} folders."
    return PathFinding(path, PathState.UNKNOWN, text)


def _refused(path: str, error: HostRefused, missing: str) -> PathFinding:
    if error.status == 404:
        return PathFinding(path, PathState.MISSING, missing)
    text = f"{path}: the host does not let Sitedeck look there. ({error})"
    return PathFinding(path, PathState.UNKNOWN, text)


def _module(folder: str, name: str) -> tuple[str, str]:
    """`shop.asgi` is the file `shop/asgi.py` or the package `shop/asgi/__init__.py`."""
    path = PurePosixPath(folder, *name.split("."))
    return f"{path}.py", f"{path}/__init__.py"
