"""Addresses that tokens may be sent to: https anywhere, plain http to this machine only.

Settings check them at the start, the client once more before it holds a token.
"""

import ipaddress
from urllib.parse import urlsplit

from app.errors import ConfigurationError


def check_address(address: str) -> str:
    """The address `scheme://host[:port]` without a slash at its end. Raises ConfigurationError."""
    try:
        parts = urlsplit(address.strip())
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    is_plain = bool(host) and parts.path in ("", "/") and not (parts.query or parts.fragment)
    if not is_plain or "@" in address or parts.scheme not in ("http", "https"):
        raise ConfigurationError(f"An API address looks like https://host.name, not {address!r}.")
    if parts.scheme == "http" and not is_loopback(host):
        raise ConfigurationError(
            f"A token would be readable on its way to {address}: use https, "
            "or http to this machine."
        )
    return f"{parts.scheme}://{parts.netloc}"


def is_loopback(host: str) -> bool:
    """Whether the host name or IP address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
