"""Fixtures shared by all tests."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """Everything here runs on asyncio."""
    return "asyncio"
