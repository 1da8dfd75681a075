"""What a log line looks like once nothing in it can act: colours as classes, controls as text.

Colours (SGR) become classes from a closed list. Every other escape, control, direction mark and
zero-width character is spelled out, so that it can neither hide text nor move it.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

# The class of a piece of text that stands for a character which would be invisible.
CONTROL = "esc"
CLASSES = frozenset(
    {CONTROL, "ansi-bold", "ansi-dim", "ansi-italic", "ansi-underline"}
    | {f"ansi-{number}" for number in range(16)}
)
_NAMES = {
    "\n": "\\n",
    "\r": "\\r",
    "\u00ad": "[SHY]",
    "\u061c": "[ALM]",
    "\u180e": "[MVS]",
    "\u200b": "[ZWSP]",
    "\u200c": "[ZWNJ]",
    "\u200d": "[ZWJ]",
    "\u200e": "[LRM]",
    "\u200f": "[RLM]",
    "\u2028": "[LS]",
    "\u2029": "[PS]",
    "\u202a": "[LRE]",
    "\u202b": "[RLE]",
    "\u202c": "[PDF]",
    "\u202d": "[LRO]",
    "\u202e": "[RLO]",
    "\u2060": "[WJ]",
    "\u2066": "[LRI]",
    "\u2067": "[RLI]",
    "\u2068": "[FSI]",
    "\u2069": "[PDI]",
    "\ufeff": "[BOM]",
}
_SPECIAL = re.compile(
    r"\x1b\[([0-9;:]{0,64})m"
    r"|[\x00-\x08\x0a-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    r"\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
_STYLES = {1: "ansi-bold", 2: "ansi-dim", 3: "ansi-italic", 4: "ansi-underline"}
_ENDS = {22: ("ansi-bold", "ansi-dim"), 23: ("ansi-italic",), 24: ("ansi-underline",)}


class Piece(NamedTuple):
    """Text that is shown in one way; `classes` is empty or names from CLASSES."""

    text: str
    classes: str


def pieces(text: str) -> Iterator[Piece]:
    """The line in order; the texts of all pieces together are its visible text."""
    position, style, classes = 0, _Style(), ""
    for special in _SPECIAL.finditer(text):
        if special.start() > position:
            yield Piece(text[position : special.start()], classes)
        position = special.end()
        if special[1] is None:
            yield Piece(_spelled_out(special[0]), CONTROL)
        else:
            style = _restyled(style, special[1])
            classes = style.classes
    if position < len(text):
        yield Piece(text[position:], classes)


def visible_text(text: str) -> str:
    return "".join(piece.text for piece in pieces(text))


def _spelled_out(character: str) -> str:
    code = ord(character)
    return _NAMES.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"[U+{code:04X}]")


class _Style(NamedTuple):
    """The styles and the colour in force, as the escapes so far have set them."""

    styles: tuple[str, ...] = ()
    color: str = ""

    @property
    def classes(self) -> str:
        return " ".join((*self.styles, self.color) if self.color else self.styles)


@lru_cache(maxsize=1024)
def _restyled(style: _Style, parameters: str) -> _Style:
    codes = [int(code[:4]) if code else 0 for code in re.split("[;:]", parameters)]
    while codes:
        code = codes.pop(0)
        if code in (38, 48):
            style = _with_extended_color(style, code, codes)
        else:
            style = _with_code(style, code)
    return style


def _with_code(style: _Style, code: int) -> _Style:
    styles, color = style
    if code == 0:
        return _Style()
    if code in _STYLES and _STYLES[code] not in styles:
        return _Style((*styles, _STYLES[code]), color)
    if code in _ENDS:
        return _Style(tuple(name for name in styles if name not in _ENDS[code]), color)
    if code == 39:
        return _Style(styles)
    if 30 <= code <= 37 or 90 <= code <= 97:
        return _Style(styles, f"ansi-{code - 30 if code < 90 else code - 82}")
    return style


def _with_extended_color(style: _Style, code: int, codes: list[int]) -> _Style:
    """Takes the parameters of a 256-colour or true-colour code; only the first 16 are shown."""
    if codes[:1] == [5] and len(codes) > 1:
        number = codes[1]
        del codes[:2]
        if code == 38:
            return _Style(style.styles, f"ansi-{number}" if number < 16 else "")
    elif codes[:1] == [2]:
        del codes[:4]
    return style
