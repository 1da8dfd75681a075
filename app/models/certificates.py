"""What is known of a site's TLS certificate, and when its end is worth a word."""

from dataclasses import dataclass
from datetime import datetime

from app.models.hosting import Certificate

# One that renews itself is renewed weeks before its end: days before it, something is wrong.
ALERT_DAYS = 14
RENEWED_ALERT_DAYS = 7


@dataclass(frozen=True, slots=True)
class CertificateRecord:
    """What the host said at `read_at` (UTC), None if it never has.

    `certificate` is None if the site had none then. `failure` is why the last try, at `tried_at`,
    gave nothing; empty if it did.
    """

    certificate: Certificate | None
    read_at: datetime | None
    tried_at: datetime
    failure: str = ""


@dataclass(frozen=True, slots=True)
class CertificateAlert:
    """The end of a certificate is near, or past when `days_left` is negative."""

    days_left: int

    @property
    def is_expired(self) -> bool:
        return self.days_left < 0


def days_left(expires_at: datetime, now: datetime) -> int:
    """Whole days until then; negative from the moment it has passed."""
    return (expires_at - now).days


def certificate_alert(
    expires_at: datetime, now: datetime, *, renews_itself: bool
) -> CertificateAlert | None:
    """What a list has to say about a certificate; mostly nothing."""
    days = days_left(expires_at, now)
    limit = RENEWED_ALERT_DAYS if renews_itself else ALERT_DAYS
    return CertificateAlert(days) if days <= limit else None
