"""What a site answered and logged since a click, and when that is enough to say how it went."""

import re
from dataclasses import dataclass

from app.models import Answer, Crash

# Functions of the usual servers and frameworks that an exception passes through if it was raised
# while a request was answered: uvicorn, Starlette, gunicorn, Flask and Django.
_REQUEST_FRAME = re.compile(
    r'^\s*File ".*", line \d+, in '
    r"(run_asgi|wrapped_app|handle_request|wsgi_app|_get_response|_get_response_async)$",
    re.MULTILINE,
)


def is_of_request(crash: Crash) -> bool:
    """Whether it was one request's: such an exception ends no process."""
    return _REQUEST_FRAME.search(crash.text) is not None


@dataclass(slots=True)
class Evidence:
    """Times are seconds since the call. `settling` is how long the process of before may be the
    one that answers, and how long a site has to answer beside what it logs; 0: there was none.
    `crashing` is how long a site has to give no good answer beside what it logs.
    """

    settling: float
    crashing: float
    crash: Crash | None = None
    is_log_read: bool = True
    _crashed_at: float = 0.0
    _first: Answer | None = None
    _has_gap: bool = False
    _good_at: float = 0.0
    _bad_in_row: int = 0

    def note_crash(self, crash: Crash, at: float) -> None:
        """The log has it since the call; the newest is kept, with the time of the first."""
        if self.crash is None:
            self._crashed_at = at
        self.crash = crash

    def note_good(self, status: int, at: float) -> None:
        self._good_at, self._bad_in_row = at, 0
        if self._first is None:
            self._first = Answer(status, at)

    def note_bad(self) -> None:
        self._first, self._has_gap = None, True
        self._bad_in_row += 1

    def is_crashing(self, at: float) -> bool:
        """Whether what is logged is why the site gives no good answer.

        The process of before may log an exception at its end, and one that starts may log what
        does not keep it from coming up: so only the answers of a while tell.
        """
        is_down = self._bad_in_row >= 2 and at - self._good_at >= self.crashing
        return self.crash is not None and is_down

    @property
    def first(self) -> Answer | None:
        """The first answer of the new process; None if no gap parts it from those of the old."""
        return self._first if self._has_gap or not self.settling else None

    def may_be_over(self, at: float) -> bool:
        """Whether a good answer now can be the new process's, which goes on answering.

        An error of one request is logged like a crash: then it is the answers that tell.
        """
        is_new = self._has_gap or at >= self.settling
        return is_new and (self.crash is None or at - self._crashed_at >= self.settling)
