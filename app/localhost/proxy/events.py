"""What a connection to a site tells of an answer, and how whoever listens is called."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from app.localhost.proxy.heads import Headers


class Framing(Enum):
    """How the end of an answer's body is known."""

    NO_BODY = auto()
    LENGTH = auto()
    CHUNKED = auto()
    UNTIL_CLOSE = auto()


@dataclass(frozen=True, slots=True)
class AnswerHead:
    """The head of a site's answer; `content_length` is the header as sent, None without one."""

    status: int
    headers: Headers
    framing: Framing
    content_length: bytes | None


class AnswerListener(Protocol):
    """Who hears of the answer, piece by piece and in order."""

    def on_interim(self, status: int, headers: Headers) -> None:
        """A 1xx answer; the real one follows."""

    def on_answer(self, head: AnswerHead) -> None: ...

    def on_answer_data(self, data: bytes) -> None: ...

    def on_pieces_read(self) -> None:
        """All that one read from the site brought has been told: time to send it on.

        Not called when the answer is complete or failed.
        """

    def on_switch(self, headers: Headers, early: bytes) -> None:
        """The site has switched protocols (101): `early` and all that follows are raw bytes.

        Those that follow come as `on_answer_data`, until `on_answer_complete`.
        """

    def on_answer_complete(self, *, is_reusable: bool) -> None:
        """The answer is complete; `is_reusable` says that the connection may carry another."""

    def on_answer_failed(self, *, is_untouched: bool) -> None:
        """The answer broke off or is none; `is_untouched` says that not one byte had come."""

    def on_site_ready_to_read(self, is_ready: bool) -> None:
        """Whether the site takes more of the request's body."""
