"""Vendored browser files are the ones that their README names."""

import hashlib
import re
from pathlib import Path

import pytest

VENDOR = Path(__file__).parent.parent / "static" / "vendor"
ROWS = re.findall(
    r"^\| (\S+\.js) \|.*\| ([0-9a-f]{64}) \|$", (VENDOR / "README.md").read_text(), re.M
)


def test_every_file_is_listed() -> None:
    assert {name for name, _ in ROWS} == {path.name for path in VENDOR.glob("*.js")}


@pytest.mark.parametrize(("name", "digest"), ROWS)
def test_a_file_is_unchanged(name: str, digest: str) -> None:
    assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest
