"""Sessions as rows, so that signing out, a new password or an expiry really ends them."""

from contextlib import suppress
from dataclasses import dataclass

from app.models import Role
from app.store.database import Database, DatabaseError
from app.store.users import User


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session as kept: times in seconds since 1970."""

    id_hash: str
    user: User
    created_at: float
    seen_at: float


class Sessions:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, id_hash: str, user: User, now: float, address: str, agent: str) -> None:
        self._database.execute(
            "INSERT INTO sessions (id_hash, user_id, created_at, seen_at, address, agent)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (id_hash, user.id, now, now, address, agent[:200]),
        )

    def get(self, id_hash: str) -> SessionRow | None:
        rows = self._database.query(
            "SELECT s.id_hash, s.created_at, s.seen_at, u.id, u.name, u.role"
            " FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id_hash = ?",
            (id_hash,),
        )
        if not rows:
            return None
        row = rows[0]
        user = User(row["id"], row["name"], Role(row["role"]))
        return SessionRow(row["id_hash"], user, row["created_at"], row["seen_at"])

    def touch(self, id_hash: str, now: float) -> None:
        """Notes the use of a session. A database that cannot be written must not stop reading."""
        with suppress(DatabaseError):
            self._database.execute(
                "UPDATE sessions SET seen_at = ? WHERE id_hash = ?", (now, id_hash)
            )

    def delete(self, id_hash: str) -> None:
        self._database.execute("DELETE FROM sessions WHERE id_hash = ?", (id_hash,))

    def delete_expired(self, created_before: float, seen_before: float) -> int:
        return self._database.execute(
            "DELETE FROM sessions WHERE created_at < ? OR seen_at < ?",
            (created_before, seen_before),
        )

    def set_flash(self, id_hash: str, text: str) -> None:
        """Keeps a message for the session's next page: what a redirect cannot carry itself."""
        self._database.execute("UPDATE sessions SET flash = ? WHERE id_hash = ?", (text, id_hash))

    def take_flash(self, id_hash: str) -> str:
        rows = self._database.query("SELECT flash FROM sessions WHERE id_hash = ?", (id_hash,))
        if not rows or not rows[0]["flash"]:
            return ""
        self.set_flash(id_hash, "")
        return str(rows[0]["flash"])
