"""The calls of PythonAnywhere's API that Sitedeck makes, apart from how they are carried."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from app.hosting.governor import Endpoint, Urgency
from app.hosting.slices import FileSlice, range_header
from app.hosting.wire import HostInfo, parse_host_info, parse_listing, parse_site, parse_sites
from app.models import Account, Site


@dataclass(frozen=True, slots=True)
class Call:
    """One request; `body` is sent as JSON."""

    method: str
    path: str
    endpoint: Endpoint = Endpoint.WEBSITES
    urgency: Urgency = Urgency.PERSON
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_change(self) -> bool:
        return self.method != "GET"


class HostingApi(ABC):
    """Every method raises HostUnavailable if there is no usable answer and HostRefused if the API
    answered with an error."""

    def __init__(self, account: Account) -> None:
        self.account = account
        user = quote(account.username, safe="")
        self._websites = f"/api/v1/user/{user}/websites/"
        self._files = f"/api/v0/user/{user}/files/path"

    async def list_sites(self, urgency: Urgency = Urgency.PERSON) -> list[Site]:
        answer = await self._answer(Call("GET", self._websites, urgency=urgency))
        return parse_sites(self.account, answer)

    async def get_site(self, domain_name: str) -> Site:
        answer = await self._answer(Call("GET", self._website(domain_name)))
        return parse_site(self.account, answer)

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
        answer = await self._answer(Call("POST", self._websites, body=body))
        return parse_site(self.account, answer)

    async def set_enabled(self, domain_name: str, enabled: bool) -> Site:
        call = Call("PATCH", self._website(domain_name), body={"enabled": enabled})
        return parse_site(self.account, await self._answer(call))

    async def reload_site(self, domain_name: str) -> None:
        """Returns when the reload has begun; the answer says nothing about its outcome."""
        await self._answer(Call("POST", f"{self._website(domain_name)}reload/"))

    async def delete_site(self, domain_name: str) -> None:
        await self._answer(Call("DELETE", self._website(domain_name)))

    async def list_files(self, folder: str) -> list[str]:
        """The names of the files in a folder given by its absolute path."""
        path = f"{self._files}{quote(folder.rstrip('/'))}/"
        return parse_listing(await self._answer(Call("GET", path, Endpoint.FILES)))

    async def delete_file(self, path: str) -> None:
        await self._answer(Call("DELETE", f"{self._files}{quote(path)}", Endpoint.FILES))

    async def read_file(
        self, path: str, start: int = 0, urgency: Urgency = Urgency.PERSON
    ) -> FileSlice:
        """The file's bytes from offset `start` on, at most MAX_SLICE_BYTES.

        A host that does not know ranges sends all of the file, up to MAX_FILE_BYTES. Behind the
        end of a file stands nothing: then the slice is empty.
        """
        # A compressed answer could not be a range of the file.
        headers = {"range": range_header(start), "accept-encoding": "identity"}
        path = f"{self._files}{quote(path)}"
        return await self._slice(Call("GET", path, Endpoint.FILES, urgency, None, headers), start)

    async def host_info(self) -> HostInfo:
        """Local host only: its version, pid and the address of its sites."""
        return parse_host_info(await self._answer(Call("GET", "/api/host/")))

    async def stop_host(self, *, stop_sites: bool) -> None:
        """Local host only: ends the daemon, with or without its sites."""
        await self._answer(Call("POST", "/api/host/stop/", body={"stop_sites": stop_sites}))

    def _website(self, domain_name: str) -> str:
        return f"{self._websites}{quote(domain_name, safe='')}/"

    @abstractmethod
    async def _answer(self, call: Call) -> Any:
        """The JSON of a successful answer, None for an empty one."""

    @abstractmethod
    async def _slice(self, call: Call, start: int) -> FileSlice:
        """The file's part in the answer to a call that asks for it from `start` on."""
