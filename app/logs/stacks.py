"""Reads the lines of one traceback: its exceptions with their frames, the last one first.

Chained exceptions are written oldest first and groups as trees behind bars; what a reader wants is
what happened last, and under it what led to it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from app.logs.packages import package_of
from app.logs.tracebacks import CAUSE, CONTEXT, is_opener
from app.models import Frame, Raised

_RELATIONS = {CAUSE: "caused by", CONTEXT: "raised while handling"}
_FILE = re.compile(r'  File "([^"]*)"')
_SECTION = re.compile(r"( *)(\+-)?\+-+ (\d{1,6}|\.\.\.) -+$")
_GROUP_END = re.compile(r" *\+-+$")
_BAR = re.compile(r"( +)\| ?(.*)$")
_DEEPEST = 20


@dataclass(slots=True)
class _Block:
    """One exception in the order of the log; `relation` is to the block before it."""

    depth: int
    relation: str
    frames: list[tuple[str, list[str]]] = field(default_factory=list)
    message: list[str] = field(default_factory=list)


def read_exceptions(texts: Sequence[str]) -> tuple[Raised, ...]:
    """`texts` are the traceback's lines without time stamps and escapes, the opener first.

    Where the beginning is missing, so are its frames: what is there is read.
    """
    parser = _Parser()
    for text in texts:
        parser.read(text)
    return tuple(_newest_first(parser.blocks))


class _Parser:
    def __init__(self) -> None:
        self.blocks: list[_Block] = []
        self._relation = ""
        self._is_group = False

    def read(self, text: str) -> None:
        section = _SECTION.match(text)
        if section is not None:
            self._is_group = True
            column = len(section[1]) + (2 if section[2] else 0)
            self._begin(_depth(column), f"sub-exception {section[3]}")
            return
        if self._is_group and _GROUP_END.match(text):
            self._is_group = False
            return
        bar = _BAR.match(text) if self._is_group else None
        self._read_content(bar[2] if bar else text, _depth(len(bar[1])) if bar else 0)

    def _read_content(self, content: str, depth: int) -> None:
        if content in _RELATIONS:
            self._relation = _RELATIONS[content]
        elif is_opener(content):
            self._is_group |= content.startswith("  + ")
            self._open(depth)
        elif not self.blocks:
            self._begin(depth, "")
            self._add(self.blocks[-1], content)
        elif not self._relation:
            self._add(self.blocks[-1], content)

    def _open(self, depth: int) -> None:
        last = self.blocks[-1] if self.blocks else None
        is_announced = last is not None and not (last.frames or last.message or self._relation)
        if not is_announced:
            self._begin(depth, self._relation)
        self._relation = ""

    def _begin(self, depth: int, relation: str) -> None:
        self.blocks.append(_Block(depth, relation))
        self._relation = ""

    def _add(self, block: _Block, content: str) -> None:
        file = _FILE.match(content) if not block.message else None
        if file is not None:
            block.frames.append((file[1], [content]))
        elif block.message or content[:1] not in ("", " ", "\t"):
            block.message.append(content)
        elif block.frames:
            block.frames[-1][1].append(content)


def _depth(column: int) -> int:
    """Python draws the bar of a group in column 2 and two columns further for each level."""
    return min(max(column // 2 - 1, 0), _DEEPEST)


def _newest_first(blocks: Sequence[_Block]) -> Iterator[Raised]:
    """Turns every chain around; the members of a group stay in order behind their group."""
    for chain in _chains(blocks):
        relation = chain[0][0].relation
        for head, *members in reversed(chain):
            yield _raised(head, relation)
            yield from _newest_first(members)
            relation = head.relation


def _chains(blocks: Sequence[_Block]) -> list[list[list[_Block]]]:
    """Chains of exceptions, each with the members of its group behind it."""
    chains: list[list[list[_Block]]] = []
    for block in blocks:
        if chains and block.depth > blocks[0].depth:
            chains[-1][-1].append(block)
        elif chains and block.relation in _RELATIONS.values():
            chains[-1].append([block])
        else:
            chains.append([[block]])
    return chains


def _raised(block: _Block, relation: str) -> Raised:
    message = block.message
    while message and not message[-1].strip():
        message.pop()
    frames = tuple(Frame(tuple(lines), package_of(file)) for file, lines in block.frames)
    return Raised(tuple(message), frames, relation, block.depth)
