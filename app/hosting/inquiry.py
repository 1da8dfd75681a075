"""What became of a click: the site's address and its error log are asked until it is clear.

The old process may answer for a while yet, and one that starts may log what does not stop it.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from app.hosting.crashlog import Crashes
from app.hosting.evidence import Evidence, is_of_request
from app.hosting.probe import Ask, Silence, Unasked, ask_within
from app.hosting.sitewatch import FRONT_STATUSES
from app.models import Answer, Check, Crash

_NOT_ASKED = Unasked("The configuration of this server has Sitedeck ask no sites.")


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for the log to be read before the call, and once more after an answer; between two
    questions; for one question; after a reload, until a good answer is not the old process's; after
    it was switched off, for that process to be gone; of no good answer, until a logged exception is
    why; for an answer; for a site that cannot be asked; and for the 404 that a new site answers at
    first.
    """

    log: float = 1.0
    read_again: float = 25.0
    step: float = 2.0
    question: float = 20.0
    settling: float = 10.0
    outliving: float = 30.0
    crashing: float = 10.0
    answer: float = 45.0
    unasked: float = 20.0
    not_found: float = 30.0

    @property
    def longest(self) -> float:
        """From the call on, but for the store: a good answer to the last question of all may still
        have to settle, and one more question ends that."""
        last_question = max(self.answer, self.unasked) + self.step + self.question
        return last_question + self.read_again + self.settling + self.step + self.question


class Finding(NamedTuple):
    """The check that a look ended with, and the new process's first answer with the seconds since
    the click: None where it crashes, or where no gap parts it from the old one's."""

    check: Check
    first: Answer | None = None


class Inquiry:
    """Finds out about one click, whose call was accepted at `made_at` of the monotonic clock.

    `url` is None where sites are not asked. `has_old`: what answers may still be the process of
    before. `was_404`: so the site answered before, as some do at their first page always.
    """

    def __init__(
        self,
        ask: Ask,
        url: str | None,
        crashes: Crashes,
        patience: Patience,
        *,
        made_at: float,
        has_old: bool,
        was_404: bool,
    ) -> None:
        self._ask = ask
        self._url = url
        self._crashes = crashes
        self._patience = patience
        self._made_at = made_at
        self._was_404 = was_404
        self._seen = Evidence(patience.settling if has_old else 0.0, patience.crashing)

    async def find_out(self) -> Finding | None:
        """None if the site is not or cannot be asked, and it logs no exception that ends it."""
        seen, patience = self._seen, self._patience
        while True:
            result = await self._question()
            taken = time.monotonic() - self._made_at
            if crash := await self._crashes.newest():
                seen.note_crash(crash, taken)
            if isinstance(result, Answer) and not self._is_bad(result, taken):
                seen.note_good(result.status, taken)
                if await self._is_over(taken):
                    return Finding(_answering(result, seen), seen.first)
            elif isinstance(result, Unasked):
                if seen.crash and seen.crash.is_exception and not is_of_request(seen.crash):
                    return _crashing(None, seen.crash)
                if taken > patience.unasked:
                    return None
            else:
                seen.note_bad()
                answer = result if isinstance(result, Answer) else None
                is_last = taken > patience.answer
                if seen.crash and (is_last or seen.is_crashing(taken)):
                    return _crashing(answer, seen.crash)
                if is_last:
                    return await self._unanswered(result)
            await asyncio.sleep(patience.step)

    async def _question(self) -> Answer | Silence | Unasked:
        if self._url is None:
            return _NOT_ASKED
        return await ask_within(self._patience.question, self._ask, self._url)

    async def _unanswered(self, result: Answer | Silence) -> Finding:
        answer = result if isinstance(result, Answer) else None
        reason = result.reason if isinstance(result, Silence) else f"It answers {result.status}."
        last = await self._crashes.last_words()
        problem = " ".join(filter(None, ("No answer yet.", reason, last.as_end if last else "")))
        return Finding(Check(datetime.now(UTC), answer, problem, 2, last.text if last else ""))

    async def _is_over(self, taken: float) -> bool:
        """Whether the good answer after so many seconds is the end of it."""
        seen, crashes = self._seen, self._crashes
        if not seen.settling:
            return True
        if not seen.may_be_over(taken):
            return False
        if seen.crash is None:
            # A crash is logged before the first bad answer that it causes.
            try:
                async with asyncio.timeout(self._patience.read_again):
                    await crashes.read_again()
            except TimeoutError:
                seen.is_log_read = False
            if crash := await crashes.newest():
                seen.note_crash(crash, taken)
        return seen.may_be_over(taken)

    def _is_bad(self, answer: Answer, taken: float) -> bool:
        is_early = taken < self._patience.not_found and not self._was_404
        return answer.status in FRONT_STATUSES or (answer.status == 404 and is_early)


def _answering(answer: Answer, seen: Evidence) -> Check:
    """A good answer; where the log leaves a doubt, it counts as one failure: then the site is asked
    again soon.
    """
    now, said = datetime.now(UTC), f"It answers {answer.status}, but its error log"
    if seen.crash is not None:
        problem = f"{said} says: {seen.crash.words}"
        return Check(now, answer, problem, failures=1, traceback=seen.crash.text)
    if not seen.is_log_read:
        return Check(now, answer, f"{said} could not be read.", failures=1)
    return Check(now, answer)


def _crashing(answer: Answer | None, crash: Crash) -> Finding:
    return Finding(Check(datetime.now(UTC), answer, f"Crashing: {crash.words}", 2, crash.text))
