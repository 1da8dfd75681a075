"""Every setting, read once from the environment and the command line's flags."""

import ipaddress
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from app.errors import ConfigurationError
from app.models import check_address, is_loopback

# name of the setting -> (default, meaning); the flag is --name, the variable SITEDECK_NAME.
SETTINGS: dict[str, tuple[str, str]] = {
    "data": ("data", "folder of the database, the keys and the local host"),
    "network_disk": ("", "on or off: the data folder is on network storage; else Linux is asked"),
    "listen": ("127.0.0.1:5001", "HOST:PORT or unix:PATH of the dashboard"),
    "socket_mode": ("660", "who may connect to unix:PATH: 600, 660 or 666"),
    "public_origin": ("", "https://deck.example.org; needed for an address that is not loopback"),
    "trusted_proxy": ("", "peer addresses whose forwarded headers count, comma-separated"),
    "local_host": ("", "on or off: run sites on this machine; on unless the dashboard is public"),
    "sites_listen": ("127.0.0.1:8800", "HOST:PORT of the local host's sites"),
    "api_hosts": ("", "further API addresses, comma-separated NAME=https://..."),
    "check_sites": ("on", "on or off: ask remote sites at their addresses whether they answer"),
    "own_logs": ("", "log folders that can be read here, comma-separated USER@us=/var/log"),
    "name_server": ("", "IP:PORT asked about the domains of sites, instead of the system's"),
    "ca_file": ("", "certificates of a private CA for API addresses"),
    "key_file": ("", "file of the keys that encrypt tokens; keys.json in the data folder"),
    "streams_per_session": ("8", "open event streams of one session"),
    "streams": ("1000", "open event streams in all"),
}

# PythonAnywhere's two systems share nothing but the list of user names.
API_HOSTS = {
    "us": "https://www.pythonanywhere.com",
    "eu": "https://eu.pythonanywhere.com",
}

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Listen:
    """An address to listen on: a host and port, or the path of a Unix socket."""

    host: str = ""
    port: int = 0
    unix_path: str = ""

    @property
    def is_loopback(self) -> bool:
        return bool(self.unix_path) or is_loopback(self.host)

    @property
    def origin(self) -> str:
        """What to open in a browser; of a Unix socket, that is for the server in front to say."""
        return str(self) if self.unix_path else f"http://{self}"

    def __str__(self) -> str:
        if self.unix_path:
            return f"unix:{self.unix_path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Settings:
    """The configuration of one process. `from_env` is its only reader.

    `own_logs` holds the log folders of accounts by user name and API host.
    """

    data: Path
    listen: Listen
    public_origin: str = ""
    trusted_proxies: frozenset[str] = frozenset()
    network_disk: bool | None = None
    socket_mode: int = 0o660
    local_host: bool = True
    sites_listen: Listen = Listen("127.0.0.1", 8800)
    api_hosts: Mapping[str, str] = field(default_factory=lambda: dict(API_HOSTS))
    check_sites: bool = True
    own_logs: Mapping[tuple[str, str], Path] = field(default_factory=dict)
    name_server: Listen | None = None
    ca_file: Path | None = None
    key_file: Path | None = None
    streams_per_session: int = 8
    streams: int = 1000

    @property
    def is_https(self) -> bool:
        return self.public_origin.startswith("https://")

    @property
    def may_be_site(self) -> bool:
        """Whether a local host may stand in front, with a dashboard of its own."""
        return bool(self.listen.unix_path) and not self.local_host

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Host names that requests may carry, against DNS rebinding."""
        names = set(LOOPBACK_NAMES) if self.listen.is_loopback else set()
        if self.public_origin:
            names.add(urlsplit(self.public_origin).hostname or "")
        return frozenset(names)

    @classmethod
    def from_env(cls, environ: Mapping[str, str], flags: Mapping[str, str | None]) -> "Settings":
        """Flags before variables before defaults. Raises ConfigurationError naming the setting."""

        def value(name: str) -> str:
            flag = flags.get(name)
            if flag is not None:
                return flag.strip()
            return environ.get(f"SITEDECK_{name.upper()}", SETTINGS[name][0]).strip()

        listen = parse_listen("listen", value("listen"))
        local_host = _parse_switch("local_host", value("local_host"))
        public_origin = _parse_origin(value("public_origin"))
        if not listen.is_loopback and not public_origin:
            raise ConfigurationError(
                f"{listen} is not a loopback address: also set --public-origin, for example "
                "https://deck.example.org, the address that people will open."
            )
        sites_listen = parse_listen("sites_listen", value("sites_listen"))
        if not sites_listen.is_loopback or sites_listen.unix_path:
            raise ConfigurationError(
                f"--sites-listen: {sites_listen} is not a loopback HOST:PORT. Put a web server in "
                "front of the sites to show them to others."
            )
        api_hosts = API_HOSTS | _parse_api_hosts(value("api_hosts"))
        return cls(
            data=Path(value("data")).expanduser().absolute(),
            listen=listen,
            public_origin=public_origin,
            trusted_proxies=frozenset(_entries(value("trusted_proxy"))),
            network_disk=_parse_switch("network_disk", value("network_disk")),
            socket_mode=_parse_socket_mode(value("socket_mode")),
            local_host=(
                listen.is_loopback and not public_origin if local_host is None else local_host
            ),
            sites_listen=sites_listen,
            api_hosts=api_hosts,
            check_sites=_parse_switch("check_sites", value("check_sites")) is not False,
            own_logs=_parse_own_logs(value("own_logs"), api_hosts),
            name_server=_parse_name_server(value("name_server")),
            ca_file=_parse_file("ca_file", value("ca_file")),
            key_file=Path(value("key_file")).expanduser() if value("key_file") else None,
            streams_per_session=_parse_count("streams_per_session", value("streams_per_session")),
            streams=_parse_count("streams", value("streams")),
        )


def parse_listen(name: str, text: str) -> Listen:
    """`HOST:PORT`, `[IPV6]:PORT` or `unix:PATH`. Raises ConfigurationError."""
    if text.startswith("unix:"):
        return Listen(unix_path=text.removeprefix("unix:"))
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdigit() or not 0 <= int(port) <= 65535:
        raise ConfigurationError(f"{_flag(name)}: {text!r} is not HOST:PORT or unix:PATH.")
    return Listen(host, int(port))


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _parse_origin(text: str) -> str:
    if not text:
        return ""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
        raise ConfigurationError(f"--public-origin: {text!r} is not like https://deck.example.org.")
    return f"{parts.scheme}://{parts.netloc}"


def _entries(text: str) -> Iterator[str]:
    """Of a list that is separated by commas."""
    return filter(None, (entry.strip() for entry in text.split(",")))


def _parse_api_hosts(text: str) -> dict[str, str]:
    hosts = {}
    for entry in _entries(text):
        name, _, address = entry.partition("=")
        if not name.isalnum():
            raise ConfigurationError(f"--api-hosts: {entry!r} is not NAME=https://host.name.")
        try:
            hosts[name.lower()] = check_address(address)
        except ConfigurationError as error:
            raise ConfigurationError(f"--api-hosts, {name}: {error}") from None
    return hosts


def _parse_own_logs(text: str, api_hosts: Collection[str]) -> dict[tuple[str, str], Path]:
    folders = {}
    for entry in _entries(text):
        account, _, path = entry.partition("=")
        username, _, api_host = account.partition("@")
        if not username or api_host not in api_hosts or not path.startswith("/"):
            raise ConfigurationError(
                f"--own-logs: {entry!r} is not USER@HOST=/FOLDER, for example YOU@us=/var/log. "
                f"Hosts: {', '.join(api_hosts)}."
            )
        folder = Path(path)
        if not folder.is_dir():
            raise ConfigurationError(f"--own-logs: there is no folder {path}.")
        folders[username, api_host] = folder
    return folders


def _parse_name_server(text: str) -> Listen | None:
    if not text:
        return None
    server = parse_listen("name_server", text)
    try:
        ipaddress.ip_address(server.host)
    except ValueError:
        raise ConfigurationError(f"--name-server: {text!r} is not IP:PORT.") from None
    return server


def _parse_file(name: str, text: str) -> Path | None:
    if not text:
        return None
    path = Path(text).expanduser()
    if not path.is_file():
        raise ConfigurationError(f"{_flag(name)}: there is no file {path}.")
    return path


def _parse_switch(name: str, text: str) -> bool | None:
    if text not in ("", "on", "off"):
        raise ConfigurationError(f"{_flag(name)}: {text!r} is neither on nor off.")
    return text == "on" if text else None


def _parse_socket_mode(text: str) -> int:
    if text not in ("600", "660", "666"):
        raise ConfigurationError(
            f"--socket-mode: {text!r} is none of 600 (your user alone), 660 (its group too) and "
            "666 (everybody who can reach the folder)."
        )
    return int(text, 8)


def _parse_count(name: str, text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 100_000:
        raise ConfigurationError(f"{_flag(name)}: {text!r} is not a number from 1 to 100000.")
    return int(text)
