"""What changed, told to every open page: one publisher, bounded queues, no waiting for the slow."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from app.models import HostNotice, Operation, Site, Toast

QUEUE_LENGTH = 256


@dataclass(frozen=True, slots=True)
class SiteChanged:
    site: Site


@dataclass(frozen=True, slots=True)
class SiteGone:
    account_id: str
    domain_name: str


@dataclass(frozen=True, slots=True)
class ListChanged:
    """Sites came or went: a list has to be drawn anew."""


@dataclass(frozen=True, slots=True)
class NoticeChanged:
    notice: HostNotice | None


@dataclass(frozen=True, slots=True)
class AccountSeen:
    """The sites of an account were listed at `seen_at` (UTC)."""

    account_id: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """What is known of an account's health is another: its problem came, went or changed."""

    account_id: str


@dataclass(frozen=True, slots=True)
class OperationsChanged:
    """An operation began, took a step or ended; `operations` are all that are open now."""

    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class CertificateRead:
    """A site's certificate has been asked for, with or without an answer."""

    account_id: str
    domain_name: str


@dataclass(frozen=True, slots=True)
class Announcement:
    """A toast for the pages of one session."""

    session_id: str
    toast: Toast


Change = (
    SiteChanged
    | SiteGone
    | ListChanged
    | NoticeChanged
    | AccountSeen
    | AccountChanged
    | OperationsChanged
    | CertificateRead
    | Announcement
)


class Changes:
    """Used from the event loop's thread only.

    `sequence` grows with every change. A page carries the number it was drawn at, so that the
    stream it opens a moment later knows whether the page has missed something.
    """

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Change]] = set()
        # No number of this process is one of an earlier process.
        self.sequence = time.time_ns() // 1_000_000

    def publish(self, change: Change) -> None:
        self.sequence += 1
        for queue in self._queues:
            if queue.full():
                # A page this far behind is better served by the newest states.
                queue.get_nowait()
            queue.put_nowait(change)

    @contextmanager
    def subscribe(self) -> Iterator[asyncio.Queue[Change]]:
        queue: asyncio.Queue[Change] = asyncio.Queue(QUEUE_LENGTH)
        self._queues.add(queue)
        try:
            yield queue
        finally:
            self._queues.discard(queue)
