"""Times as people read them: relative within a day, then a date; the full time in the element."""

from datetime import UTC, datetime, timedelta

from fasthtml.common import FT, Small, Span, Time

SEEN_EVENT = "seen"
"""An account has been read: the ages of its sites begin anew."""


def ago(at: datetime, now: datetime) -> str:
    """`just now`, `12 s ago`, `4 min ago`, `3 h ago`, then `12 Nov`. The page's script goes on."""
    age = now - at
    if age < timedelta(seconds=5):
        return "just now"
    if age < timedelta(minutes=1):
        return f"{int(age.total_seconds())} s ago"
    if age < timedelta(hours=1):
        return f"{int(age.total_seconds() // 60)} min ago"
    if age < timedelta(days=1):
        return f"{int(age.total_seconds() // 3600)} h ago"
    return f"{at.day} {at:%b}" if at.year == now.year else f"{at.day} {at:%b %Y}"


def When(at: datetime | None, words: str, **attributes: str | bool) -> FT:
    """`words` for people, the full UTC time for machines and as a tooltip."""
    if at is None:
        return Span("–", cls="muted")
    utc = at.astimezone(UTC)
    title = f"{utc:%Y-%m-%d %H:%M:%S} UTC"
    return Time(words, datetime=utc.isoformat(), title=title, **attributes)


def Age(at: datetime | None, now: datetime) -> FT:
    """How long ago, counted on while the page is open."""
    return When(at, ago(at, now) if at else "", data_age=True)


def SeenAge(account_id: str, at: datetime, now: datetime) -> FT:
    """How long ago the account was read; begins anew whenever it is."""
    return When(at, ago(at, now), data_age=True, data_seen=account_id)


def Seen(account_id: str, at: datetime, now: datetime) -> FT:
    return Small("seen ", SeenAge(account_id, at, now), cls="seen")
