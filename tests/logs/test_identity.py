"""Cursors find their file again, and nothing else is taken for one."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.errors import InvalidInput
from app.logs.identity import Cursor, Identity


@contextmanager
def opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def identity_of(path: Path) -> Identity:
    with opened(path) as descriptor:
        return Identity.of(descriptor)


def matches(identity: Identity, path: Path) -> bool:
    with opened(path) as descriptor:
        return identity.matches(descriptor)


def test_a_short_file_is_known_again_after_it_has_grown(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"first\n")
    identity = identity_of(log)
    log.write_bytes(b"first\n" + b"more\n" * 1000)
    assert matches(identity, log)


def test_a_copy_is_the_same_file_and_other_content_at_the_same_inode_is_not(tmp_path: Path) -> None:
    log, copy = tmp_path / "log", tmp_path / "log.1"
    log.write_bytes(b"old content\n")
    identity = identity_of(log)
    shutil.copyfile(log, copy)
    log.write_bytes(b"new content\n")
    assert matches(identity, copy)
    assert not matches(identity, log)


def test_a_file_that_became_shorter_is_another(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"twelve bytes")
    identity = identity_of(log)
    log.write_bytes(b"twelve")
    assert not matches(identity, log)


def test_of_an_empty_file_only_the_inode_is_known(tmp_path: Path) -> None:
    log, other = tmp_path / "log", tmp_path / "other"
    log.touch()
    other.touch()
    identity = identity_of(log)
    log.write_bytes(b"now there is something\n")
    assert matches(identity, log)
    assert not matches(identity, other)


def test_the_identity_of_a_missing_file_fits_whatever_comes(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"here I am\n")
    assert matches(Identity.of_missing_file(), log)


def test_a_cursor_survives_its_text_form(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"x" * 5000)
    cursor = Cursor(identity_of(log), 4711)
    assert Cursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1-2-3",
        "1-0-0011223344556677:",
        "1-0-0011223344556677:-1",
        "1-0-0011223344556677:07",
        "1-2000-0011223344556677:1",
        "1-0-001122334455667G:1",
        "1-0-0011223344556677:1\n",
        "1-0-0011223344556677:" + "9" * 30,
        "1-0-0011223344556677:١",
        "../../etc/passwd:0",
    ],
)
def test_anything_else_is_refused_as_a_cursor(text: str) -> None:
    with pytest.raises(InvalidInput):
        Cursor.parse(text)
