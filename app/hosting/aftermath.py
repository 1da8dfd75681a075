"""What follows a click: the site is waited for, and what became of it is announced."""

import asyncio
from contextlib import suppress
from dataclasses import replace

from app.hosting.changes import Announcement, Change, Changes, SiteChanged
from app.hosting.known import KnownSites
from app.hosting.verdict import Verdicts
from app.models import Site, SiteAction, SiteStatus, Toast

# A site that has not answered by then is said to be still starting.
SETTLE_SECONDS = 60.0


class Aftermath:
    """`verdicts` finds out about sites of hosts that do not tell; None leaves it at what they list.

    To be used on the event loop.
    """

    def __init__(self, known: KnownSites, changes: Changes, verdicts: Verdicts | None) -> None:
        self._known = known
        self._changes = changes
        self._verdicts = verdicts
        self._announcing: set[asyncio.Task[None]] = set()

    async def expect(self, action: SiteAction, site: Site) -> None:
        """Before the call: shows what is expected, so that no later observation is overwritten."""
        expected = _expected(action, site)
        if self._verdicts is not None:
            await self._verdicts.expect(site, _awaited(expected))
        await self._known.save(expected)

    async def take_back(self, action: SiteAction, site: Site) -> None:
        """The call failed: as before, unless something newer has been seen meanwhile."""
        if self._verdicts is not None:
            await self._verdicts.expect(site, None)
        expected, now = _expected(action, site), await self._known.get(*site.key)
        if now is not None and (now.status, now.enabled) == (expected.status, expected.enabled):
            await self._known.save(site)

    def follow(self, action: SiteAction, site: Site, session_id: str) -> None:
        """After the call: finds out what became of it and tells the session's pages."""
        if self._verdicts is not None and action is not SiteAction.DISABLE:
            self._verdicts.find_out(site)
        task = asyncio.create_task(self._announce(action, site, session_id))
        self._announcing.add(task)
        task.add_done_callback(self._announcing.discard)

    async def begun(self, site: Site, session_id: str) -> None:
        """A site has just been made, or got its new command: it is to start if it is enabled."""
        if not site.enabled:
            return
        if self._verdicts is not None:
            await self._verdicts.expect(site, SiteStatus.STARTING)
            await self._known.announce(site.key)
        self.follow(SiteAction.ENABLE, site, session_id)

    async def close(self) -> None:
        if self._verdicts is not None:
            await self._verdicts.close()
        for task in self._announcing:
            task.cancel()
        await asyncio.gather(*self._announcing, return_exceptions=True)

    async def _announce(self, action: SiteAction, site: Site, session_id: str) -> None:
        toast = _outcome(action, site, await self._settled(site))
        if toast is not None:
            self._changes.publish(Announcement(session_id, toast))

    async def _settled(self, site: Site) -> Site | None:
        """The site when it has settled, which it may have done already; None if it does not."""
        with self._changes.subscribe() as queue, suppress(TimeoutError):
            now = await self._known.get(*site.key)
            async with asyncio.timeout(SETTLE_SECONDS):
                while now is None or not now.status.is_settled:
                    now = _about(await queue.get(), site) or now
            return now
        return None


def _expected(action: SiteAction, site: Site) -> Site:
    if action is SiteAction.RELOAD:
        return replace(site, status=SiteStatus.RELOADING, reason="")
    if action is SiteAction.ENABLE:
        return replace(site, enabled=True, status=SiteStatus.STARTING, reason="")
    return replace(site, enabled=False, status=SiteStatus.DISABLED, reason="")


def _awaited(expected: Site) -> SiteStatus | None:
    return None if expected.status.is_settled else expected.status


def _about(change: Change, site: Site) -> Site | None:
    if isinstance(change, SiteChanged) and change.site.key == site.key:
        return change.site
    return None


def _outcome(action: SiteAction, site: Site, settled: Site | None) -> Toast | None:
    """What the first answer, or its absence, says; nothing where the click already said it all."""
    domain = site.domain_name
    if settled is None:
        words = "Its error log may say why."
        return Toast(f"{domain} has not answered yet", words, is_error=True, site_key=site.key)
    if settled.status is SiteStatus.FAILING:
        text = "Reload failed" if action is SiteAction.RELOAD else "Start failed"
        return Toast(f"{text}: {domain}", settled.reason, is_error=True, site_key=site.key)
    if settled.status is not SiteStatus.RUNNING:
        return None
    if settled.answer is None:
        # Not every host says how a site answers.
        accepted = Toast(f"{domain} reloaded", "The host has accepted it.", site_key=site.key)
        return accepted if action is SiteAction.RELOAD else None
    answer = settled.answer
    detail = f"Answered {answer.status} after {answer.seconds:.1f} s"
    words = f"{domain} {action.past if action is SiteAction.RELOAD else 'is up'}"
    return Toast(words, detail, site_key=site.key)
