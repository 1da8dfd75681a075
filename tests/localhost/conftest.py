"""Fixtures of the local host's tests."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.localhost.host_kit import LocalHost, local_host


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A temporary folder whose path leaves room for socket names."""
    with tempfile.TemporaryDirectory(prefix="sd") as folder:
        yield Path(folder)


@pytest.fixture
def idle_host(short_path: Path) -> Iterator[LocalHost]:
    """A local host whose daemon has not been started."""
    with local_host(short_path) as host:
        yield host


@pytest.fixture
def host(idle_host: LocalHost) -> LocalHost:
    """A local host that runs, without sites."""
    idle_host.start()
    return idle_host


@pytest.fixture(scope="module")
def shared_host() -> Iterator[LocalHost]:
    """One running host for the tests of a module that change nothing."""
    with tempfile.TemporaryDirectory(prefix="sd") as folder, local_host(Path(folder)) as host:
        host.start()
        yield host
