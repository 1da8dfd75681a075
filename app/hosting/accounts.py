"""The accounts while the dashboard runs: added after a call that proves the token, kept in step."""

import asyncio
import logging
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from anyio import to_thread

from app.errors import (
    ConfigurationError,
    HostingError,
    HostRefused,
    HostUnavailable,
    InvalidInput,
    NotFound,
    SitedeckError,
    TokenRefused,
)
from app.hosting.attention import Attention
from app.hosting.changes import Changes, ListChanged
from app.hosting.client import HostingClient
from app.hosting.cpu import CpuWatch
from app.hosting.governor import Governor
from app.hosting.known import KnownSites
from app.hosting.refresh import RemoteRefresh
from app.models import Account, AccountKind, CallBudget, Secret
from app.store.accounts import LOCAL, Accounts

_log = logging.getLogger(__name__)

TOKEN_FIELD = "token"
_TOKEN = re.compile(r"[0-9A-Za-z._-]{20,200}")
_USERNAME = re.compile(r"[0-9A-Za-z_-]{1,64}")


class TokenBox(Protocol):
    """Seals tokens for one account and field (the vault)."""

    def encrypt(self, secret: Secret, account_id: str, field: str) -> str: ...

    def decrypt(self, ciphertext: str, account_id: str, field: str) -> Secret: ...


@dataclass(frozen=True, slots=True)
class ConnectionTest:
    """What a test call found: how many `sites` the account has, after how many `seconds`."""

    sites: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Connected:
    """A PythonAnywhere account in use: its client and what keeps what is known of it fresh."""

    client: HostingClient
    refresh: RemoteRefresh
    cpu: CpuWatch
    tasks: tuple["asyncio.Task[None]", ...]


class AccountService:
    """`clients` holds a client for every account; it changes as accounts come and go."""

    def __init__(
        self,
        store: Accounts,
        known: KnownSites,
        changes: Changes,
        box: TokenBox,
        api_hosts: Mapping[str, str],
        ca_file: Path | None,
        local_client: HostingClient | None,
        attention: Attention,
    ) -> None:
        self.api_hosts = api_hosts
        self.clients: dict[str, HostingClient] = {}
        self._store = store
        self._known = known
        self._changes = changes
        self._box = box
        self._ca_file = ca_file
        self._attention = attention
        attention.on_return = self._refresh_all_soon
        self._connected: dict[str, Connected] = {}
        # By API host and user, whose calls it counts however many tokens and tries they come from.
        self._governors: dict[tuple[str, str], Governor] = {}
        if local_client is not None:
            self.clients[LOCAL.id] = local_client

    async def start(self) -> None:
        """Connects the accounts that are kept."""
        for account in await to_thread.run_sync(self._store.all):
            if account.kind is AccountKind.PYTHONANYWHERE:
                try:
                    self._connect(account)
                except HostUnavailable as error:
                    # The other accounts are still of use; its page says that this one is not.
                    _log.error("%s cannot be connected: %s", account.label, error)

    async def close(self) -> None:
        for account_id in tuple(self._connected):
            await self._disconnect(account_id)
        for client in self.clients.values():
            await client.close()

    async def add(self, label: str, api_host: str, username: str, token: str) -> Account:
        """Proves the token with a call, then keeps it sealed. Raises InvalidInput or HostingError.

        The account gets an id that reads like its label, for its addresses.
        """
        label, username, token = label.strip(), username.strip(), token.strip()
        self._check(label, api_host, username, token)
        taken = {LOCAL.id} | {kept.id for kept in await to_thread.run_sync(self._store.all)}
        account = Account(
            _new_id(label, taken), AccountKind.PYTHONANYWHERE, label, username, api_host, token[-4:]
        )
        await self._prove(account, token)
        sealed = self._box.encrypt(Secret(token), account.id, TOKEN_FIELD)
        await to_thread.run_sync(self._store.add, account, sealed)
        self._connect(account)
        self._changes.publish(ListChanged())
        return account

    async def replace_token(self, account: Account, token: str) -> None:
        """Like `add`: the old token stays until the new one is proven."""
        token = token.strip()
        _check_token(token)
        await self._prove(account, token)
        sealed = self._box.encrypt(Secret(token), account.id, TOKEN_FIELD)
        await to_thread.run_sync(self._store.set_token, account.id, sealed, token[-4:])
        connected = self._connected.get(account.id)
        if connected is not None:
            connected.refresh.resume()

    async def test(self, account: Account) -> ConnectionTest:
        """Raises HostingError."""
        client = self.client(account.id)
        connected = self._connected.get(account.id)
        start = time.monotonic()
        try:
            sites = await client.list_sites()
        except HostingError:
            # What a person has just found out, the pages are to say soon.
            self.refresh_soon(account.id)
            raise
        taken = time.monotonic() - start
        if connected is not None:
            # The token is good, whatever was said of it before.
            connected.refresh.resume()
        return ConnectionTest(len(sites), taken)

    async def remove(self, account: Account) -> None:
        """Forgets the account and its token here; its sites keep running there."""
        await self._disconnect(account.id)
        await to_thread.run_sync(self._store.remove, account.id)
        self._changes.publish(ListChanged())

    def client(self, account_id: str) -> HostingClient:
        """Raises NotFound."""
        client = self.clients.get(account_id)
        if client is None:
            raise NotFound("There is no such account.")
        return client

    def refresh_soon(self, account_id: str) -> None:
        """Something was changed there: the list is read again before its time."""
        connected = self._connected.get(account_id)
        if connected is not None:
            connected.refresh.refresh_soon()

    def _refresh_all_soon(self) -> None:
        for connected in self._connected.values():
            connected.refresh.refresh_soon()
            connected.cpu.look_soon()

    def refresh_of(self, account_id: str) -> RemoteRefresh | None:
        """What keeps the account's list fresh; None for the local host."""
        connected = self._connected.get(account_id)
        return connected.refresh if connected else None

    def cpu_of(self, account_id: str) -> CpuWatch | None:
        """What is known of the account's CPU seconds; None for the local host."""
        connected = self._connected.get(account_id)
        return connected.cpu if connected else None

    def budgets_of(self, account_id: str) -> list[CallBudget]:
        """The calls of the last minute by class; nothing where there is no limit."""
        client = self.clients.get(account_id)
        return client.budgets() if client else []

    def _check(self, label: str, api_host: str, username: str, token: str) -> None:
        if not label or len(label) > 40 or not label.isprintable():
            raise InvalidInput("Type a name of at most 40 characters.", "label")
        if api_host not in self.api_hosts:
            raise InvalidInput("Choose the system that the account is on.", "host")
        if not _USERNAME.fullmatch(username):
            raise InvalidInput("Type the user name of the account, not an e-mail.", "username")
        _check_token(token)

    async def _prove(self, account: Account, token: str) -> None:
        client = self._client(account, lambda: token)
        try:
            await client.list_sites()
        except TokenRefused as error:
            raise InvalidInput(str(error), "token") from None
        except HostRefused as error:
            if error.status not in (403, 404):
                raise
            raise InvalidInput(
                f"This token does not belong to {account.username}. ({error})", "username"
            ) from None
        finally:
            await client.close()

    def _connect(self, account: Account) -> None:
        client = self._client(account, lambda: self._token_of(account.id))

        def is_watched() -> bool:
            return self._attention.is_paid

        refresh = RemoteRefresh(account, client, self._known, self._changes, is_watched=is_watched)
        cpu = CpuWatch(client, is_watched)
        tasks = (asyncio.create_task(refresh.run()), asyncio.create_task(cpu.run()))
        self.clients[account.id] = client
        self._connected[account.id] = Connected(client, refresh, cpu, tasks)

    async def _disconnect(self, account_id: str) -> None:
        connected = self._connected.pop(account_id, None)
        if connected is None:
            return
        self.clients.pop(account_id, None)
        for task in connected.tasks:
            task.cancel()
        await asyncio.gather(*connected.tasks, return_exceptions=True)
        await connected.client.close()

    def _client(self, account: Account, read_token: Callable[[], str]) -> HostingClient:
        """Raises HostUnavailable if the server's configuration does not fit the account."""
        try:
            address = self.api_hosts[account.api_host]
            governor = self._governors.setdefault((account.api_host, account.username), Governor())
            return HostingClient.remote(
                account, address, read_token, self._ca_file, governor=governor
            )
        except (KeyError, ConfigurationError) as error:
            raise HostUnavailable(
                f"The API address {account.api_host!r} cannot be used as it is configured: {error}"
            ) from None

    def _token_of(self, account_id: str) -> str:
        sealed = self._store.token_of(account_id)
        try:
            return self._box.decrypt(sealed, account_id, TOKEN_FIELD).reveal()
        except SitedeckError as error:
            raise TokenRefused(str(error)) from None


def _check_token(token: str) -> None:
    if not _TOKEN.fullmatch(token):
        raise InvalidInput("This is not an API token: one has 40 letters and digits.", "token")


def _new_id(label: str, taken: set[str]) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")[:24] or "account"
    return slug if slug not in taken else f"{slug}-{secrets.token_hex(2)}"
