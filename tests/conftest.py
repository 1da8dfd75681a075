"""Fixtures shared by all tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.process import Product
from tests.support import Dashboard, running_dashboard


@pytest.fixture
def anyio_backend() -> str:
    """Everything here runs on asyncio."""
    return "asyncio"


@pytest.fixture
def dashboard(tmp_path: Path) -> Iterator[Dashboard]:
    """A fresh dashboard without a local host and without users."""
    with running_dashboard(tmp_path / "data") as running:
        yield running


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    """The product as a process of its own, running."""
    product = Product(tmp_path / "data")
    product.start()
    try:
        yield product
    finally:
        product.close()
