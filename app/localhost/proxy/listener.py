"""Keeps the proxy listening: a port in use is reported and tried again, never fatal."""

import asyncio
import errno
from typing import Protocol

RETRY_SECONDS = 3.0


class Listening(Protocol):
    """The part of the proxy that opens its port."""

    address: tuple[str, int] | None

    async def start(self, host: str, port: int) -> None: ...

    async def close(self) -> None: ...


class SitesListener:
    """The address where sites are served. `error` is empty once the proxy listens."""

    def __init__(self, proxy: Listening, host: str, port: int) -> None:
        self._proxy = proxy
        self._host = host
        self._port = port
        self.error = ""

    @property
    def port(self) -> int:
        """The real port; the wanted one while it cannot be opened."""
        return self._proxy.address[1] if self._proxy.address else self._port

    @property
    def address(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{host}:{self.port}"

    async def open(self) -> bool:
        """Try once to listen; what failed is in `error`."""
        try:
            await self._proxy.start(self._host, self._port)
        except OSError as error:
            self.error = self._explain(error)
            return False
        self.error = ""
        return True

    async def keep_trying(self) -> None:
        """Return when the proxy listens."""
        while True:
            if await self.open():
                return
            await asyncio.sleep(RETRY_SECONDS)

    async def close(self) -> None:
        await self._proxy.close()

    def _explain(self, error: OSError) -> str:
        if error.errno == errno.EADDRINUSE:
            return f"Port {self._port} is in use by another program."
        if error.errno == errno.EACCES:
            return f"This user may not open port {self._port}."
        return f"{self.address} cannot be opened: {error.strerror or error}."
