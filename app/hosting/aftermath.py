"""What follows a click: the site is waited for, and what became of it is announced."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app.hosting.changes import Announcement, Change, Changes, SiteChanged
from app.hosting.known import KnownSites
from app.hosting.verdict import Verdicts
from app.models import Site, SiteAction, SiteKey, SiteStatus, Toast

# A site that has not answered by then is said to be still starting. Longer than any verdict takes.
SETTLE_SECONDS = 75.0


@dataclass(frozen=True, slots=True, eq=False)
class Click:
    """What is to be done to a site, which is as it was known before."""

    action: SiteAction
    site: Site


class Aftermath:
    """`verdicts` finds out about sites of hosts that do not tell; None leaves it at what they list.

    To be used on the event loop.
    """

    def __init__(self, known: KnownSites, changes: Changes, verdicts: Verdicts | None) -> None:
        self._known = known
        self._changes = changes
        self._verdicts = verdicts
        self._announcing: set[asyncio.Task[None]] = set()
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
        now = await self._known.get(*site.key)
        if now is None or now.seen_at != site.seen_at or self._known.is_in_work(site.key):
            return
        before = now if now.status is SiteStatus.UNKNOWN else site
        await self._known.save(
            replace(now, enabled=site.enabled, status=before.status, reason=before.reason)
        )

    async def follow(self, click: Click, session_id: str, *, is_certain: bool = True) -> None:
        """After the call: finds out what became of it and tells the session's pages.

        `is_certain` is False if the answer to the call was lost.
        """
        site, now = click.site, datetime.now(UTC)
        self._end(click)
        if self._verdicts is not None:
            self._verdicts.find_out(site, _awaited(_expected(click)))
        task = asyncio.create_task(self._announce(click, session_id, is_certain))
        self._announcing.add(task)
        task.add_done_callback(self._announcing.discard)
        if click.action is SiteAction.RELOAD and is_certain and not site.is_local:
            await self._known.note_reload(site.key, now)

    async def begun(
        self, site: Site, session_id: str, action: SiteAction = SiteAction.ENABLE
    ) -> None:
        """A site has just been made, got its new command, or was switched off and on to reload it:
        it is to start if it is enabled."""
        if not site.enabled:
            return
        click = Click(action, site)
        self._newest[site.key] = click
        if self._verdicts is not None and not site.is_local:
            await self._verdicts.expect(site, _awaited(_expected(click)))
            await self._known.save(_as_listed(site))
        await self.follow(click, session_id)

    async def close(self) -> None:
        if self._verdicts is not None:
            await self._verdicts.close()
        for task in self._announcing:
            task.cancel()
        await asyncio.gather(*self._announcing, return_exceptions=True)

    def _end(self, click: Click) -> bool:
        """Its call has ended. False if it was not the newest click on its site any more."""
        is_newest = self._newest.get(click.site.key) is click
        if is_newest:
            del self._newest[click.site.key]
        return is_newest

    async def _announce(self, click: Click, session_id: str, is_certain: bool) -> None:
        toast = _outcome(click, await self._settled(click.site), is_certain)
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


def _outcome(click: Click, settled: Site | None, is_certain: bool) -> Toast | None:
    """What the first answer, or its absence, says; nothing where the click already said it all."""
    action, site = click.action, click.site
    domain = site.domain_name
    if settled is None:
        words = "Its error log may say why."
        return Toast(f"{domain} has not answered yet", words, is_error=True, site_key=site.key)
    if settled.status is SiteStatus.FAILING:
        text = "Reload failed" if action is SiteAction.RELOAD else "Start failed"
        return Toast(f"{text}: {domain}", settled.reason, is_error=True, site_key=site.key)
    if settled.status is not SiteStatus.RUNNING:
        return None
    is_reload = action is SiteAction.RELOAD
    if settled.answer is None:
        # Not every host says how a site answers.
        return _reloaded_unseen(settled, is_certain) if is_reload else None
    answer = settled.answer
    detail = f"Answered {answer.status} after {answer.seconds:.1f} s"
    words = f"{domain} {action.past if is_reload else 'is up'}"
    return Toast(words, detail, site_key=site.key)


def _reloaded_unseen(settled: Site, is_certain: bool) -> Toast:
    """Of a reload without a first answer of the new process."""
    domain, answer = settled.domain_name, settled.check.answer if settled.check else None
    seen = f"It answers {answer.status}; no gap was seen." if answer else "The site was not asked."
    if not is_certain:
        return Toast(f"Not known: whether {domain} was reloaded", seen, site_key=settled.key)
    detail = seen if answer else f"The host accepted it. {seen}"
    return Toast(f"{domain} reloaded", detail, site_key=settled.key)
