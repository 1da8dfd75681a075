"""Words of a command line as they were typed, so that a corrected line keeps what was right.

A host splits the line the way systemd does: blanks separate words, quotes group them and vanish,
and no shell is there to understand more.
"""

import re
import shlex
from collections.abc import Iterable
from functools import lru_cache

_PIECE = r"""\\.|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'"""
_ESCAPES = {"\\": "\\", '"': '"', "'": "'", "s": " ", "t": "\t", "n": "\n"}
_WORD = re.compile(rf"""(?:{_PIECE}|\\$|[^\s"'\\])+""")
_QUOTED = re.compile(_PIECE)
_SIGN = r"&&|\|\||[0-9&]?>>?(?:&[0-9-])?|[|;&<]"
_PART = re.compile(rf"(?:{_PIECE}|(?!{_SIGN}).)+|{_SIGN}")


def split_words(line: str) -> list[str] | None:
    """The words with their quotes still on; None if a quote is not closed."""
    words = _WORD.findall(line)
    return words if "".join(words) == "".join(_outside_blanks(line)) else None


def separated(words: Iterable[str]) -> list[str]:
    """The words with a shell's signs that stand outside quotes as words of their own."""
    return [part for word in words for part in _PART.findall(word)]


# Two dozen rules ask for each word of a line, and one word may be the whole line.
@lru_cache(maxsize=2048)
def plain(word: str) -> str:
    """What the program gets for a typed word: quotes and escapes resolved, variables kept."""
    return _QUOTED.sub(_resolved, word)


def unquoted(word: str) -> str:
    """The parts of a typed word that stand outside quotes."""
    return _QUOTED.sub("", word)


def quoted(text: str) -> str:
    """A word that means `text`. Quotes stand around whole words only, as systemd wants them."""
    if text and not re.search(r"""[\s"'\\]""", text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def is_read_alike(word: str) -> bool:
    """Whether a shell makes of the word what a host makes of it: `my\\ site` is not."""
    try:
        return shlex.split(word) == [plain(word)]
    except ValueError:
        return False


def _resolved(match: re.Match[str]) -> str:
    piece = match[0]
    return _unescaped(piece if piece[0] == "\\" else piece[1:-1])


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[0]), text)


def _outside_blanks(line: str) -> list[str]:
    """The line without the blanks between words, to see whether all of it is words."""
    pieces = re.split(rf"({_PIECE})", line)
    return [piece if index % 2 else re.sub(r"\s", "", piece) for index, piece in enumerate(pieces)]
