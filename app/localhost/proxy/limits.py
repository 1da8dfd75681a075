"""The bounds of the proxy in one place, so that tests can run the same code with small ones."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProxyLimits:
    """Times in seconds, sizes in bytes, counts in connections or requests."""

    connections: int = 1_000
    in_flight_per_site: int = 100
    idle_upstreams_per_site: int = 32
    head_bytes: int = 64 * 1024
    body_bytes: int = 100_000_000
    head_seconds: float = 10.0
    first_byte_seconds: float = 60.0
    idle_seconds: float = 75.0
    hold_seconds: float = 10.0
    linger_seconds: float = 2.0
    close_seconds: float = 0.8
    sweep_seconds: float = 0.5
