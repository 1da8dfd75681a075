"""The one-time setup token: whoever can read the terminal of the start makes the first admin."""

import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from app.errors import InvalidInput

VALID_SECONDS = 3600.0


class SetupToken:
    """128 bits, valid for 60 minutes or until used; a restart makes a new one.

    The token is printed and written to `path` (0600) for its owner; only its hash is held.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._hash = b""
        self._expires_at = 0.0

    def issue(self) -> str:
        token = secrets.token_hex(16)
        self._hash = _hash(token)
        self._expires_at = self._clock() + VALID_SECONDS
        self._path.unlink(missing_ok=True)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{token}\n")
        return token

    def check(self, token: str) -> None:
        """Raises InvalidInput, saying where the token is to be found."""
        if not self._hash or self._clock() > self._expires_at:
            raise InvalidInput(
                "The setup token has expired. Restart Sitedeck; it prints a new one.", "setup_token"
            )
        if not hmac.compare_digest(self._hash, _hash(token.strip())):
            raise InvalidInput(
                "This is not the setup token. It is printed in the terminal where Sitedeck was "
                "started.",
                "setup_token",
            )

    def discard(self) -> None:
        self._hash = b""
        self._path.unlink(missing_ok=True)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
