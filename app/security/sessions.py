"""Sessions: a random id in a signed cookie, everything else in a row that can be deleted."""

import hashlib
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from anyio import to_thread
from itsdangerous import BadSignature, Signer
from starlette.responses import Response

from app.errors import ConfigurationError
from app.security.private_file import read_private, write_private
from app.store.sessions import SessionRow, Sessions
from app.store.users import User

IDLE_SECONDS = 12 * 3600.0
ABSOLUTE_SECONDS = 7 * 86400.0
# Writing the time of every request would cost a disk flush each.
TOUCH_SECONDS = 60.0


class SessionService:
    """Starts, finds and ends sessions. `clock` gives seconds since 1970.

    A local host's proxy lets no cookie of a dashboard through to a site or back, so a dashboard
    that `may_be_site` names its own differently.
    """

    def __init__(
        self,
        sessions: Sessions,
        key: bytes,
        *,
        is_https: bool,
        clock: Callable[[], float],
        may_be_site: bool = False,
    ) -> None:
        self.sessions = sessions
        self.is_https = is_https
        name = "sd-site" if may_be_site else "sd"
        self.cookie_name = f"__Host-{name}" if is_https else name
        self._signer = Signer(key, salt="sitedeck.session", digest_method=hashlib.sha256)
        self._clock = clock

    def start(self, user: User, address: str, agent: str) -> str:
        """Adds a session and returns the value of its cookie."""
        session_id = secrets.token_urlsafe(32)
        self.sessions.add(_hash(session_id), user, self._clock(), address, agent)
        return self._signer.sign(session_id).decode()

    async def find(self, cookie: str) -> SessionRow | None:
        """The session of a cookie, if it is signed by us, still kept and not expired. Uses it."""
        try:
            session_id = self._signer.unsign(cookie).decode()
        except (BadSignature, UnicodeError):
            return None
        return await to_thread.run_sync(self._use, _hash(session_id))

    async def is_alive(self, id_hash: str) -> bool:
        """Whether the session has not ended. An open stream that asks does not extend it."""
        return await to_thread.run_sync(self._find, id_hash) is not None

    def end(self, id_hash: str) -> None:
        self.sessions.delete(id_hash)

    def delete_expired(self) -> None:
        now = self._clock()
        self.sessions.delete_expired(now - ABSOLUTE_SECONDS, now - IDLE_SECONDS)

    def set_cookie(self, response: Response, value: str) -> None:
        """`__Host-` with Secure over https; plain on loopback, where browsers refuse Secure."""
        response.set_cookie(
            self.cookie_name,
            value,
            max_age=int(ABSOLUTE_SECONDS),
            httponly=True,
            samesite="lax",
            secure=self.is_https,
            path="/",
        )

    def clear_cookie(self, response: Response) -> None:
        response.delete_cookie(
            self.cookie_name, path="/", secure=self.is_https, httponly=True, samesite="lax"
        )
        response.headers["clear-site-data"] = '"cache", "storage"'

    def _find(self, id_hash: str) -> SessionRow | None:
        session = self.sessions.get(id_hash)
        if session is None:
            return None
        now = self._clock()
        is_over = (
            now - session.created_at > ABSOLUTE_SECONDS or now - session.seen_at > IDLE_SECONDS
        )
        return None if is_over else session

    def _use(self, id_hash: str) -> SessionRow | None:
        session = self._find(id_hash)
        if session is not None and self._clock() - session.seen_at > TOUCH_SECONDS:
            self.sessions.touch(id_hash, self._clock())
        return session


def default_clock() -> float:
    return time.time()


def load_signing_key(path: Path) -> bytes:
    """The key of the cookie signature, made on first use. Raises ConfigurationError."""
    if not path.exists():
        write_private(path, secrets.token_hex(32).encode())
    key = read_private(path).strip()
    if len(key) < 64:
        raise ConfigurationError(f"{path} is damaged. Delete it; everybody signs in again.")
    return key


def _hash(session_id: str) -> str:
    return hashlib.sha256(session_id.encode()).hexdigest()
