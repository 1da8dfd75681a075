"""Scripts that a command hands to a shell: `bash -lc "cd X && server ..."`."""

import re
import shlex
from collections.abc import Sequence
from itertools import pairwise
from pathlib import PurePosixPath

from app.hosting.linter.servers import find_server, program_index
from app.hosting.linter.words import plain, quoted, separated, split_words, unquoted

SHELLS = ("sh", "bash", "dash", "zsh")
_SCRIPT_FLAG = re.compile(r"-[a-z]*c")
_BETWEEN = re.compile(r"&&|\|\|?|&|;")
REDIRECTION = re.compile(r"([0-9&]?>>?|<)(&[0-9-])?")
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*")
# They start no program, but change what the next one finds.
READING = ("source", ".")
PREPARING = ("cd", *READING, "export", "workon", "set", "unset", "umask", "ulimit")
KEYWORDS = (
    *("if", "then", "elif", "else", "fi", "case", "esac", "select", "function", "{", "}"),
    *("for", "while", "until", "do", "done"),
)


def is_for_a_shell(words: Sequence[str]) -> bool:
    """Whether a shell reads what follows, by rules of its own."""
    return PurePosixPath(plain(words[program_index(words)])).name in SHELLS


def script_index(words: Sequence[str]) -> int | None:
    """Where the script stands that a shell is given as an argument, if there is one."""
    if is_for_a_shell(words):
        for index in range(program_index(words) + 1, len(words) - 1):
            if _SCRIPT_FLAG.fullmatch(plain(words[index])):
                return index + 1
    return None


def script_words(words: Sequence[str], place: int) -> list[str]:
    """Those of the script at that place, with a shell's signs apart; none if a quote is open."""
    return separated(split_words(plain(words[place])) or [])


def with_script(words: Sequence[str], place: int, script: Sequence[str]) -> list[str]:
    """The words with another script at that place."""
    return [*words[:place], quoted(" ".join(script)), *words[place + 1 :]]


def is_plain(words: Sequence[str]) -> bool:
    """Whether the script is programs one after the other: no loops, no groups, no substitutions.

    Only then a part of it can be exchanged without a look at the rest.
    """
    has_bracket = any(re.search(r"[()`]", unquoted(word)) for word in words)
    return not has_bracket and all(words[part][0] not in KEYWORDS for part in commands_of(words))


def is_whole(words: Sequence[str]) -> bool:
    """Whether nothing in the script is open: a quote, a bracket, what a sign stands between."""
    try:
        shlex.split(" ".join(words))
    except ValueError:
        return False
    outside = "".join(map(unquoted, words))
    ended = words[:-1] if words[-1:] in ([";"], ["&"]) else words
    is_sign = [_BETWEEN.fullmatch(word) is not None for word in ("&&", *ended, "&&")]
    has_gap = any(first and second for first, second in pairwise(is_sign))
    return outside.count("(") == outside.count(")") and not has_gap


def serving_part(words: Sequence[str]) -> slice | None:
    """Which words are the command that serves the site: the one that runs a known server, else the
    last. None if there is none."""
    commands = commands_of(words)
    served = (part for part in commands if find_server(words[part]))
    return next(served, commands[-1] if commands else None)


def commands_of(words: Sequence[str]) -> list[slice]:
    """Which words are one command each. A shell's signs are words of their own."""
    ends = [index for index, word in enumerate(words) if _BETWEEN.fullmatch(word)]
    parts = [_command(words, *bound) for bound in pairwise([0, *ends, len(words)])]
    return [part for part in parts if part.start < part.stop]


def _command(words: Sequence[str], start: int, end: int) -> slice:
    """Without what stands before the program's name and behind its last argument."""
    redirections = (index for index in range(start, end) if REDIRECTION.fullmatch(words[index]))
    end = next(redirections, end)
    while start < end and (
        words[start] == "exec"
        or _BETWEEN.fullmatch(words[start])
        or ASSIGNMENT.fullmatch(words[start])
    ):
        start += 1
    return slice(start, end)
