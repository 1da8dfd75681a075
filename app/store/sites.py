"""Sites as last seen at their accounts. Pages are drawn from here and never wait for an account."""

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from app.models import (
    Answer,
    CertificateAlert,
    Check,
    Exit,
    Site,
    SiteKey,
    SiteStatus,
    certificate_alert,
    renews_itself,
)
from app.store.database import Database, Row
from app.store.seconds import from_seconds, maybe_from_seconds, to_seconds

# A list may be read in the moment between the two halves of a change.
GONE_AFTER = 2
_GONE = "The account does not list it any more. Its command is kept here."

_SELECT = (
    "SELECT sites.*, checked_at, site_checks.status AS answer_status, seconds, problem, failures,"
    " traceback, pending, first_status, first_seconds, expires_at, certificate_kind, check_seconds"
    " FROM sites JOIN accounts ON accounts.id = account_id"
    " LEFT JOIN site_checks USING (account_id, domain_name)"
    " LEFT JOIN site_certificates USING (account_id, domain_name)"
)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Sites:
    """`clock` tells the time (UTC) by which a certificate is about to end; `asks_sites` is whether
    sites may be asked at all.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime] = _utc_now,
        *,
        asks_sites: bool = True,
    ) -> None:
        self._database = database
        self._clock = clock
        self._asks_sites = asks_sites

    def all(self) -> list[Site]:
        return self._sites(self._database.query(_SELECT))

    def get(self, account_id: str, domain_name: str) -> Site | None:
        rows = self._database.query(
            f"{_SELECT} WHERE account_id = ? AND domain_name = ?", (account_id, domain_name)
        )
        return self._sites(rows)[0] if rows else None

    def save(self, site: Site) -> tuple[Site, bool]:
        """Keeps what was seen. Returns the site with its error count, and whether it is new."""
        with self._database.transaction():
            is_new = self.get(*site.key) is None
            return self._upsert(site), is_new

    def update(self, site: Site) -> Site:
        """Keeps what is thought of a site not seen anew: lists that miss it still count."""
        return self._upsert(site, is_seen=False)

    def save_list(
        self,
        account_id: str,
        sites: Iterable[Site],
        *,
        keep_missing: bool = False,
        left_alone: Collection[str] = (),
    ) -> list[Site]:
        """Keeps a complete list of an account and returns its sites as they are then known.

        Sites that are not on it are forgotten, or with `keep_missing` gone after GONE_AFTER lists.
        Those whose domains are `left_alone` stay as they are, on the list or not.
        """
        missing = "account_id = ? AND domain_name NOT IN (SELECT value FROM json_each(?))"
        with self._database.transaction():
            listed = [site for site in sites if site.domain_name not in left_alone]
            for site in listed:
                self._upsert(site)
            names = [*(site.domain_name for site in listed), *left_alone]
            change = (
                "UPDATE sites SET missing = missing + 1" if keep_missing else "DELETE FROM sites"
            )
            self._database.execute(f"{change} WHERE {missing}", (account_id, json.dumps(names)))
            return self._sites(
                self._database.query(f"{_SELECT} WHERE account_id = ?", (account_id,))
            )

    def set_error_count(self, account_id: str, domain_name: str, count: int) -> bool:
        """False if nothing changed."""
        changed = self._database.execute(
            "UPDATE sites SET error_count = ?, is_counted = 1"
            " WHERE account_id = ? AND domain_name = ? AND (error_count <> ? OR is_counted = 0)",
            (count, account_id, domain_name, count),
        )
        return changed > 0

    def set_reloaded(self, key: SiteKey, at: datetime) -> None:
        """Of a site whose host does not tell; lists and looks of its account leave it so."""
        self._database.execute(
            "UPDATE sites SET reloaded_at = ? WHERE account_id = ? AND domain_name = ?",
            (at.timestamp(), *key),
        )

    def delete(self, account_id: str, domain_name: str) -> None:
        self._database.execute(
            "DELETE FROM sites WHERE account_id = ? AND domain_name = ?", (account_id, domain_name)
        )

    def _sites(self, rows: Iterable[Row]) -> list[Site]:
        now = self._clock()
        sites = [_site(row, now) for row in rows]
        return sites if self._asks_sites else [replace(site, check_seconds=None) for site in sites]

    def _upsert(self, site: Site, *, is_seen: bool = True) -> Site:
        self._database.execute(
            "INSERT INTO sites (account_id, domain_name, command, enabled, status, reason, url,"
            " seen_at, observed, missing) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (account_id, domain_name) DO UPDATE SET command = excluded.command,"
            " enabled = excluded.enabled, status = excluded.status, reason = excluded.reason,"
            " url = excluded.url, seen_at = excluded.seen_at, observed = excluded.observed,"
            " missing = CASE WHEN ? THEN excluded.missing ELSE MAX(missing, excluded.missing) END",
            (
                site.account_id,
                site.domain_name,
                site.command,
                int(site.enabled),
                site.status.value,
                site.reason,
                site.url,
                site.seen_at.timestamp(),
                json.dumps(_observed(site)),
                GONE_AFTER if site.is_gone else 0,
                is_seen,
            ),
        )
        saved = self.get(*site.key)
        assert saved is not None
        return saved


def _observed(site: Site) -> dict[str, Any]:
    # What a remote site answered first is kept with its checks, and ends with them.
    answer = site.answer if site.is_local else None
    return {
        "pid": site.pid,
        "started_at": to_seconds(site.started_at),
        "reloaded_at": to_seconds(site.reloaded_at),
        "answer": [answer.status, answer.seconds] if answer else None,
        "last_exit": _exit_fields(site.last_exit),
        "cname": site.cname,
        "working_folder": site.working_folder,
    }


def _exit_fields(end: Exit | None) -> list[Any] | None:
    return [to_seconds(end.at), end.code, end.signal, list(end.stderr)] if end else None


def _site(row: Row, now: datetime) -> Site:
    observed = json.loads(row["observed"])
    answer, end = observed.get("answer"), observed.get("last_exit")
    check = _check(row)
    status, reason = _status(row, check)
    return Site(
        account_id=row["account_id"],
        domain_name=row["domain_name"],
        command=row["command"],
        enabled=bool(row["enabled"]),
        status=status,
        url=row["url"],
        seen_at=from_seconds(row["seen_at"]),
        reason=reason,
        pid=observed.get("pid"),
        started_at=maybe_from_seconds(observed.get("started_at")),
        reloaded_at=maybe_from_seconds(row["reloaded_at"] or observed.get("reloaded_at")),
        answer=Answer(*answer) if answer else _answer(row, "first_status", "first_seconds"),
        last_exit=Exit(maybe_from_seconds(end[0]) or _EPOCH, end[1], end[2], tuple(end[3]))
        if end
        else None,
        error_count=row["error_count"] if row["is_counted"] else None,
        is_gone=_is_gone(row),
        check=check,
        cname=observed.get("cname", ""),
        working_folder=observed.get("working_folder", ""),
        certificate_alert=_alert(row, now),
        check_seconds=row["check_seconds"],
    )


def _alert(row: Row, now: datetime) -> CertificateAlert | None:
    if row["expires_at"] is None or _is_gone(row):
        return None
    expires_at = from_seconds(row["expires_at"])
    return certificate_alert(expires_at, now, renews_itself=renews_itself(row["certificate_kind"]))


def _check(row: Row) -> Check | None:
    if row["checked_at"] is None:
        return None
    answer = _answer(row, "answer_status", "seconds")
    at = from_seconds(row["checked_at"])
    return Check(at, answer, row["problem"], row["failures"], row["traceback"])


def _answer(row: Row, status: str, seconds: str) -> Answer | None:
    return Answer(row[status], row[seconds]) if row[status] is not None else None


def _is_gone(row: Row) -> bool:
    return bool(row["missing"] >= GONE_AFTER)


def _status(row: Row, check: Check | None) -> tuple[SiteStatus, str]:
    """What a host says of a site, made more exact by what Sitedeck found out itself."""
    status = SiteStatus(row["status"])
    if _is_gone(row):
        return SiteStatus.UNKNOWN, _GONE
    if status is not SiteStatus.RUNNING:
        return status, row["reason"]
    if row["pending"]:
        return SiteStatus(row["pending"]), ""
    if check is not None and check.is_failing:
        return SiteStatus.FAILING, check.problem
    return status, row["reason"]


_EPOCH = from_seconds(0)
