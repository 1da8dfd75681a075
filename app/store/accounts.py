"""The accounts whose sites are shown."""

from app.models import Account, AccountKind
from app.store.database import Database

LOCAL = Account("local", AccountKind.LOCAL, "Local host", "local")


class Accounts:
    def __init__(self, database: Database) -> None:
        self._database = database

    def ensure_local(self) -> None:
        """The local account is always there while the local host is on."""
        self._database.execute(
            "INSERT OR IGNORE INTO accounts (id, kind, label, username) VALUES (?, ?, ?, ?)",
            (LOCAL.id, LOCAL.kind.value, LOCAL.label, LOCAL.username),
        )

    def remove(self, account_id: str) -> None:
        """Forgets the account and its sites here; the sites themselves keep running."""
        self._database.execute("DELETE FROM accounts WHERE id = ?", (account_id,))

    def all(self) -> list[Account]:
        rows = self._database.query(
            "SELECT id, kind, label, username FROM accounts ORDER BY position, label"
        )
        return [
            Account(row["id"], AccountKind(row["kind"]), row["label"], row["username"])
            for row in rows
        ]
