"""People who may sign in. Password hashes stay in here and in app/security/passwords.py."""

import time
from dataclasses import dataclass

from app.errors import InvalidInput
from app.models import Role
from app.store.database import Database, Row


@dataclass(frozen=True, slots=True)
class User:
    id: int
    name: str
    role: Role


class Users:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, password_hash: str, role: Role) -> User:
        """Raises InvalidInput if the name is taken."""
        # A broken constraint would be logged by SQLite on top of what is said here.
        rows = self._database.query(
            "INSERT INTO users (name, password_hash, role, created_at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (name) DO NOTHING RETURNING id, name, role",
            (name, password_hash, role.value, time.time()),
        )
        if not rows:
            raise InvalidInput(f"There is already a user called {name}.", "username")
        return _user(rows[0])

    def add_first_admin(self, name: str, password_hash: str) -> User:
        """Like `add`, but only while there is no admin; raises InvalidInput otherwise."""
        with self._database.transaction():
            if self.has_admin():
                raise InvalidInput("The administrator already exists. Sign in instead.")
            return self.add(name, password_hash, Role.ADMIN)

    def set_password(self, name: str, password_hash: str) -> bool:
        """Also ends every session of the user. False if there is no such user."""
        with self._database.transaction():
            changed = self._database.execute(
                "UPDATE users SET password_hash = ? WHERE name = ?", (password_hash, name)
            )
            self._database.execute(
                "DELETE FROM sessions WHERE user_id = (SELECT id FROM users WHERE name = ?)",
                (name,),
            )
        return changed > 0

    def with_hash(self, name: str) -> tuple[User, str] | None:
        """The user of that name (any case) and the hash of the password."""
        rows = self._database.query("SELECT * FROM users WHERE name = ?", (name,))
        return (_user(rows[0]), rows[0]["password_hash"]) if rows else None

    def has_admin(self) -> bool:
        return bool(self._database.query("SELECT 1 FROM users WHERE role = ?", (Role.ADMIN.value,)))

    def all(self) -> list[User]:
        rows = self._database.query("SELECT id, name, role FROM users ORDER BY name")
        return [_user(row) for row in rows]


def _user(row: Row) -> User:
    return User(row["id"], row["name"], Role(row["role"]))
