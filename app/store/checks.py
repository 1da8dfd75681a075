"""What asking the sites came to, and which sites are waited for after a click."""

from collections.abc import Callable

from app.models import Answer, Check, SiteKey, SiteStatus
from app.store.database import Database
from app.store.siterows import write_site_row

_FOUND = ("checked_at", "status", "seconds", "first_status", "first_seconds")


class Checks:
    """Rows of sites that are not there (any more) are not written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, key: SiteKey, check: Check) -> bool:
        """Keeps a check made from time to time; False for a site that is waited for.

        That one may have been asked before the click, as one of which newer things are known.
        """
        with self._database.transaction():
            rows = self._database.query(
                "SELECT 1 FROM site_checks WHERE account_id = ? AND domain_name = ?"
                " AND (pending <> '' OR checked_at > ?)",
                (*key, check.at.timestamp()),
            )
            if not rows:
                self.record(key, check)
        return not rows

    def record(self, key: SiteKey, check: Check, first: Answer | None = None) -> None:
        """Keeps the newest check; the site is not waited for any more.

        `first` is the first answer after a click, its seconds counted from that on.
        """
        answer = check.answer
        values: dict[str, object] = {
            "checked_at": check.at.timestamp(),
            "status": answer.status if answer else None,
            "seconds": answer.seconds if answer else None,
            "problem": check.problem,
            "failures": check.failures,
            "traceback": check.traceback,
            "pending": "",
        }
        if first is not None:
            values |= {"first_status": first.status, "first_seconds": first.seconds}
        write_site_row(self._database, "site_checks", key, values)

    def close(
        self,
        key: SiteKey,
        is_current: Callable[[], bool],
        check: Check | None = None,
        first: Answer | None = None,
    ) -> None:
        """Keeps what was found out after a click, or that it was nothing, unless it `is_current` no
        more when it comes to be written.
        """
        with self._database.transaction():
            if not is_current():
                return
            if check is None:
                self.expect(key, None)
            else:
                self.record(key, check, first)

    def expect(self, key: SiteKey, status: SiteStatus | None) -> None:
        """Shows the site as `status`, whatever its account lists, until a check or None.

        What was found out about it before does not count any more.
        """
        values: dict[str, object] = {"pending": status.value if status else ""}
        if status is not None:
            values |= dict.fromkeys(_FOUND) | {"problem": "", "failures": 0, "traceback": ""}
        write_site_row(self._database, "site_checks", key, values)

    def expect_nothing(self) -> None:
        """Whoever waited is gone: the dashboard was started anew."""
        self._database.execute("UPDATE site_checks SET pending = ''")
