"""What the tests of the linter share: surroundings, and what holds of every corrected line."""

import re
import shlex
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from app.hosting.linter import Surroundings, lint
from app.localhost.command import split_command

KNOWN = Surroundings("/home/alice", "/home/alice/.virtualenvs/x")
BIN = "/home/alice/.virtualenvs/x/bin"
UDS = "--uds ${DOMAIN_SOCKET}"


def check_mended(command: str, words: str, corrected: str | None) -> None:
    """The command's first error holds these words, and this line is offered; None for any."""
    report = lint(command, KNOWN)
    assert words in report.first_error
    if corrected is not None:
        assert report.corrected == corrected
    if corrected:
        assert not lint(corrected, KNOWN).first_error
        assert "DOMAIN_SOCKET" in corrected


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What takes longer is broken off, so that an endless loop is a failure and not a hang.

    The processor's time counts, because a busy machine says nothing against the linter.
    """

    def break_off(number: int, frame: FrameType | None) -> None:
        raise AssertionError(f"It takes more than {seconds} s.")

    before = signal.signal(signal.SIGVTALRM, break_off)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def is_complete(line: str) -> bool:
    """Whether a script in the line has every quote and bracket closed, and ends in no sign."""
    words = split_command(line, {"DOMAIN_SOCKET": "/socket", "HOME": "/home/alice"})
    if words[0] != "/bin/bash" or len(words) < 3:
        return True
    shlex.split(words[2])
    outside = re.sub(r"""\\.|'[^']*'|"(\\.|[^"\\])*\"""", "x", words[2]).strip()
    is_open = outside.endswith(("&&", "|")) or outside.startswith(("&", "|", ";"))
    return outside.count("(") == outside.count(")") and not is_open
