"""Which file a byte offset belongs to: identities that survive growth, renames and copies.

An inode number is given to another file as soon as it is free, and a copy has a different one, so
the first bytes of a file decide and the inode is only a hint.
"""

import os
import re
from dataclasses import dataclass
from hashlib import blake2b

from app.errors import InvalidInput

HEAD_BYTES = 1024
_CURSOR = re.compile(r"([0-9a-f]{1,16})-(0|[1-9][0-9]{0,3})-([0-9a-f]{16}):(0|[1-9][0-9]{0,15})")


@dataclass(frozen=True, slots=True)
class Identity:
    """A file as it was once seen: its inode and a hash of its first `head_length` bytes.

    A file shorter than HEAD_BYTES still grows, so the hash covers what there was; the same file
    matches later. Inode 0 stands for a file that did not exist yet.
    """

    inode: int
    head_length: int
    digest: str

    @classmethod
    def of(cls, descriptor: int) -> "Identity":
        head = os.pread(descriptor, HEAD_BYTES, 0)
        return cls(os.fstat(descriptor).st_ino, len(head), _digest(head))

    @classmethod
    def of_missing_file(cls) -> "Identity":
        return cls(0, 0, _digest(b""))

    def matches(self, descriptor: int) -> bool:
        """Whether the open file begins with the bytes seen then; if none were seen, its inode."""
        if self.head_length == 0:
            return self.inode in (0, os.fstat(descriptor).st_ino)
        head = os.pread(descriptor, self.head_length, 0)
        return len(head) == self.head_length and _digest(head) == self.digest

    def grown(self, descriptor: int) -> "Identity | None":
        """The same file's identity with all of the head it has by now; None if it is another."""
        head = os.pread(descriptor, HEAD_BYTES, 0)
        if len(head) < self.head_length or _digest(head[: self.head_length]) != self.digest:
            return None
        return (
            self
            if len(head) == self.head_length
            else Identity(self.inode, len(head), _digest(head))
        )

    def __str__(self) -> str:
        return f"{self.inode:x}-{self.head_length}-{self.digest}"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place between two bytes of one log file, as text `<identity>:<offset>`."""

    identity: Identity
    offset: int

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Raises InvalidInput unless `text` is what `str(cursor)` gives."""
        match = _CURSOR.fullmatch(text)
        if match is None or int(match[2]) > HEAD_BYTES:
            raise InvalidInput("This is not a place in a log. Open the log again.")
        return cls(Identity(int(match[1], 16), int(match[2]), match[3]), int(match[4]))

    def __str__(self) -> str:
        return f"{self.identity}:{self.offset}"


def _digest(head: bytes) -> str:
    return blake2b(head, digest_size=8).hexdigest()
