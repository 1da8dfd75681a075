"""What asking the sites came to, and which sites are waited for after a click."""

from app.models import Check, SiteStatus
from app.store.database import Database

SiteKey = tuple[str, str]


class Checks:
    """Rows of sites that are not there (any more) are not written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, key: SiteKey, check: Check) -> None:
        """Keeps the newest check; the site is not waited for any more."""
        answer = check.answer
        self._write(
            key,
            {
                "checked_at": check.at.timestamp(),
                "status": answer.status if answer else None,
                "seconds": answer.seconds if answer else None,
                "problem": check.problem,
                "failures": check.failures,
                "pending": "",
            },
        )

    def expect(self, key: SiteKey, status: SiteStatus | None) -> None:
        """Shows the site as `status`, whatever its account lists, until a check or None."""
        self._write(key, {"pending": status.value if status else ""})

    def expect_nothing(self) -> None:
        """Whoever waited is gone: the dashboard was started anew."""
        self._database.execute("UPDATE site_checks SET pending = ''")

    def _write(self, key: SiteKey, values: dict[str, object]) -> None:
        names = ", ".join(values)
        marks = ", ".join("?" * len(values))
        updates = ", ".join(f"{name} = excluded.{name}" for name in values)
        self._database.execute(
            f"INSERT INTO site_checks (account_id, domain_name, {names})"
            f" SELECT account_id, domain_name, {marks} FROM sites"
            " WHERE account_id = ? AND domain_name = ?"
            f" ON CONFLICT (account_id, domain_name) DO UPDATE SET {updates}",
            (*values.values(), *key),
        )
