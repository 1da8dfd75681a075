"""What can go wrong with one call about a website: switched on for some calls, then over."""

import copy
import threading
import time
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from tests.fakes.faults import PAGE

Website = dict[str, Any]


class Trouble(Enum):
    """BEFORE: nothing was done. AFTER: it was done, and the answer does not say so."""

    RESET_BEFORE = "reset before"
    RESET_AFTER = "reset after"
    TIMEOUT_BEFORE = "504 before"
    TIMEOUT_AFTER = "504 after"
    HANG_BEFORE = "hang before"
    HANG_AFTER = "hang after"
    ERROR_BEFORE = "500 before"
    ERROR_AFTER = "500 after"
    THROTTLED = "429"
    COMMAND_REFUSED = "400, the command"
    PLAN_LIMIT = "403, the plan"
    IGNORED = "200, and nothing was done"
    STALE = "200, done, and the answer shows what was"
    NOT_FOUND = "404, although it is there"
    MADE_DISABLED = "made disabled"
    MADE_WITHOUT_COMMAND = "made without its command"
    MADE_WITHOUT_LOGS = "made without log files"

    @property
    def is_after(self) -> bool:
        return self.value.endswith("after")

    @property
    def is_partial(self) -> bool:
        return self.value.startswith("made")


class Reset(Response):
    """No answer: the connection is gone. (`serving` puts the way to do that into the scope.)"""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["abort"]()
        while (await receive())["type"] != "http.disconnect":
            pass


async def troubled_answer(trouble: Trouble, request: Request) -> Response:
    """The answer instead of the right one; Trouble that makes a site badly has none."""
    if trouble in (Trouble.HANG_BEFORE, Trouble.HANG_AFTER):
        while (await request.receive())["type"] != "http.disconnect":
            pass
        return Response()
    if trouble in (Trouble.RESET_BEFORE, Trouble.RESET_AFTER):
        return Reset()
    if trouble is Trouble.THROTTLED:
        words = {"detail": "Request was throttled. Expected available in 1 second."}
        return JSONResponse(words, 429, {"Retry-After": "0"})
    if trouble is Trouble.NOT_FOUND:
        return JSONResponse({"detail": "Not found."}, 404)
    if trouble is Trouble.COMMAND_REFUSED:
        return JSONResponse({"webapp": {"command": ["This command is not allowed."]}}, 400)
    if trouble is Trouble.PLAN_LIMIT:
        return JSONResponse({"detail": "Your plan allows no more websites."}, 403)
    is_timeout = trouble in (Trouble.TIMEOUT_BEFORE, Trouble.TIMEOUT_AFTER)
    return HTMLResponse(PAGE, 504 if is_timeout else 500)


@dataclass
class Stop:
    """A call that stands still until `go`; `reached` says that it does.

    With `is_dropped` it never comes to its work, and its connection is closed.
    """

    reached: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)
    is_dropped: bool = False


@dataclass
class Lag:
    """What readers still see of a domain: for so many reads, and until then (monotonic)."""

    value: Website | None
    reads: int
    until: float

    @property
    def is_over(self) -> bool:
        return self.reads <= 0 and time.monotonic() >= self.until


@dataclass
class LateReads:
    """Reads that lag behind writes: for `reads` reads and `seconds` seconds after each write."""

    reads: int = 0
    seconds: float = 0.0
    _lags: dict[str, Lag] = field(default_factory=dict)

    def note_write(self, domain: str, websites: dict[str, Website]) -> None:
        """Before the write."""
        if self.reads or self.seconds:
            shown = copy.deepcopy(self._shown(domain, websites))
            until = time.monotonic() + self.seconds
            self._lags[domain] = Lag(shown, self.reads, until)

    def read(self, domain: str, websites: dict[str, Website]) -> Website | None:
        shown = self._shown(domain, websites)
        if lag := self._lags.get(domain):
            lag.reads -= 1
        return shown

    def read_all(self, websites: dict[str, Website]) -> list[Website]:
        domains = dict.fromkeys([*websites, *self._lags])
        shown = (self.read(domain, websites) for domain in domains)
        return [website for website in shown if website is not None]

    def _shown(self, domain: str, websites: dict[str, Website]) -> Website | None:
        lag = self._lags.get(domain)
        if lag is None or lag.is_over:
            return websites.get(domain)
        return lag.value
