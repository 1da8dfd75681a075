"""What an exchange is given: what all connections of a proxy share, and its client."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from app.localhost.proxy.limits import ProxyLimits
from app.localhost.proxy.pool import SitePools
from app.localhost.proxy.sites import SiteDirectory


@dataclass(slots=True)
class ProxyContext:
    """`record` gets (domain, access-log line) for each finished request of a known site."""

    directory: SiteDirectory
    record: Callable[[str, bytes], None]
    limits: ProxyLimits
    loop: asyncio.AbstractEventLoop
    pools: SitePools = field(init=False)
    is_closing: bool = False

    def __post_init__(self) -> None:
        self.pools = SitePools(self.limits)


class Client(Protocol):
    """The connection that a request came on, as the exchange of that request uses it."""

    @property
    def address(self) -> bytes:
        """Its IP address."""

    def write(self, data: bytes) -> None: ...

    def expire_in(self, seconds: float | None) -> None:
        """Call `expire` of the exchange after so many seconds; never with None."""

    def update_reading(self) -> None:
        """Look again whether the request's body is wanted now."""

    def on_exchange_done(self, *, keeps_open: bool) -> None: ...

    def abort(self, *, is_reset: bool) -> None:
        """End the connection so that the client sees an incomplete answer."""
