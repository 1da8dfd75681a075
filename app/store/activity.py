"""The append-only record of who did what, when, with which result."""

import time

from app.store.database import Database


class ActivityLog:
    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, actor: str, address: str, action: str, target: str, result: str) -> None:
        self._database.execute(
            "INSERT INTO activity (at, actor, address, action, target, result)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (time.time(), actor, address, action, target, result[:500]),
        )
