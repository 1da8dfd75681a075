"""What follows a click: the site is waited for, and what became of it is announced and recorded."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from anyio import to_thread

from app.errors import NotFound
from app.hosting.changes import Announcement, Change, Changes, SiteChanged, SiteGone
from app.hosting.inquiry import Patience
from app.hosting.known import KnownSites
from app.hosting.verdict import Verdicts
from app.models import Actor, Site, SiteAction, SiteKey, SiteStatus, Toast
from app.store.activity import ActivityLog

# For the store, beyond the longest time that a verdict takes: then a site that has not settled is
# said to be still starting.
SPARE_SECONDS = 10.0
# Who it is in the record that looks at a site after somebody's click.
LOOKER = "Sitedeck"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Click:
    """What is to be done to a site, which is as it was known before."""

    action: SiteAction
    site: Site


class Aftermath:
    """`verdicts` finds out about sites of hosts that do not tell; None leaves it at what they list.

    To be used on the event loop.
    """

    def __init__(
        self,
        known: KnownSites,
        changes: Changes,
        activity: ActivityLog,
        verdicts: Verdicts | None,
    ) -> None:
        self._known = known
        self._changes = changes
        self._activity = activity
        self._verdicts = verdicts
        patience = Patience() if verdicts is None else verdicts.patience
        self._settle_seconds = patience.longest + SPARE_SECONDS
        # By session and site: of several clicks only the last one is told.
        self._announcing: dict[tuple[str, SiteKey], asyncio.Task[None]] = {}
        # What is shown of a site is expected of its newest click, while that is on its way.
        self._newest: dict[SiteKey, Click] = {}

    async def expect(self, click: Click) -> None:
        """Before the call: shows what is expected, so that no later observation is overwritten."""
        site, expected = click.site, _expected(click)
        self._newest[site.key] = click
        if self._verdicts is not None:
            await self._verdicts.expect(site, _awaited(expected))
            expected = _as_listed(expected)
        await self._known.save(expected)

    async def take_back(self, click: Click) -> None:
        """The call failed: as before, unless the host has listed the site since, an operation works
        on it, or somebody else has clicked.

        What else was found out meanwhile stays: that the host cannot be read, for instance.
        """
        site = click.site
        if not self._end(click):
            return
        if self._verdicts is not None:
            await self._verdicts.take_back(site)
            site = _as_listed(site)

        def as_before(now: Site) -> Site:
            if now.seen_at != site.seen_at or self._known.is_in_work(site.key):
                return now
            before = now if now.status is SiteStatus.UNKNOWN else site
            return replace(now, enabled=site.enabled, status=before.status, reason=before.reason)

        await self._known.update(site.key, as_before)

    async def follow(
        self,
        click: Click,
        actor: Actor,
        *,
        is_certain: bool = True,
    ) -> None:
        """After the call: finds out what became of it, tells the actor's pages and records it.

        `is_certain` is False if the answer to the call was lost.
        """
        site, now = click.site, datetime.now(UTC)
        self._end(click)
        self._known.note_change(site.key)
        if self._verdicts is not None:
            self._verdicts.find_out(site, _awaited(_expected(click)))
        key = actor.session_id, site.key
        if (before := self._announcing.pop(key, None)) is not None:
            before.cancel()
        task = asyncio.create_task(self._announce(click, actor, now, is_certain))
        self._announcing[key] = task
        task.add_done_callback(lambda task: self._forget(key, task))
        if is_certain:
            await self._note_reload(click, now)

    async def begun(
        self, site: Site, actor: Actor, action: SiteAction | None = SiteAction.ENABLE
    ) -> None:
        """An operation has ended with this site, which is to start if it is enabled: it was made,
        got its new command or its old one back, or was switched on, or off and on to reload it.

        None: it was to be reloaded, and was not. Then nothing is waited for any more.
        """
        if action is None:
            await self._give_up(site)
            return
        if not site.enabled:
            return
        click = Click(action, site)
        self._newest[site.key] = click
        if self._verdicts is not None and not site.is_local:
            await self._verdicts.expect(site, _awaited(_expected(click)))
            await self._known.save(_as_listed(site))
        await self.follow(click, actor)

    async def close(self) -> None:
        if self._verdicts is not None:
            await self._verdicts.close()
        tasks = list(self._announcing.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _give_up(self, site: Site) -> None:
        self._newest.pop(site.key, None)
        if self._verdicts is not None:
            await self._verdicts.expect(site, None)
            self._verdicts.find_out(site, None)
            await self._known.announce(site.key)

    def _end(self, click: Click) -> bool:
        """Its call has ended. False if it was not the newest click on its site any more."""
        is_newest = self._newest.get(click.site.key) is click
        if is_newest:
            del self._newest[click.site.key]
        return is_newest

    def _forget(self, key: tuple[str, SiteKey], task: "asyncio.Task[None]") -> None:
        if self._announcing.get(key) is task:
            del self._announcing[key]

    async def _note_reload(self, click: Click, at: datetime) -> None:
        """The local host tells by itself when it has reloaded a site."""
        if click.action is SiteAction.RELOAD and not click.site.is_local:
            await self._known.note_reload(click.site.key, at)

    async def _announce(self, click: Click, actor: Actor, at: datetime, is_certain: bool) -> None:
        try:
            settled = await self._settled(click.site)
        except NotFound:
            return
        if not is_certain and settled is not None and settled.answer is not None:
            # A gap was seen: it was done.
            await self._note_reload(click, at)
        toast = _outcome(click, settled, is_certain)
        if toast is not None:
            self._changes.publish(Announcement(actor.session_id, toast))
            if toast.is_error or (settled is not None and settled.last_answer is not None):
                await self._record(click.site, toast)

    async def _record(self, site: Site, toast: Toast) -> None:
        """A toast leaves again: what it said stays in the record."""
        word = "failed" if toast.is_error else "done"
        target, result = "/".join(site.key), f"{word}: {toast.detail}"
        try:
            await to_thread.run_sync(self._activity.record, LOOKER, "", "look", target, result)
        except Exception:
            _log.exception("What became of a click cannot be recorded.")

    async def _settled(self, site: Site) -> Site | None:
        """The site when it has settled, which it may have done already; None if it does not.

        Raises NotFound if it is deleted meanwhile.
        """
        with self._changes.subscribe() as queue, suppress(TimeoutError):
            now = await self._known.get(*site.key)
            async with asyncio.timeout(self._settle_seconds):
                while now is None or not self._has_settled(now):
                    change = await queue.get()
                    if change == SiteGone(*site.key):
                        raise NotFound(f"There is no site called {site.domain_name} any more.")
                    now = _about(change, site) or now
            return now
        return None

    def _has_settled(self, site: Site) -> bool:
        """That its account cannot be read does not end what is found out about a site."""
        is_open = self._verdicts is not None and self._verdicts.is_open(site.key)
        return site.status.is_settled and not (is_open and site.status is SiteStatus.UNKNOWN)


def _expected(click: Click) -> Site:
    site = click.site
    if click.action is SiteAction.RELOAD:
        return replace(site, status=SiteStatus.RELOADING, reason="")
    if click.action is SiteAction.ENABLE:
        return replace(site, enabled=True, status=SiteStatus.STARTING, reason="")
    return replace(site, enabled=False, status=SiteStatus.DISABLED, reason="")


def _as_listed(site: Site) -> Site:
    """As its host lists it: of a site elsewhere the rest is found out, and kept apart from that.

    A list may be long in coming, and what was found out is to be seen before.
    """
    if site.is_local or site.status is SiteStatus.UNKNOWN or not site.enabled:
        return site
    return replace(site, status=SiteStatus.RUNNING, reason="")


def _awaited(expected: Site) -> SiteStatus | None:
    return None if expected.status.is_settled else expected.status


def _about(change: Change, site: Site) -> Site | None:
    if isinstance(change, SiteChanged) and change.site.key == site.key:
        return change.site
    return None


def _as_found(site: Site) -> Site:
    """Of a site whose account cannot be read, what asking itself came to."""
    if site.status is not SiteStatus.UNKNOWN or site.check is None:
        return site
    if site.check.is_failing:
        return replace(site, status=SiteStatus.FAILING, reason=site.check.problem)
    return replace(site, status=SiteStatus.RUNNING)


def _outcome(click: Click, settled: Site | None, is_certain: bool) -> Toast | None:
    """What the first answer, or its absence, says; nothing where the click already said it all."""
    action, site = click.action, click.site
    domain = site.domain_name
    if action is SiteAction.DISABLE:
        return None
    if settled is None:
        words = "No answer so far; its error log may say why."
        return Toast(f"{domain} has not answered yet", words, is_error=True, site_key=site.key)
    settled = _as_found(settled)
    if settled.status is SiteStatus.FAILING:
        text = "Reload failed" if action is SiteAction.RELOAD else "Start failed"
        return Toast(f"{text}: {domain}", settled.reason, is_error=True, site_key=site.key)
    if settled.status is not SiteStatus.RUNNING:
        return None
    is_reload = action is SiteAction.RELOAD
    words = f"{domain} {action.past if is_reload else 'is up'}"
    if settled.answer is None:
        return _unseen(settled, words, is_reload=is_reload, is_certain=is_certain)
    answer = settled.answer
    detail = f"Answered {answer.status} after {answer.seconds:.1f} s"
    if settled.check is not None and settled.check.problem:
        detail = f"{detail}. {settled.check.problem}"
    return Toast(words, detail, site_key=site.key)


def _unseen(settled: Site, words: str, *, is_reload: bool, is_certain: bool) -> Toast | None:
    """Of a site without a first answer of its new process, which not every host tells of."""
    domain, check = settled.domain_name, settled.check
    answer = check.answer if check else None
    if answer is None and not is_reload:
        return None
    seen = f"It answers {answer.status}; no gap was seen." if answer else "The site was not asked."
    if check is not None and check.problem:
        seen = check.problem
    if not is_certain:
        return Toast(f"Not known: whether {domain} was reloaded", seen, site_key=settled.key)
    detail = seen if answer else f"The host accepted it. {seen}"
    return Toast(words, detail, site_key=settled.key)
