"""Scripts that a command hands to a shell: `bash -lc "cd X && server ..."`."""

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import PurePosixPath

from app.hosting.linter.servers import find_server, program_index
from app.hosting.linter.words import plain, split_words

_SHELLS = ("sh", "bash", "dash", "zsh")
_SCRIPT_FLAG = re.compile(r"-[a-z]*c")
_BETWEEN = re.compile(r"&&|\|\|?|&|;")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*")


def is_for_a_shell(words: Sequence[str]) -> bool:
    """Whether a shell reads what follows, by rules of its own."""
    return PurePosixPath(plain(words[program_index(words)])).name in _SHELLS


def script_index(words: Sequence[str]) -> int | None:
    """Where the script stands that a shell is given as an argument, if there is one."""
    if is_for_a_shell(words):
        for index in range(program_index(words) + 1, len(words) - 1):
            if _SCRIPT_FLAG.fullmatch(plain(words[index])):
                return index + 1
    return None


def serving_part(script: str) -> tuple[list[str], slice] | None:
    """The words of a script, and which of them are the command that serves the site.

    That is the one that runs a known server, else the last. None if there is no telling.
    """
    words = split_words(script) or []
    ends = [index for index, word in enumerate(words) if _BETWEEN.fullmatch(word)]
    ends += [index + 1 for index, word in enumerate(words) if word.endswith(";")]
    bounds = [0, *sorted(ends), len(words)]
    parts = [_command(words, *bound) for bound in pairwise(bounds)]
    commands = [part for part in parts if part.start < part.stop]
    if not commands:
        return None
    served = next((part for part in commands if find_server(words[part])), commands[-1])
    return words, served


def _command(words: Sequence[str], start: int, end: int) -> slice:
    """Without what stands before the program's name, and the sign behind the last argument."""
    while start < end and (
        words[start] == "exec"
        or _BETWEEN.fullmatch(words[start])
        or _ASSIGNMENT.fullmatch(words[start])
    ):
        start += 1
    return slice(start, end)
