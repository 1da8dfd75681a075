"""The database: one connection behind one lock.

A connection shared by threads raises ThreadingViolationError or mixes transactions, and one per
thread gets busy errors under load; one lock around one connection has neither and costs 0.06 ms.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from threading import RLock
from typing import Any

import apsw
from fastlite import Database as FastliteDatabase

from app.errors import ConfigurationError

Row = dict[str, Any]
Parameters = Sequence[object] | Mapping[str, object]

DatabaseError = apsw.Error
"""What a database that is locked, full or broken raises."""

ConstraintError = apsw.ConstraintError
"""What a row that breaks a rule of its table raises."""

# fastlite's import makes every connection change its file to a write-ahead log, before a word of
# ours is heard. `Database` sets all that it wants itself.
apsw.connection_hooks.clear()

_MIGRATION = re.compile(r"(\d{4})_\w+\.sql")


class Database:
    """Opens and migrates the file at `path` (mode 0600).

    `on_network` says whether it lies on network storage; None leaves a file that exists as it is,
    so that a command without the setting cannot change it under a running dashboard. Raises
    ConfigurationError if the file cannot be used.
    """

    def __init__(self, path: Path, *, on_network: bool | None = None) -> None:
        self._lock = RLock()
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            os.close(descriptor)
            self._database = FastliteDatabase(apsw.Connection(str(path)))
            self._configure()
            self._choose_journal(on_network)
            self._migrate()
        except (OSError, apsw.Error) as error:
            raise ConfigurationError(f"The database {path} cannot be used: {error}.") from None

    def query(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        with self._lock:
            return list(self._database.query(sql, parameters))

    def execute(self, sql: str, parameters: Parameters = ()) -> int:
        """Runs one statement in a transaction of its own and returns the number of rows changed."""
        with self.transaction():
            self._database.execute(sql, parameters)
            return int(self._database.conn.changes())

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits on leaving, rolls back on an exception; may be nested."""
        with self._lock:
            if self._database.conn.in_transaction:
                yield
                return
            self._database.conn.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.conn.execute("COMMIT")
            except BaseException:
                # After some errors SQLite has rolled back by itself.
                if self._database.conn.in_transaction:
                    self._database.conn.execute("ROLLBACK")
                raise

    def close(self) -> None:
        with self._lock:
            self._database.conn.close()

    def _configure(self) -> None:
        connection = self._database.conn
        connection.set_busy_timeout(5000)
        for pragma, value in {
            # A journal of operations that can lose its last commit would be none. EXTRA is FULL,
            # and where a file in the folder is the journal, the folder is written too.
            "synchronous": "EXTRA",
            "foreign_keys": "ON",
            "trusted_schema": "OFF",
        }.items():
            connection.execute(f"PRAGMA {pragma} = {value}")
        if (result := connection.pragma("quick_check")) != "ok":
            raise apsw.CorruptError(f"quick_check says {result!r}")

    def _choose_journal(self, on_network: bool | None) -> None:
        """A write-ahead log needs memory that all processes share, so they must be on one machine;
        a rollback journal needs nothing but file locks, which network storage has too."""
        connection = self._database.conn
        if on_network is None and connection.pragma("user_version"):
            return
        wanted = "delete" if on_network else "wal"
        try:
            chosen = connection.pragma("journal_mode", wanted)
        except apsw.BusyError:
            chosen = ""
        if chosen != wanted:
            raise ConfigurationError(
                "The database is in use, so --network-disk cannot change how it is kept. End the "
                "other Sitedeck first."
            )

    def _migrate(self) -> None:
        connection = self._database.conn
        done = int(connection.pragma("user_version"))
        migrations = _migrations()
        if done > max(migrations):
            raise ConfigurationError(
                "The database was written by a newer Sitedeck. Update, or restore a backup."
            )
        for number in sorted(migrations):
            if number > done:
                with self.transaction():
                    connection.execute(migrations[number])
                    connection.pragma("user_version", number)


def _migrations() -> dict[int, str]:
    folder = resources.files("app.store") / "migrations"
    found = {}
    for file in folder.iterdir():
        if match := _MIGRATION.fullmatch(file.name):
            found[int(match[1])] = file.read_text(encoding="utf-8")
    return found
