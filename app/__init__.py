"""Sitedeck: a self-hosted web dashboard for ASGI sites."""

__version__ = "0.1.0"
