"""Files that only their owner may read, written whole or not at all."""

import os
import secrets
from pathlib import Path

from app.errors import ConfigurationError


def write_private(path: Path, content: bytes) -> None:
    """Mode 0600. The file gets its name only when all of it is on disk: a crash in between must
    not leave an empty key, which anybody could use."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)


def read_private(path: Path) -> bytes:
    """Raises ConfigurationError if others may read the file too, or if nobody can."""
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigurationError(f"{path} can be read by others. Run: chmod 600 {path}")
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from None
