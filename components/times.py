"""Times as people read them: relative within a day, then a date; the full time in the element."""

from datetime import UTC, datetime, timedelta

from fasthtml.common import FT, Span, Time


def ago(at: datetime, now: datetime) -> str:
    """`just now`, `4 min ago`, `3 h ago`, then `12 Nov`."""
    age = now - at
    if age < timedelta(minutes=1):
        return "just now"
    if age < timedelta(hours=1):
        return f"{int(age.total_seconds() // 60)} min ago"
    if age < timedelta(days=1):
        return f"{int(age.total_seconds() // 3600)} h ago"
    return f"{at.day} {at:%b}" if at.year == now.year else f"{at.day} {at:%b %Y}"


def When(at: datetime | None, words: str) -> FT:
    """`words` for people, the full UTC time for machines and as a tooltip."""
    if at is None:
        return Span("–", cls="muted")
    utc = at.astimezone(UTC)
    return Time(words, datetime=utc.isoformat(), title=f"{utc:%Y-%m-%d %H:%M:%S} UTC")
