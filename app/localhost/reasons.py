"""Short plain sentences that say why a site does not run."""

import errno
import os
import signal
from collections.abc import Sequence

from app.localhost.records import RunExit

MAX_LAST_WORDS = 200
SHIM_GONE = "The process that keeps the site was killed."


def why_it_ended(ended: RunExit | None) -> str:
    """What a run's end means; None stands for an end nobody could note."""
    if ended is None:
        return SHIM_GONE
    if ended.error is not None:
        return _why_not_executed(*ended.error)
    if ended.signal is not None:
        return f"The program was ended by {_signal_name(ended.signal)}."
    return f"The program ended with exit code {ended.code}."


def with_last_words(ended: RunExit | None, stderr: Sequence[str]) -> str:
    """The reason, and what the program itself said last if it got so far."""
    reason = why_it_ended(ended)
    last = next((line.strip() for line in reversed(stderr) if line.strip()), "")
    if ended is None or ended.error is not None or ended.signal is not None or not last:
        return reason
    return f"{last[:MAX_LAST_WORDS]} ({reason})"


def crash_loop(count: int, reason: str) -> str:
    return f"{reason} It ended {count} times within a minute."


def not_open(seconds: float) -> str:
    return (
        f"The program runs but has not opened ${{DOMAIN_SOCKET}} after {seconds:g} s. "
        "Does the command contain --uds ${DOMAIN_SOCKET}?"
    )


def no_answer(seconds: float) -> str:
    return f"The program opened its socket but has not answered a request after {seconds:g} s."


def not_http() -> str:
    return "The program answers on its socket, but not in HTTP."


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _why_not_executed(number: int, path: str) -> str:
    if number == errno.ENOENT and os.path.exists(path):
        return f"The interpreter that the first line of {path} names does not exist."
    if number == errno.ENOENT:
        return f"{path} does not exist."
    if number in (errno.EACCES, errno.EPERM):
        return f"{path} may not be executed by this user."
    return f"{path} cannot be executed: {os.strerror(number)}."
