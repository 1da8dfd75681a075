"""User names and passwords: argon2id, a length rule, and equal time for unknown names."""

from anyio import CapacityLimiter, to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.errors import InvalidInput

NAME_LENGTH = 64
MIN_LENGTH = 12
MAX_LENGTH = 1024

# OWASP's second choice of parameters: 34 ms on two small cores.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_DUMMY_HASH = _HASHER.hash("no user has this password")


def check_name(text: str) -> str:
    """A user name that reads the same everywhere it is shown. Raises InvalidInput."""
    name = text.strip()
    if not name or len(name) > NAME_LENGTH or not name.replace("-", "").replace("_", "").isalnum():
        raise InvalidInput("Use letters, digits, - and _ for the username.", "username")
    return name


def check_password(password: str, again: str, username: str) -> None:
    """Raises InvalidInput naming the field that has to change."""
    if len(password) < MIN_LENGTH:
        raise InvalidInput(f"Use at least {MIN_LENGTH} characters.", "password")
    if len(password) > MAX_LENGTH:
        raise InvalidInput(f"Use at most {MAX_LENGTH} characters.", "password")
    if len(set(password)) < 5 or password.lower().strip("0123456789") == username.lower():
        raise InvalidInput("This password is too easy to guess.", "password")
    if password != again:
        raise InvalidInput("The two passwords differ.", "password_again")


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


def verify_password(password_hash: str | None, password: str) -> bool:
    """False for None too, after the time a real check takes, so names cannot be found out."""
    try:
        is_right = _HASHER.verify(password_hash or _DUMMY_HASH, password[:MAX_LENGTH])
    except (VerificationError, InvalidHashError):
        return False
    return is_right and password_hash is not None


class PasswordService:
    """Hashes in threads, two at a time, so that guessing can use up neither memory nor the loop."""

    def __init__(self) -> None:
        self._limiter = CapacityLimiter(2)

    async def hash(self, password: str) -> str:
        return await to_thread.run_sync(hash_password, password, limiter=self._limiter)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        return await to_thread.run_sync(
            verify_password, password_hash, password, limiter=self._limiter
        )
