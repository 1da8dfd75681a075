"""What hosts said of the certificates of custom domains; a failed look leaves it as it is."""

import json
from datetime import datetime

from app.models import Certificate, CertificateRecord, SiteKey
from app.store.database import Database, Row
from app.store.seconds import from_seconds, maybe_from_seconds, to_seconds
from app.store.siterows import write_site_row

_TABLE = "site_certificates"


class Certificates:
    """Rows of sites that are not there (any more) are not written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: SiteKey) -> CertificateRecord | None:
        rows = self._database.query(
            f"SELECT * FROM {_TABLE} WHERE account_id = ? AND domain_name = ?", key
        )
        return _record(rows[0]) if rows else None

    def all(self) -> dict[SiteKey, CertificateRecord]:
        rows = self._database.query(f"SELECT * FROM {_TABLE}")
        return {(row["account_id"], row["domain_name"]): _record(row) for row in rows}

    def keep(self, key: SiteKey, certificate: Certificate | None, at: datetime) -> None:
        """What the host said at that time; None: that there is no certificate."""
        said = certificate or Certificate(None)
        values: dict[str, object] = {
            "read_at": at.timestamp(),
            "tried_at": at.timestamp(),
            "failure": "",
            "is_present": int(certificate is not None),
            "expires_at": to_seconds(said.expires_at),
            "issuer": said.issuer,
            "subject": said.subject,
            "names": json.dumps(said.names),
            "certificate_kind": said.kind,
        }
        write_site_row(self._database, _TABLE, key, values)

    def note_failure(self, key: SiteKey, failure: str, at: datetime) -> None:
        values: dict[str, object] = {"tried_at": at.timestamp(), "failure": failure}
        write_site_row(self._database, _TABLE, key, values)


def _record(row: Row) -> CertificateRecord:
    certificate = Certificate(
        expires_at=maybe_from_seconds(row["expires_at"]),
        issuer=row["issuer"],
        subject=row["subject"],
        names=tuple(json.loads(row["names"])),
        kind=row["certificate_kind"],
    )
    return CertificateRecord(
        certificate if row["is_present"] else None,
        maybe_from_seconds(row["read_at"]),
        from_seconds(row["tried_at"]),
        row["failure"],
    )
