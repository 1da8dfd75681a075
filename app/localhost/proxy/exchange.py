"""Carries one request to its site and the answer back.

Everything happens in callbacks; only finding a connection that is not there yet takes a task.
The client tells of the request (`start`, `on_request_data` ...), the upstream of the answer.
"""

import asyncio

from app.localhost.proxy import pages
from app.localhost.proxy.answer import AnswerWriter
from app.localhost.proxy.context import Client, ProxyContext
from app.localhost.proxy.events import AnswerHead
from app.localhost.proxy.handshake import upgrade_refusal
from app.localhost.proxy.headers import request_head
from app.localhost.proxy.heads import Headers, RequestHead
from app.localhost.proxy.pool import SitePool
from app.localhost.proxy.reach import reach, refusal
from app.localhost.proxy.sites import SiteEntry
from app.localhost.proxy.upstream import Upstream
from app.models import HostState


class Exchange:
    """One request and its answer. `started_at` is the loop's time of the request's first byte."""

    def __init__(
        self, context: ProxyContext, client: Client, head: RequestHead, started_at: float
    ) -> None:
        self._context = context
        self._client = client
        self._head = head
        self._started_at = started_at
        self._answer = AnswerWriter(head)
        self._site: SiteEntry | None = None
        self._pool: SitePool | None = None
        self._upstream: Upstream | None = None
        self._task: asyncio.Task[None] | None = None
        self._pending: list[bytes] = []
        self._is_body_complete = not head.has_body
        self._is_site_reading = True
        self._is_retried = False

    @property
    def is_endless(self) -> bool:
        """Whether it goes on for as long as its two ends want it to."""
        return False

    @property
    def takes_data(self) -> bool:
        """Whether more of the request's body is wanted now."""
        return self._upstream is not None and self._is_site_reading

    def start(self, refused: pages.Page | None = None) -> None:
        """Find the site and send the request on, or answer with `refused`."""
        self._site = site = self._context.directory.find(self._head.host_name)
        if site is None:
            self.answer_with(refused or pages.UNKNOWN_HOST)
            return
        pool = self._context.pools.of(site)
        page = refused or self._refusal(site, pool)
        if page is not None:
            self.answer_with(page)
            return
        self._pool = pool
        pool.in_flight += 1
        self._expect_next()
        upstream = None
        if site.state is HostState.RUNNING and self._head.is_repeatable:
            # A kept connection may just be closing. Only what may be sent twice goes there.
            upstream = pool.take(site.socket_path)
        if upstream is not None:
            self._send(upstream)
        else:
            self._reach_in_task(site)

    def _refusal(self, site: SiteEntry, pool: SitePool) -> pages.Page | None:
        page = upgrade_refusal(self._head) or refusal(site.state)
        return pages.TOO_BUSY if page is None and pool.is_full else page

    def _reach_in_task(self, site: SiteEntry) -> None:
        self._task = self._context.loop.create_task(self._reach(site))

    async def _reach(self, site: SiteEntry) -> None:
        outcome = await reach(site, self._context.limits)
        self._task = None
        if isinstance(outcome, Upstream):
            self._send(outcome)
        else:
            self.answer_with(outcome)

    def _send(self, upstream: Upstream) -> None:
        self._upstream = upstream
        head = request_head(self._head, self._client.address)
        upstream.send(self, head, is_head_request=self._head.method == b"HEAD")
        for piece in self._pending:
            upstream.write(piece)
        self._pending.clear()
        if not self._is_body_complete:
            self._client.update_reading()

    def _expect_next(self) -> None:
        """Start the time for what must come next: the rest of the body, or the answer."""
        limits = self._context.limits
        if not self._is_body_complete:
            self._client.expire_in(limits.idle_seconds)
        elif self._answer.status:
            self._client.expire_in(None)
        else:
            self._client.expire_in(limits.first_byte_seconds)

    # Told by the client.

    def on_request_data(self, data: bytes) -> None:
        """A piece of the request's body."""
        if self._head.is_chunked:
            data = b"%x\r\n%b\r\n" % (len(data), data)
        self._write_to_site(data)
        self._expect_next()

    def on_request_complete(self) -> None:
        self._is_body_complete = True
        if self._head.is_chunked:
            self._write_to_site(b"0\r\n\r\n")
        self._expect_next()

    def _write_to_site(self, data: bytes) -> None:
        if self._upstream is not None:
            self._upstream.write(data)
        else:
            self._pending.append(data)

    def on_client_ready_to_read(self, is_ready: bool) -> None:
        """Whether the client takes more of the answer."""
        if self._upstream is not None and is_ready:
            self._upstream.resume()
            self._expect_next()
        elif self._upstream is not None:
            self._upstream.pause()
            self._client.expire_in(self._context.limits.idle_seconds)

    def on_client_eof(self) -> None:
        """A client that is gone is felt by the site at once, as if nothing were in between."""
        self._client.abort(is_reset=False)

    def on_client_lost(self) -> None:
        self._let_go_of_site()
        self._end()

    def expire(self) -> None:
        """What `expire_in` waited for did not come."""
        if self._answer.is_begun:
            self._client.abort(is_reset=True)
        elif not self._is_body_complete and self.takes_data:
            self.answer_with(pages.HEAD_TOO_LATE)
        else:
            self.answer_with(pages.TOO_SLOW)

    # Told by the upstream.

    def on_interim(self, status: int, headers: Headers) -> None:
        self._answer.add_interim(status, headers)

    def on_answer(self, head: AnswerHead) -> None:
        self._answer.begin(head, may_keep_open=self._may_keep_open)
        self._expect_next()

    def on_switch(self, headers: Headers, early: bytes) -> None:
        """Nobody has asked for another protocol."""
        self.answer_with(pages.UNREACHABLE)

    def on_answer_data(self, data: bytes) -> None:
        self._answer.add(data)

    def on_pieces_read(self) -> None:
        self._client.write(self._answer.take())

    def on_site_ready_to_read(self, is_ready: bool) -> None:
        self._is_site_reading = is_ready
        self._client.update_reading()

    def on_answer_complete(self, *, is_reusable: bool) -> None:
        self._answer.end()
        self._client.write(self._answer.take())
        upstream, self._upstream = self._upstream, None
        if upstream is not None and self._pool is not None and self._site is not None:
            if is_reusable and self._is_body_complete:
                upstream.resume()
                self._pool.give_back(upstream, self._site.socket_path)
            else:
                upstream.close()
        self._finish()

    def on_answer_failed(self, *, is_untouched: bool) -> None:
        upstream, self._upstream = self._upstream, None
        was_kept = upstream is not None and upstream.is_used
        if self._site is not None and was_kept and is_untouched and not self._is_retried:
            self._is_retried = True
            self._reach_in_task(self._site)
        elif not self._answer.is_begun:
            self.answer_with(pages.UNREACHABLE)
        else:
            self._end()
            self._client.abort(is_reset=self._answer.is_unframed)

    # The end.

    @property
    def _may_keep_open(self) -> bool:
        is_open = self._is_body_complete and not self._context.is_closing
        return is_open and self._head.is_persistent

    def answer_with(self, page: pages.Page) -> None:
        """Answer with a page of the proxy; if an answer has begun, break it off."""
        self._let_go_of_site()
        if self._answer.is_begun:
            self._client.abort(is_reset=True)
            return
        self._answer.replace_with(page, may_keep_open=self._may_keep_open)
        self._client.write(self._answer.take())
        self._finish()

    def _let_go_of_site(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if self._upstream is not None:
            self._upstream.close()
            self._upstream = None

    def _finish(self) -> None:
        self._end()
        self._client.on_exchange_done(keeps_open=self._answer.keeps_open)

    def _end(self) -> None:
        """Free the place in the site's queue and write the access log, once."""
        if self._pool is not None:
            self._pool.in_flight -= 1
            self._pool = None
        site, self._site = self._site, None
        if site is not None:
            seconds = self._context.loop.time() - self._started_at
            line = self._answer.log_line(self._client.address, seconds)
            self._context.record(site.domain_name, line)
