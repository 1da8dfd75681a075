"""The calls of PythonAnywhere's API that Sitedeck makes, apart from how they are carried."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote

from app.errors import HostRefused, HostUnavailable
from app.hosting.budget import Urgency
from app.hosting.governor import Endpoint
from app.hosting.slices import FileSlice, range_header
from app.hosting.wire import (
    HostInfo,
    parse_certificate,
    parse_cpu,
    parse_described,
    parse_folder,
    parse_host_info,
    parse_site,
    parse_sites,
)
from app.models import AUTO_RENEWED, Account, Certificate, CpuUsage, Folder, Site, Specification

Parsed = TypeVar("Parsed")


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
    """Every method raises HostUnavailable if there is no usable answer, HostRefused if the API
    answered with an error, and CallHeldBack if the call was not made.

    Reads with the urgency POLLING wait for their turn and may be tried again; others are made
    once, and changes are never repeated.
    """

    def __init__(self, account: Account) -> None:
        self.account = account
        user = quote(account.username, safe="")
        self._websites = f"/api/v1/user/{user}/websites/"
        self._domains = f"/api/v1/user/{user}/domains/"
        self._files = f"/api/v0/user/{user}/files/path"
        self._cpu = f"/api/v0/user/{user}/cpu/"

    async def list_sites(self, urgency: Urgency = Urgency.PERSON) -> list[Site]:
        call = Call("GET", self._websites, urgency=urgency)
        return await self._answer(call, partial(parse_sites, self.account))

    async def describe_site(self, domain_name: str) -> tuple[Site, Specification]:
        """The site, and all that its website object says of how it was made."""
        call = Call("GET", self._website(domain_name))
        return await self._answer(call, partial(parse_described, self.account))

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
        return await self._site_in(Call("POST", self._websites, body=body))

    async def set_enabled(self, domain_name: str, enabled: bool) -> Site:
        """Raises HostUnavailable, too, if the answer shows the site as it was: the host may have
        done nothing, or have answered with what it read before."""
        call = Call("PATCH", self._website(domain_name), body={"enabled": enabled})
        site = await self._site_in(call)
        if site.enabled != enabled:
            state = "enabled" if site.enabled else "disabled"
            raise HostUnavailable(f"The host's answer says that the site is still {state}.")
        return site

    async def set_command(self, domain_name: str, command: str) -> Site:
        """Local host only: the running version ends, and a new one starts with the command."""
        body = {"webapp": {"command": command}}
        return await self._site_in(Call("PATCH", self._website(domain_name), body=body))

    async def reload_site(self, domain_name: str) -> None:
        """Returns when the reload has begun; the answer says nothing about its outcome."""
        await self._answer(Call("POST", f"{self._website(domain_name)}reload/"), _nothing)

    async def delete_site(self, domain_name: str) -> None:
        await self._answer(Call("DELETE", self._website(domain_name)), _nothing)

    async def certificate(
        self, domain_name: str, urgency: Urgency = Urgency.PERSON
    ) -> Certificate | None:
        """The certificate of a domain; None if it has none."""
        path = self._certificate(domain_name)
        try:
            call = Call("GET", path, Endpoint.CERTIFICATES, urgency)
            return await self._answer(call, parse_certificate)
        except HostRefused as error:
            if error.status != 404:
                raise
            return None

    async def request_certificate(self, domain_name: str) -> None:
        """Asks for one that renews itself. The domain has to lead to the host already."""
        body = {"cert_type": AUTO_RENEWED}
        path = self._certificate(domain_name)
        await self._answer(Call("POST", path, Endpoint.CERTIFICATES, body=body), _nothing)

    async def cpu(self, urgency: Urgency = Urgency.PERSON) -> CpuUsage:
        """PythonAnywhere only."""
        return await self._answer(Call("GET", self._cpu, Endpoint.CPU, urgency), parse_cpu)

    async def list_folder(self, path: str, urgency: Urgency = Urgency.PERSON) -> Folder:
        """What is in a folder given by its absolute path."""
        path = f"{self._files}{quote(path.rstrip('/'))}/"
        return await self._answer(Call("GET", path, Endpoint.FILES, urgency), parse_folder)

    async def delete_file(self, path: str) -> None:
        await self._answer(Call("DELETE", f"{self._files}{quote(path)}", Endpoint.FILES), _nothing)

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
        return await self._answer(Call("GET", "/api/host/"), parse_host_info)

    async def stop_host(self, *, stop_sites: bool) -> None:
        """Local host only: ends the daemon, with or without its sites."""
        call = Call("POST", "/api/host/stop/", body={"stop_sites": stop_sites})
        await self._answer(call, _nothing)

    async def _site_in(self, call: Call) -> Site:
        return await self._answer(call, partial(parse_site, self.account))

    def _certificate(self, domain_name: str) -> str:
        return f"{self._domains}{quote(domain_name, safe='')}/ssl/"

    def _website(self, domain_name: str) -> str:
        return f"{self._websites}{quote(domain_name, safe='')}/"

    @abstractmethod
    async def _answer(self, call: Call, parse: Callable[[Any], Parsed]) -> Parsed:
        """What `parse` makes of the JSON of a successful answer (None if it is empty)."""

    @abstractmethod
    async def _slice(self, call: Call, start: int) -> FileSlice:
        """The file's part in the answer to a call that asks for it from `start` on."""


def _nothing(answer: object) -> None:
    """For answers whose content does not matter."""
