"""Where the logs of any account are to be read: files of this machine as they are, others as
mirrors."""

import shutil
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import Protocol

from anyio import to_thread

from app.errors import NotFound
from app.hosting.client import HostingClient
from app.logs.remote.folders import LogFolders
from app.logs.remote.poller import RemoteLogs
from app.models import LogKind, LogName, SiteKey, parse_listed_domain
from app.store.accounts import LOCAL


class LocalLogs(Protocol):
    """Where the local host keeps its logs and their arrival indexes."""

    def log_file(self, domain: str, name: LogName) -> Path: ...

    def times_file(self, domain: str, name: LogName) -> Path: ...


class LogSources:
    """`clients` is the live mapping of the accounts; mirrors lie below `folder`.

    Logs of an account in `own` are read there, without a call.
    """

    def __init__(
        self,
        local: LocalLogs,
        folder: Path,
        clients: Mapping[str, HostingClient],
        own: LogFolders,
    ) -> None:
        self._local = local
        self._folder = folder
        self._clients = clients
        self._own = own
        self._remote: dict[str, tuple[HostingClient, RemoteLogs]] = {}

    def log(self, key: SiteKey, name: LogName) -> Path:
        """Raises NotFound for an account that is not connected, InvalidInput for a domain."""
        if key[0] == LOCAL.id:
            return self._local.log_file(key[1], name)
        own = self._own_folder(key[0])
        if own is not None:
            return own / name.file_name(parse_listed_domain(key[1]))
        return self._connected(key[0]).log(key[1], name)

    def times(self, key: SiteKey, name: LogName) -> Path | None:
        """The arrival index of a log, if there is one; nobody keeps one of an account's own folder.

        Raises NotFound for an account that is not connected, InvalidInput for a domain.
        """
        if key[0] == LOCAL.id:
            return self._local.times_file(key[1], name)
        if self._own_folder(key[0]) is not None:
            return None
        return self._connected(key[0]).times(key[1], name)

    def watch(self, key: SiteKey, kind: LogKind) -> AbstractAsyncContextManager[None]:
        """Keeps a mirror growing while the block runs; a file of this machine grows by itself."""
        remote = self._remote_of(key[0])
        return remote.watch(key[1], kind) if remote else nullcontext()

    def check(self, key: SiteKey, kind: LogKind) -> AbstractAsyncContextManager[None]:
        """Keeps a mirror up to date with few calls while the block runs, once it has been read.

        Raises NotFound for an account that is not connected.
        """
        if key[0] == LOCAL.id or self._own_folder(key[0]) is not None:
            return nullcontext()
        return self._connected(key[0]).check(key[1], kind)

    async def next_look(self, key: SiteKey, kind: LogKind, *, may_have_begun: bool = False) -> None:
        """Returns when a watched mirror has been brought up to date once more."""
        remote = self._remote_of(key[0])
        if remote is not None:
            await remote.next_look(key[1], kind, may_have_begun=may_have_begun)

    def state(self, key: SiteKey, kind: LogKind) -> tuple[float | None, str] | None:
        """Seconds since a mirrored log was last read well, and why not since; None for others."""
        remote = self._remote_of(key[0])
        return (remote.age(key[1], kind), remote.problem(key[1], kind)) if remote else None

    def resume(self, account_id: str) -> None:
        """The account's token is another now."""
        remote = self._remote_of(account_id)
        if remote is not None:
            remote.resume()

    async def forget(self, key: SiteKey, kind: LogKind) -> None:
        """Deletes the mirror of a log that has been deleted at its host."""
        remote = self._remote_of(key[0])
        if remote is not None:
            await remote.forget(key[1], kind)

    async def remove(self, account_id: str) -> None:
        """Stops reading the logs of an account that is removed, and deletes their mirrors."""
        known = self._remote.pop(account_id, None)
        if known is not None:
            await known[1].close()
        if account_id != LOCAL.id:
            folder = self._folder / account_id
            await to_thread.run_sync(lambda: shutil.rmtree(folder, ignore_errors=True))

    async def close(self) -> None:
        for _, remote in self._remote.values():
            await remote.close()

    def _connected(self, account_id: str) -> RemoteLogs:
        remote = self._remote_of(account_id)
        if remote is None:
            raise NotFound("This account is not connected.")
        return remote

    def _own_folder(self, account_id: str) -> Path | None:
        client = self._clients.get(account_id)
        return self._own.of(client.account) if client is not None else None

    def _remote_of(self, account_id: str) -> RemoteLogs | None:
        """None for logs that are not mirrored."""
        if account_id == LOCAL.id or self._own_folder(account_id) is not None:
            return None
        client = self._clients.get(account_id)
        known = self._remote.get(account_id)
        # An account that was removed and added again has another client.
        if client is not None and (known is None or known[0] is not client):
            known = (client, RemoteLogs(client, self._folder / account_id))
            self._remote[account_id] = known
        return known[1] if known else None
