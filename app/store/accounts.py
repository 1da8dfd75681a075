"""The accounts whose sites are shown. Tokens are kept as the vault's ciphertexts."""

from app.errors import InvalidInput
from app.models import LOCAL_ID, Account, AccountKind
from app.store.database import ConstraintError, Database, Row

LOCAL = Account(LOCAL_ID, AccountKind.LOCAL, "Local host", "local")
_FIELDS = "id, kind, label, username, api_host, token_end"


class Accounts:
    def __init__(self, database: Database) -> None:
        self._database = database

    def ensure_local(self) -> None:
        """The local account is always there while the local host is on."""
        self._database.execute(
            "INSERT OR IGNORE INTO accounts (id, kind, label, username) VALUES (?, ?, ?, ?)",
            (LOCAL.id, LOCAL.kind.value, LOCAL.label, LOCAL.username),
        )

    def remove_local(self) -> None:
        """The local account goes while the local host is off; its sites are listed again later."""
        self._database.execute(
            "DELETE FROM accounts WHERE id = ? AND kind = ?", (LOCAL.id, LOCAL.kind.value)
        )

    def add(self, account: Account, token: str) -> None:
        """Raises InvalidInput if the same login is there already."""
        try:
            self._database.execute(
                "INSERT INTO accounts (id, kind, label, username, api_host, token, token_end,"
                " position) VALUES (?, ?, ?, ?, ?, ?, ?, -1)",
                (
                    account.id,
                    account.kind.value,
                    account.label,
                    account.username,
                    account.api_host,
                    token,
                    account.token_end,
                ),
            )
        except ConstraintError:
            raise InvalidInput(
                f"{account.username} at this address is already one of your accounts.", "username"
            ) from None

    def set_token(self, account_id: str, token: str, token_end: str) -> None:
        self._database.execute(
            "UPDATE accounts SET token = ?, token_end = ? WHERE id = ?",
            (token, token_end, account_id),
        )

    def token_of(self, account_id: str) -> str:
        """The ciphertext; empty for an account without a token."""
        rows = self._database.query("SELECT token FROM accounts WHERE id = ?", (account_id,))
        return str(rows[0]["token"]) if rows else ""

    def check_intervals(self) -> dict[str, int]:
        """Seconds between two checks of a site, by account id; 0: never."""
        rows = self._database.query("SELECT id, check_seconds FROM accounts")
        return {row["id"]: row["check_seconds"] for row in rows}

    def set_check_interval(self, account_id: str, seconds: int) -> None:
        self._database.execute(
            "UPDATE accounts SET check_seconds = ? WHERE id = ?", (seconds, account_id)
        )

    def remove(self, account_id: str) -> None:
        """Forgets the account and its sites here; the sites themselves keep running."""
        self._database.execute("DELETE FROM accounts WHERE id = ?", (account_id,))

    def get(self, account_id: str) -> Account | None:
        rows = self._database.query(f"SELECT {_FIELDS} FROM accounts WHERE id = ?", (account_id,))
        return _account(rows[0]) if rows else None

    def all(self) -> list[Account]:
        """In the order of the navigation: the local host last."""
        rows = self._database.query(f"SELECT {_FIELDS} FROM accounts ORDER BY position, label")
        return [_account(row) for row in rows]


def _account(row: Row) -> Account:
    return Account(
        row["id"],
        AccountKind(row["kind"]),
        row["label"],
        row["username"],
        row["api_host"],
        row["token_end"],
    )
