"""The journal of operations. An entry is committed before its first call, and never deleted with
its site or account."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from app.errors import SiteBusy
from app.models import (
    Account,
    Actor,
    Operation,
    OperationKind,
    OperationState,
    SiteKey,
    Specification,
)
from app.store.activity import ActivityLog
from app.store.database import ConstraintError, Database, Row
from app.store.seconds import from_seconds, maybe_from_seconds, to_seconds
from app.store.sites import GONE_AFTER

KEPT = timedelta(days=400)
"""So that an old command can always be found."""
RECREATABLE = timedelta(days=30)
# One call that is repeated by nobody: a newer wish takes its place.
_REPLACED = "What came of it was not known yet when a later change took its place."
_REPLACEABLE = (OperationKind.ENABLE.value, OperationKind.DISABLE.value)
# After them, what was to be done to the command before is of no use any more.
_REPLACING = (
    OperationKind.CHANGE_COMMAND.value,
    OperationKind.CREATE.value,
    OperationKind.DELETE.value,
)


class Operations:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._activity = ActivityLog(database)

    def begin(
        self,
        account: Account,
        domain_name: str,
        kind: OperationKind,
        state: OperationState,
        actor: Actor,
        *,
        old: Specification | None = None,
        new: Specification | None = None,
        due_in: timedelta = timedelta(0),
    ) -> Operation:
        """Writes the operation down. Raises SiteBusy if another one on the site is open.

        A switch that is still being settled gives way to whatever comes after it, which is
        recorded as its end.
        """
        now = datetime.now(UTC).timestamp()
        with self._database.transaction():
            replaced = self._database.query(
                "UPDATE operations SET is_open = 0, state = ?, note = '', reason = ?,"
                " updated_at = ? WHERE account_id = ? AND domain_name = ? AND is_open = 1"
                " AND kind IN (?, ?) RETURNING *",
                (
                    OperationState.FAILED.value,
                    _REPLACED,
                    now,
                    account.id,
                    domain_name,
                    *_REPLACEABLE,
                ),
            )
            for row in replaced:
                self._record(_operation(row), f"unclear: {_REPLACED}")
            try:
                rows = self._database.query(
                    "INSERT INTO operations (account_id, login, domain_name, kind, state, is_open,"
                    " old_spec, new_spec, next_at, created_at, updated_at, entered_at, actor,"
                    " address, session_id)"
                    " VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
                    (
                        account.id,
                        login_of(account),
                        domain_name,
                        kind.value,
                        state.value,
                        _json(old),
                        _json(new),
                        now + due_in.total_seconds(),
                        now,
                        now,
                        now,
                        actor.name,
                        actor.address,
                        actor.session_id,
                    ),
                )
            except ConstraintError:
                raise SiteBusy(
                    f"{domain_name} is still being changed. Wait until that is done; the first "
                    "page shows how far it is."
                ) from None
        return _operation(rows[0])

    def save(self, operation: Operation) -> bool:
        """Keeps how far it has come. False, and nothing changes, if it has been closed."""
        return self._update(operation)

    def postpone(self, operation_id: int, next_at: datetime | None, note: str | None) -> bool:
        """Only when it is looked at again, and why (None: as before); its state may be another by
        now. False if there is no such open operation."""
        changed = self._database.execute(
            "UPDATE operations SET next_at = ?, note = coalesce(?, note), updated_at = ?"
            " WHERE id = ? AND is_open = 1",
            (
                to_seconds(next_at),
                None if note is None else note[:500],
                datetime.now(UTC).timestamp(),
                operation_id,
            ),
        )
        return changed > 0

    def close(self, operation: Operation, result: str) -> bool:
        """Keeps its end together with the entry in the record of activity, in one commit."""
        with self._database.transaction():
            is_closed = self._update(operation)
            if is_closed:
                self._record(operation, result)
        return is_closed

    def move(self, operation: Operation, account_id: str) -> Operation:
        """Its account is kept under another id now. Raises SiteBusy if another operation on the
        site is open there."""
        try:
            self._database.execute(
                "UPDATE operations SET account_id = ? WHERE id = ? AND is_open = 1",
                (account_id, operation.id),
            )
        except ConstraintError:
            raise SiteBusy(f"{operation.domain_name} is still being changed.") from None
        return replace(operation, account_id=account_id)

    def make_due(self, operation_id: int) -> bool:
        """A person wants it tried at once. False if there is no such open operation."""
        now = datetime.now(UTC).timestamp()
        changed = self._database.execute(
            "UPDATE operations SET next_at = ? WHERE id = ? AND is_open = 1", (now, operation_id)
        )
        return changed > 0

    def make_due_from_before(self, start: datetime) -> None:
        """Of what began before the start of this process nothing is under way any more.

        What waits for a person goes on waiting.
        """
        self._database.execute(
            "UPDATE operations SET next_at = ?"
            " WHERE is_open = 1 AND next_at IS NOT NULL AND created_at < ?",
            (datetime.now(UTC).timestamp(), start.timestamp()),
        )

    def get(self, operation_id: int) -> Operation | None:
        rows = self._database.query("SELECT * FROM operations WHERE id = ?", (operation_id,))
        return _operation(rows[0]) if rows else None

    def open(self) -> list[Operation]:
        """The oldest first."""
        rows = self._database.query("SELECT * FROM operations WHERE is_open = 1 ORDER BY id")
        return [_operation(row) for row in rows]

    def latest(self, account_id: str, domain_name: str) -> Operation | None:
        """The newest operation on the site, open or not."""
        rows = self._database.query(
            "SELECT * FROM operations WHERE account_id = ? AND domain_name = ?"
            " ORDER BY id DESC LIMIT 1",
            (account_id, domain_name),
        )
        return _operation(rows[0]) if rows else None

    def changes_among(self, numbers: Collection[int]) -> dict[int, Operation]:
        """The changes of a command with these numbers, by number; others are left out."""
        marks = ", ".join("?" * len(numbers))
        rows = self._database.query(
            f"SELECT * FROM operations WHERE kind = ? AND id IN ({marks})",
            (OperationKind.CHANGE_COMMAND.value, *numbers),
        )
        return {row["id"]: _operation(row) for row in rows}

    def stopped_change(self, account_id: str, domain_name: str) -> Operation | None:
        """The last change of the site's command that was given up, unless another one, a deletion
        or a creation has been carried out since."""
        rows = self._database.query(
            "SELECT * FROM operations WHERE account_id = ? AND domain_name = ? AND is_open = 0"
            " AND kind IN (?, ?, ?) ORDER BY id DESC",
            (account_id, domain_name, *_REPLACING),
        )
        for operation in map(_operation, rows):
            if operation.is_stopped_change:
                return operation
            if operation.state is OperationState.DONE:
                return None
        return None

    def on_site(self, operation: Operation) -> list[Operation]:
        """All on its site up to itself, the newest first, as long as the account is the same."""
        rows = self._database.query(
            "SELECT * FROM operations WHERE account_id = ? AND domain_name = ? AND login = ?"
            " AND id <= ? ORDER BY id DESC",
            (operation.account_id, operation.domain_name, operation.login, operation.id),
        )
        return [_operation(row) for row in rows]

    def recreatable(self) -> dict[SiteKey, Operation]:
        """By site: the newest operation of the last 30 days, where none is open and the site is
        not there, as long as its account is the one it was. What failed to make a site does not
        count."""
        since = (datetime.now(UTC) - RECREATABLE).timestamp()
        rows = self._database.query(
            "SELECT o.* FROM operations o JOIN accounts a"
            " ON a.id = o.account_id AND a.username || '@' || a.api_host = o.login"
            " WHERE o.is_open = 0 AND o.updated_at >= ?"
            " AND o.id = (SELECT max(id) FROM operations n WHERE n.account_id = o.account_id"
            "  AND n.domain_name = o.domain_name AND NOT (n.kind = ? AND n.state = ?))"
            " AND NOT EXISTS (SELECT 1 FROM sites s WHERE s.account_id = o.account_id"
            "  AND s.domain_name = o.domain_name AND s.missing < ?)",
            (since, OperationKind.CREATE.value, OperationState.FAILED.value, GONE_AFTER),
        )
        operations = [_operation(row) for row in rows]
        return {operation.key: operation for operation in operations}

    def delete_old(self) -> int:
        """Forgets closed operations of more than 400 days ago."""
        before = (datetime.now(UTC) - KEPT).timestamp()
        return self._database.execute(
            "DELETE FROM operations WHERE is_open = 0 AND updated_at < ?", (before,)
        )

    def _record(self, operation: Operation, result: str) -> None:
        actor, action = operation.actor, operation.kind.action
        target = "/".join(operation.key)
        self._activity.record(actor.name, actor.address, action, target, result, operation.id)

    def _update(self, operation: Operation) -> bool:
        changed = self._database.execute(
            "UPDATE operations SET state = ?, is_open = ?, new_spec = ?, attempts = ?, next_at = ?,"
            " note = ?, reason = ?, without_since = ?, without_seconds = ?, updated_at = ?,"
            " entered_at = ?"
            " WHERE id = ? AND is_open = 1",
            (
                operation.state.value,
                int(operation.state.is_open),
                _json(operation.new),
                operation.attempts,
                to_seconds(operation.next_at),
                operation.note[:500],
                operation.reason[:500],
                to_seconds(operation.without_since),
                operation.without_seconds,
                datetime.now(UTC).timestamp(),
                operation.entered_at.timestamp(),
                operation.id,
            ),
        )
        return changed > 0


def login_of(account: Account) -> str:
    """Whose account it is, whatever its name here."""
    return f"{account.username}@{account.api_host}"


def _json(specification: Specification | None) -> str | None:
    return json.dumps(asdict(specification)) if specification else None


def _specification(text: str | None) -> Specification | None:
    if text is None:
        return None
    fields: Mapping[str, Any] = json.loads(text)
    lists = {name: tuple(fields[name]) for name in ("domains", "logs")}
    return Specification(**{**fields, **lists})


def _operation(row: Row) -> Operation:
    return Operation(
        id=row["id"],
        account_id=row["account_id"],
        login=row["login"],
        domain_name=row["domain_name"],
        kind=OperationKind(row["kind"]),
        state=OperationState(row["state"]),
        old=_specification(row["old_spec"]),
        new=_specification(row["new_spec"]),
        actor=Actor(row["actor"], row["address"], row["session_id"]),
        created_at=from_seconds(row["created_at"]),
        updated_at=from_seconds(row["updated_at"]),
        entered_at=from_seconds(row["entered_at"]),
        next_at=maybe_from_seconds(row["next_at"]),
        attempts=row["attempts"],
        note=row["note"],
        reason=row["reason"],
        without_since=maybe_from_seconds(row["without_since"]),
        without_seconds=row["without_seconds"],
    )
