"""The programs that a command starts, one after the other, each with the folder where it runs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from posixpath import isabs, join, normpath

from app.hosting.linter.scripts import (
    PREPARING,
    READING,
    commands_of,
    is_plain,
    script_index,
    script_words,
)
from app.hosting.linter.servers import ENV_FOLDER, program_index, values_of
from app.hosting.linter.verdict import Surroundings
from app.hosting.linter.words import plain, split_words

_PATHS = "PYTHONPATH="
_HOME = re.compile(r"^~(?=/|$)|\$HOME\b|\$\{HOME\}")

_OPEN = re.compile(r"^$|^~|^-$|[$`*?\[]")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a program runs: `folder` is empty where that is not known, and `imports_from` holds
    the other folders in which its Python looks for modules."""

    home: str
    folder: str
    imports_from: tuple[str, ...] = ()

    def whole(self, path: str) -> str:
        """The path as the program finds it; empty where nobody knows which one that is."""
        text = _HOME.sub(lambda match: self.home, path) if self.home else path
        whole = join(self.folder, text)
        return normpath(whole) if isabs(whole) and not _OPEN.search(text) else ""

    def moved_to(self, folders: Sequence[str]) -> "Place":
        """The last of the folders, if there is one."""
        return replace(self, folder=self.whole(folders[-1])) if folders else self

    def with_variables(self, words: Sequence[str]) -> "Place":
        """With the folders of a PYTHONPATH that is set among the words."""
        given = [word.removeprefix(_PATHS) for word in words if word.startswith(_PATHS)]
        if not given:
            return self
        return replace(
            self, imports_from=tuple(filter(None, map(self.whole, given[-1].split(":"))))
        )


@dataclass(frozen=True, slots=True)
class Launch:
    """`words` are those of the program, as it gets them; `. FILE` is one as well."""

    words: tuple[str, ...]
    place: Place

    @property
    def path(self) -> str:
        """That of the program, or of the file that a shell reads; empty for a bare name."""
        if self.words[0] in READING:
            return self.place.whole("".join(self.words[1:2]))
        return self.place.whole(self.words[0]) if "/" in self.words[0] else ""


def launches_of(command: str, surroundings: Surroundings) -> list[Launch]:
    """None of them for a script that is more than programs one after the other."""
    words = split_words(command)
    if not words:
        return []
    launch = _launch(words, Place(surroundings.home, surroundings.runs_in))
    at = script_index(words)
    if at is None:
        return [launch]
    script = script_words(words, at)
    return _launches_in(script, launch.place) if is_plain(script) else []


def _launches_in(script: Sequence[str], place: Place) -> list[Launch]:
    """What the steps of a script start, each where those before it lead."""
    launches = []
    end = 0
    for part in commands_of(script):
        step = list(map(plain, script[part]))
        if step[0] == "cd":
            place = place.moved_to(step[1:] or ["~"])
        elif step[0] == "export":
            place = place.with_variables(step)
        elif step[0] in READING or step[0] not in PREPARING:
            variables = list(map(plain, script[end : part.start]))
            launches.append(_launch(script[part], place.with_variables(variables)))
        end = part.stop
    return launches


def _launch(words: Sequence[str], place: Place) -> Launch:
    """A program behind what only starts it, such as `env` with a folder and variables."""
    start = program_index(words)
    before = list(map(plain, words[:start]))
    there = place.moved_to(values_of(before, ENV_FOLDER)).with_variables(before)
    return Launch(tuple(map(plain, words[start:])), there)
