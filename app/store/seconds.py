"""Times as the database keeps them: seconds since 1970 UTC."""

from datetime import UTC, datetime


def to_seconds(at: datetime | None) -> float | None:
    return at.timestamp() if at else None


def from_seconds(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def maybe_from_seconds(seconds: float | None) -> datetime | None:
    return None if seconds is None else from_seconds(seconds)
