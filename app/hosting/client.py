"""The client of PythonAnywhere's API, spoken by the local host too. The only importer of httpx."""

import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from app.errors import HostRefused, HostUnavailable
from app.hosting.wire import HostInfo, parse_host_info, parse_site, parse_sites
from app.models import Account, Site

MAX_ANSWER_BYTES = 5 * 1024 * 1024
# The local host says something at least every 15 s; two silences mean that it is gone.
EVENT_SILENCE_SECONDS = 35.0

# Both write the addresses they call at INFO.
for noisy in ("httpx", "httpcore"):
    logging.getLogger(noisy).setLevel(logging.WARNING)


class HostingClient:
    """Calls one account's API. `read_token` is asked at every call, so tokens are never kept here.

    Every method raises HostUnavailable if there is no usable answer and HostRefused if the API
    answered with an error.
    """

    def __init__(
        self,
        account: Account,
        base_url: str,
        transport: httpx.AsyncBaseTransport,
        read_token: Callable[[], str],
    ) -> None:
        self.account = account
        self._read_token = read_token
        self._http = httpx.AsyncClient(
            base_url=base_url,
            transport=transport,
            timeout=httpx.Timeout(15.0, connect=5.0),
            follow_redirects=False,
            trust_env=False,
        )
        self._websites = f"/api/v1/user/{quote(account.username, safe='')}/websites/"

    @classmethod
    def local(cls, account: Account, socket: Path, token_file: Path) -> "HostingClient":
        """A client of the local host: HTTP over its Unix socket."""

        def read_token() -> str:
            try:
                return token_file.read_text().strip()
            except OSError:
                raise HostUnavailable("The local host has not started yet.") from None

        transport = httpx.AsyncHTTPTransport(uds=str(socket))
        return cls(account, "http://localhost", transport, read_token)

    async def close(self) -> None:
        await self._http.aclose()

    async def list_sites(self) -> list[Site]:
        answer = await self._call("GET", self._websites)
        return parse_sites(self.account, answer)

    async def get_site(self, domain_name: str) -> Site:
        return parse_site(self.account, await self._call("GET", self._website(domain_name)))

    async def create_site(
        self, domain_name: str, command: str, working_directory: str, *, enabled: bool = True
    ) -> Site:
        """`working_directory` is the local host's extra field; empty means the home folder."""
        body: dict[str, Any] = {
            "domain_name": domain_name,
            "enabled": enabled,
            "webapp": {"command": command},
        }
        if working_directory:
            body["working_directory"] = working_directory
        answer = await self._call("POST", self._websites, body)
        return parse_site(self.account, answer)

    async def set_enabled(self, domain_name: str, enabled: bool) -> Site:
        answer = await self._call("PATCH", self._website(domain_name), {"enabled": enabled})
        return parse_site(self.account, answer)

    async def reload_site(self, domain_name: str) -> None:
        """Returns when the reload has begun; the answer says nothing about its outcome."""
        await self._call("POST", f"{self._website(domain_name)}reload/")

    async def delete_site(self, domain_name: str) -> None:
        await self._call("DELETE", self._website(domain_name))

    async def host_info(self) -> HostInfo:
        """Local host only: its version, pid and the address of its sites."""
        return parse_host_info(await self._call("GET", "/api/host/"))

    async def stop_host(self, *, stop_sites: bool) -> None:
        """Local host only: ends the daemon, with or without its sites."""
        await self._call("POST", "/api/host/stop/", {"stop_sites": stop_sites})

    @asynccontextmanager
    async def events(self) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        """Local host only: its events as they come, first the whole list of websites."""
        timeout = httpx.Timeout(5.0, read=EVENT_SILENCE_SECONDS)
        try:
            async with self._http.stream(
                "GET", "/api/host/events/", headers=self._headers(), timeout=timeout
            ) as response:
                if response.status_code != 200:
                    raise HostUnavailable(f"The local host answered {response.status_code}.")
                yield _json_lines(response)
        except httpx.HTTPError as error:
            raise _unavailable(error) from None

    def _website(self, domain_name: str) -> str:
        return f"{self._websites}{quote(domain_name, safe='')}/"

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Token {self._read_token()}"}

    async def _call(self, method: str, path: str, body: object = None) -> Any:
        try:
            async with self._http.stream(
                method, path, json=body, headers=self._headers()
            ) as response:
                content = await _bounded_body(response)
        except httpx.HTTPError as error:
            raise _unavailable(error) from None
        if response.is_success:
            return _parse_json(content) if content else None
        raise _refusal(response.status_code, content)


async def _bounded_body(response: httpx.Response) -> bytes:
    """The body, counted after decompression, so that a small answer cannot grow without end."""
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > MAX_ANSWER_BYTES:
            raise HostUnavailable("The host's answer is too large to be an answer of its API.")
    return bytes(content)


async def _json_lines(response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    async for line in response.aiter_lines():
        event = _parse_json(line.encode())
        if not isinstance(event, dict):
            raise HostUnavailable("The local host sent an event that is not an object.")
        yield event


def _parse_json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise HostUnavailable("The host answered something that is not JSON.") from None


def _unavailable(error: httpx.HTTPError) -> HostUnavailable:
    if isinstance(error, httpx.ConnectError):
        return HostUnavailable("Nothing answers at the host's address.")
    if isinstance(error, httpx.TimeoutException):
        return HostUnavailable("The host did not answer in time.")
    return HostUnavailable("The host broke off the connection.")


def _refusal(status: int, content: bytes) -> HostRefused:
    """The API's own words, wherever this error shape keeps them."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict):
        for key in ("detail", "message", "error", "error_message"):
            if isinstance(body.get(key), str):
                return HostRefused(body[key], status)
        for field, messages in body.items():
            if isinstance(messages, list) and messages:
                return HostRefused(" ".join(map(str, messages)), status, str(field))
    return HostRefused(f"The host answered {status} without saying why.", status)
