"""Asks a site at its own public address whether it answers, without trusting it with anything.

The second importer of httpx beside the client of the API: what is asked here never carries a
token, follows no redirect and reads no body.
"""

import asyncio
import errno
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

import httpx

from app import __version__
from app.models import Answer

TOTAL_SECONDS = 10.0
MOST_ADDRESSES = 3
LOOK_UPS_AT_ONCE = 16
_TOO_SLOW = "It did not answer in time."
# What is missing then is this machine's network, not the site.
_NO_ROUTE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EAFNOSUPPORT, errno.ENETDOWN})
# Ways to write an IPv4 address, and addresses that are of a site only.
_NAT64 = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))
_NEVER = (ip_network("::/96"), ip_network("fec0::/10"))

IpAddress = IPv4Address | IPv6Address
Resolver = Callable[[str], Awaitable[Sequence[IpAddress]]]


@dataclass(frozen=True, slots=True)
class Silence:
    """The site was asked and gave no answer; `reason` says what happened instead."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unasked:
    """The site cannot be asked from this machine, which says nothing about the site."""

    reason: str


Ask = Callable[[str], Awaitable[Answer | Silence | Unasked]]
"""Asks a site at its address."""


async def ask_within(seconds: float, ask: Ask, url: str) -> Answer | Silence | Unasked:
    try:
        async with asyncio.timeout(seconds):
            return await ask(url)
    except TimeoutError:
        return Silence(_TOO_SLOW)


async def resolve(host: str) -> Sequence[IpAddress]:
    """The addresses of a host name, IPv4 first. Raises OSError."""
    look_up = partial(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_look_ups(), look_up)
    addresses = {ip_address(str(entry[4][0]).partition("%")[0]) for entry in found}
    return sorted(addresses, key=lambda address: (address.version, int(address)))


def is_public(address: IpAddress) -> bool:
    """Whether strangers may ask it: no loopback, private, link-local or multicast address."""
    if isinstance(address, IPv6Address):
        if any(address in network for network in (*_NAT64, *_NEVER)):
            return False
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


class Prober:
    """`resolver` and `is_allowed` are given by tests, whose sites are on this machine."""

    def __init__(
        self,
        resolver: Resolver = resolve,
        is_allowed: Callable[[IpAddress], bool] = is_public,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._resolver = resolver
        self._is_allowed = is_allowed
        self._total_seconds = total_seconds

    async def ask(self, url: str) -> Answer | Silence | Unasked:
        """One GET of an http or https address; `Answer.seconds` is the time to its head."""
        host = ""
        try:
            host = urlsplit(url).hostname or ""
            async with asyncio.timeout(self._total_seconds):
                addresses = await self._resolver(host)
        except (OSError, TimeoutError, UnicodeError, ValueError):
            return Unasked(f"The name {host} is not known to this machine's name server.")
        # One address of this network among them is enough to lead a request astray.
        if not addresses or not all(map(self._is_allowed, addresses)):
            return Unasked(f"{host} is not a public address, and Sitedeck asks no others.")
        for address in addresses[:MOST_ADDRESSES]:
            start = time.monotonic()
            try:
                async with asyncio.timeout(self._total_seconds):
                    status = await _get_status(url, address)
            except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
                if not _is_without_route(error):
                    return Silence(_words(error))
            else:
                return Answer(status, time.monotonic() - start)
        return Unasked(f"This machine has no way to the addresses of {host}.")


async def _get_status(url: str, address: IpAddress) -> int:
    """Connects to the address that was checked, not to what the name means a moment later."""
    parts = urlsplit(url)
    host = f"[{address}]" if address.version == 6 else str(address)
    netloc = f"{host}:{parts.port}" if parts.port else host
    request = httpx.Request(
        "GET",
        parts._replace(netloc=netloc).geturl(),
        headers={"host": parts.netloc, "user-agent": f"Sitedeck/{__version__} (is it up?)"},
        extensions={"sni_hostname": parts.hostname},
    )
    async with httpx.AsyncClient(
        verify=_tls_context(), trust_env=False, follow_redirects=False, timeout=None
    ) as client:
        response = await client.send(request, stream=True)
        try:
            return response.status_code
        finally:
            await response.aclose()


@cache
def _look_ups() -> ThreadPoolExecutor:
    """Threads apart from those of everything else: name servers that do not answer hold theirs."""
    return ThreadPoolExecutor(LOOK_UPS_AT_ONCE, "look-up")


@cache
def _tls_context() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


def _is_without_route(error: BaseException | None) -> bool:
    """Whether the connection failed on this side; the cause is below the client's own errors."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _NO_ROUTE:
            return True
        error = error.__cause__ or error.__context__
    return False


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return _TOO_SLOW
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "Its certificate cannot be trusted."
    if isinstance(error, httpx.ConnectError):
        return "It does not accept connections."
    return "It broke off the connection."
