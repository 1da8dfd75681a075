"""Whether the programs, the folders and the code that a command names are there.

A folder's listing says it all: the files API cannot be asked for one file without reading it.
"""

import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import PurePosixPath

from anyio import to_thread

from app.errors import HostRefused
from app.hosting.linter.needs import Needs
from app.models import PathFinding, PathState

FolderReader = Callable[[str], Awaitable[list[str]]]
"""The names of the files in a folder. Raises HostRefused: 404 if it is not there, 403 if closed."""

MAX_FOLDERS = 6
"""Each is a call, and the account allows only so many of them in a minute."""


async def look_up(needs: Needs, read_folder: FolderReader) -> list[PathFinding]:
    """What is there and what is missing, each folder read once and at most MAX_FOLDERS of them.

    Raises HostingError.
    """
    look = _Look(read_folder)
    findings = [await look.file(path) for path in needs.files]
    findings += [await look.folder(path) for path in needs.folders]
    findings += [await look.any_file(paths) for paths in needs.modules]
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

    async def any_file(self, paths: Sequence[str]) -> PathFinding:
        """The first of them that is there, else what is said of the first."""
        findings = []
        for path in paths:
            findings.append(await self.file(path))
            if findings[-1].state is not PathState.MISSING:
                return findings[-1]
        return findings[0]

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
