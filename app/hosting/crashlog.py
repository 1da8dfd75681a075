"""What is asked of a site's error log, whoever keeps it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from app.models import Crash, SiteKey


class Crashes(Protocol):
    """What stands in one site's error log, and what is new since somebody began to look.

    A lone line at level ERROR may be about one request, or about what the site can do without:
    it is no crash, and only told of a site that does not answer.
    """

    async def ready(self) -> None:
        """Returns when what is written from now on can be told from what was there before."""

    async def read_again(self) -> None:
        """Returns when the log has been read once more."""

    async def newest(self) -> Crash | None:
        """The last exception or error since then."""

    async def last_words(self) -> Crash | None:
        """The last exception or error, else the last line, whenever it was written."""


CrashesOf = Callable[[SiteKey], AbstractAsyncContextManager[Crashes]]
