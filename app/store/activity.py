"""The append-only record of who did what, when, with which result."""

import time
from datetime import UTC, datetime

from app.models import Activity
from app.store.database import Database, Row

PAGE_ENTRIES = 100


class ActivityLog:
    def __init__(self, database: Database) -> None:
        self._database = database

    def record(
        self,
        actor: str,
        address: str,
        action: str,
        target: str,
        result: str,
        operation_id: int | None = None,
    ) -> None:
        """`target` is `ACCOUNT/DOMAIN`, `ACCOUNT` or the name of a user."""
        self._database.execute(
            "INSERT INTO activity (at, actor, address, action, target, result, operation_id)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (time.time(), actor, address, action, target, result[:500], operation_id),
        )

    def page(self, *, target: str = "", query: str = "", before: int = 0) -> list[Activity]:
        """The newest entries, at most 100, older than the entry `before`.

        `target` is the exact one; `query` a word of the actor, action, target or result.
        """
        word = f"%{_escaped(query)}%"
        rows = self._database.query(
            "SELECT * FROM activity WHERE (? = '' OR target = ?) AND (? = 0 OR id < ?)"
            " AND (actor || ' ' || action || ' ' || target || ' ' || result) LIKE ? ESCAPE '\\'"
            " ORDER BY id DESC LIMIT ?",
            (target, target, before, before, word, PAGE_ENTRIES),
        )
        return [_activity(row) for row in rows]


def _escaped(text: str) -> str:
    for special in "\\%_":
        text = text.replace(special, f"\\{special}")
    return text


def _activity(row: Row) -> Activity:
    return Activity(
        id=row["id"],
        at=datetime.fromtimestamp(row["at"], UTC),
        actor=row["actor"],
        address=row["address"],
        action=row["action"],
        target=row["target"],
        result=row["result"],
        operation_id=row["operation_id"],
    )
