"""What comes along when a line is copied from a page or a console."""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import PurePosixPath

from app.hosting.linter.parts import look_at_commands
from app.hosting.linter.servers import LONG_OPTIONS, find_server, values_of
from app.hosting.linter.shell import shell_words
from app.hosting.linter.verdict import Surroundings, Verdict
from app.hosting.linter.words import plain, split_words
from app.models import CommandFinding

_CONSOLE = ["pa", "website", "create"]
_NO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
# Hyphens of other kinds, and what pages make of two of them.
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_QUOTES = str.maketrans("“”„‘’", '"""\'\'')
# `$ `, `~ $ `, `11:02 ~ $ ` as on PythonAnywhere, `alice@green-web:~/shop$ `.
_PROMPT = re.compile(r"([\w.-]+@[\w.-]+:\S*[#$%]|(\d\d:\d\d \S+ |~\S* ?)?[$%]) +(?=\S)")
_OPTION = re.compile(rf"([-{_DASHES}]+)([A-Za-z][\w.-]*)(=.*)?")


def with_plain_blanks(text: str) -> str:
    """Pages part words by blanks that no program takes for one, and by some that nobody sees."""
    seen = (character for character in text if character not in _NO_WIDTH)
    return "".join(" " if unicodedata.category(one) == "Zs" else one for one in seen)


def with_plain_quotes(text: str) -> str:
    """Pages make curly quotes of those that are typed."""
    return text.translate(_QUOTES)


def without_prompt(text: str) -> str:
    """What was typed behind a console's prompt."""
    return _PROMPT.sub("", text, count=1) if _PROMPT.match(text) else text


def console_line(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """`pa website create --command '...'`, as PythonAnywhere's own pages have it."""
    start = [PurePosixPath(plain(words[0])).name, *map(plain, words[1:3])]
    if start != _CONSOLE:
        return None
    text = "pa website create is for a console. Here stands only what follows --command."
    given = values_of(words, ("--command", "-c"))
    # Between double quotes a console wants a backslash in front of a variable's dollar.
    inner = split_words(given[-1].replace("\\$", "$")) if given else None
    mended = shell_words(inner) if inner else None
    return Verdict(CommandFinding(text), mended, is_last=mended is None)


def dash(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """`—uds` from a page, which made one long dash of two hyphens, and `-uds`."""
    return look_at_commands(words, lambda command, before: _look(command))


def _look(words: Sequence[str]) -> Verdict | None:
    found = find_server(words)
    start = found[1] if found else len(words)
    right = [*words[:start], *map(_with_hyphens, words[start:])]
    wrong = next((pair for pair in zip(words, right, strict=True) if pair[0] != pair[1]), None)
    if wrong is None:
        return None
    text = f"{wrong[0]} begins with the wrong dashes: the option is {wrong[1].partition('=')[0]}."
    return Verdict(CommandFinding(text), right)


def _with_hyphens(word: str) -> str:
    match = _OPTION.fullmatch(word)
    if match is None:
        return word
    dashes, name, value = match[1], match[2], match[3] or ""
    option = f"--{name}" if len(name) > 1 else f"-{name}"
    is_copied = bool(set(dashes) & set(_DASHES))
    return option + value if is_copied or (dashes == "-" and option in LONG_OPTIONS) else word
