"""One site under supervision: what its owner wants, what its process does, and how they meet.

The owner's calls return at once; a task then works towards what is wanted *now*, so any order of
quick clicks ends in the state of the last one.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from app.errors import InvalidInput, NotFound, SitedeckError
from app.localhost import reasons
from app.localhost.backoff import LOOP_EXITS, RestartPolicy
from app.localhost.exits import exit_of
from app.localhost.launch import Launcher, SiteProcess
from app.localhost.probe import first_answer
from app.localhost.records import RunRecord, read_record
from app.localhost.specs import SiteSpec, SpecStore
from app.localhost.watch import pipe_end
from app.models import Answer, Exit, HostState

logger = logging.getLogger(__name__)


class SiteIsDisabled(SitedeckError):
    """Only an enabled site can be reloaded."""


@dataclass(frozen=True, slots=True)
class SiteSeams:
    """What a site works with. `start_seconds` is how long it may take to open its socket."""

    launcher: Launcher
    store: SpecStore
    start_seconds: float
    changed: Callable[["ManagedSite"], None]


class ManagedSite:
    """A site and its process. Read its attributes freely; change it through its methods."""

    def __init__(self, spec: SiteSpec, seams: SiteSeams) -> None:
        self.spec = spec
        self.state = HostState.STARTING if spec.enabled else HostState.DISABLED
        self.reason = ""
        self.pid: int | None = None
        self.started_at: float | None = None
        self.answer: Answer | None = None
        self.last_exit: Exit | None = None
        self._seams = seams
        self._policy = RestartPolicy()
        self._process: SiteProcess | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._settling: asyncio.Task[None] | None = None
        self._restart_wanted = False
        self._is_held = False
        self._news = asyncio.Event()
        record = read_record(seams.launcher.paths.record_file(spec.domain_name))
        self.generation = max(spec.generation, record.generation if record else 0)

    @property
    def domain_name(self) -> str:
        return self.spec.domain_name

    @property
    def socket_path(self) -> str:
        """Where the present run listens; without one a path where nobody does."""
        if self._process is None:
            return str(self._seams.launcher.paths.site_socket(self.domain_name, 0))
        return self._process.socket_path

    async def wait_until_ready(self, seconds: float) -> bool:
        """True as soon as the site answers, False if it does not come up or time runs out."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.state in (HostState.STARTING, HostState.RELOADING):
                    await self._news.wait()
        return self.state is HostState.RUNNING

    def begin(self) -> None:
        """Take over what an earlier daemon left running, and go to the wanted state."""
        self._process = self._seams.launcher.adopt(self.spec)
        self._settle_soon()

    def set_enabled(self, enabled: bool) -> None:
        """Raises OSError if it cannot be saved; nothing has changed then."""
        self._refuse_if_held()
        if enabled == self.spec.enabled:
            # Whoever asked expected a change, and waits for one.
            self._tell()
            return
        self._save(replace(self.spec, enabled=enabled))
        # The present process has to go even if the next click comes before it has begun to.
        self._restart_wanted = not enabled or self._restart_wanted
        self._show(HostState.STARTING if enabled else HostState.STOPPING, "")
        self._settle_soon()

    def reload(self) -> None:
        """Begin a reload. Raises SiteIsDisabled, or OSError if it cannot be saved."""
        self._refuse_if_held()
        if not self.spec.enabled:
            raise SiteIsDisabled("The site is disabled. Enable it instead of reloading it.")
        self._save(replace(self.spec, reloaded_at=time.time(), generation=self.generation))
        self._restart_wanted = True
        self._show(HostState.RELOADING, "")
        self._settle_soon()

    def set_command(self, command: str) -> None:
        """Let the site run another command, one that has been checked, from its next start on.

        An enabled site is started anew at once. Raises OSError if it cannot be saved; nothing has
        changed then.
        """
        self._refuse_if_held()
        if command == self.spec.command:
            self._tell()
            return
        self._save(replace(self.spec, command=command, generation=self.generation))
        if self.spec.enabled:
            self._restart_wanted = True
            self._show(HostState.RELOADING, "")
            self._settle_soon()
        else:
            self._tell()

    async def hold(self) -> None:
        """Stop the process for good, without a change to what the owner set."""
        self._is_held = True
        self._show(HostState.STOPPING, "")
        # Not awaited itself: a caller that is cancelled must not cancel the work.
        await asyncio.wait([self._settle_soon()])

    async def detach(self) -> None:
        """Leave the process alone from now on: another daemon will take it over."""
        for task in (self._settling, self._keeper):
            if task is not None:
                task.cancel()
                await asyncio.wait([task])

    def _refuse_if_held(self) -> None:
        """A site on its way out must not write its spec again."""
        if self._is_held:
            raise NotFound(self.domain_name)

    def _save(self, spec: SiteSpec) -> None:
        self._seams.store.save(spec)
        self.spec = spec

    def _show(self, state: HostState, reason: str) -> None:
        if (state, reason) != (self.state, self.reason):
            self.state, self.reason = state, reason
            self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
        self._seams.changed(self)

    def _settle_soon(self) -> asyncio.Task[None]:
        if self._settling is None or self._settling.done():
            self._settling = asyncio.create_task(self._settle())
            self._settling.add_done_callback(_log_failure)
        return self._settling

    async def _settle(self) -> None:
        """Work until what runs is what is wanted, looking again after each step."""
        while True:
            is_wanted = self.spec.enabled and not self._is_held
            if (self._process or self._keeper) and (self._restart_wanted or not is_wanted):
                await self._halt()
                self._restart_wanted = False
            elif is_wanted and self._keeper is None:
                self._restart_wanted = False
                self._policy.reset()
                self._keeper = asyncio.create_task(self._keep())
                self._keeper.add_done_callback(_log_failure)
            else:
                break
        if not self.spec.enabled:
            self._show(HostState.DISABLED, "")

    async def _halt(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
            self._keeper = None
        if self._process is not None:
            await self._process.stop(self._seams.launcher.stop_seconds)
        self._process = self.pid = self.started_at = self.answer = None
        self._seams.launcher.clean(self.domain_name)

    async def _keep(self) -> None:
        """Keep the site running until cancelled: start, watch, start again."""
        started: int | None = None
        while True:
            if self._process is None:
                try:
                    started = self._launch()
                except InvalidInput as error:
                    self._show(HostState.FAILED, str(error))
                    return
                except OSError as error:
                    delay = self._note_failure(0.0, f"No process can start: {error.strerror}.")
                    await asyncio.sleep(delay)
                    continue
            assert self._process is not None
            record = await self._watch(self._process, started)
            self._process, started = None, None
            await asyncio.sleep(self._note_end(record))

    def _launch(self) -> int:
        self.generation += 1
        self._process, started = self._seams.launcher.launch(self.spec, self.generation)
        # What has failed is failing until it answers, not starting with every try.
        if self.state not in (HostState.RELOADING, HostState.BACKOFF, HostState.CRASH_LOOP):
            self._show(HostState.STARTING, self.reason)
        return started

    async def _watch(self, process: SiteProcess, started: int | None) -> RunRecord | None:
        """Look after one run until it ends."""
        answering = asyncio.create_task(self._await_answer(process, started))
        answering.add_done_callback(_log_failure)
        try:
            return await process.wait()
        finally:
            answering.cancel()
            await asyncio.wait([answering])

    async def _await_answer(self, process: SiteProcess, started: int | None) -> None:
        begun = time.monotonic()
        if started is not None:
            await pipe_end(started)
        self._note_start(process.record())
        status = await first_answer(
            process.socket_path,
            self.domain_name,
            self._seams.start_seconds,
            lambda problem: self._show(HostState.FAILED, problem),
        )
        # How long an adopted site took to start is not known.
        if started is not None:
            self.answer = Answer(status, time.monotonic() - begun)
        try:
            self._seams.launcher.publish(self.domain_name, process)
        except OSError as error:
            # The link is for web servers in front; the site itself answers.
            logger.warning("The link to %s was not set: %s", self.domain_name, error)
        self._show(HostState.RUNNING, "")

    def _note_start(self, record: RunRecord | None) -> None:
        if record is not None and record.child is not None and record.exit is None:
            self.pid = record.child.pid
            self.started_at = record.started_at
            self._tell()

    def _note_end(self, record: RunRecord | None) -> float:
        """Keep how the run ended; returns the seconds until the next one."""
        self.pid = self.started_at = self.answer = None
        self.last_exit = exit_of(record, self._seams.launcher.paths, self.domain_name)
        uptime = time.time() - record.started_at if record else 0.0
        ended = record.exit if record else None
        return self._note_failure(uptime, reasons.with_last_words(ended, self.last_exit.stderr))

    def _note_failure(self, uptime: float, reason: str) -> float:
        retry = self._policy.note_exit(uptime)
        if retry.is_loop:
            self._show(HostState.CRASH_LOOP, reasons.crash_loop(LOOP_EXITS, reason))
        else:
            self._show(HostState.BACKOFF if retry.delay else HostState.STARTING, reason)
        return retry.delay


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        logger.error("A site's task failed", exc_info=task.exception())
