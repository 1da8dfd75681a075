"""A fake PythonAnywhere and a client of it."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from app.hosting.client import Deadlines, HostingClient
from app.models import Account, AccountKind
from tests.fakes.pythonanywhere import TOKEN, USER, FakePythonAnywhere, fake_pythonanywhere

REMOTE = Account("pa1", AccountKind.PYTHONANYWHERE, "My account", USER)
# Long enough for this machine, short enough to wait for.
SHORT = Deadlines(connect=2.0, silence=0.3, reading=0.4, changing=0.5)


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A temporary folder whose path leaves room for socket names."""
    with tempfile.TemporaryDirectory(prefix="sd") as folder:
        yield Path(folder)


@pytest.fixture
def fake() -> Iterator[FakePythonAnywhere]:
    with fake_pythonanywhere() as running:
        yield running


@pytest.fixture
async def client(fake: FakePythonAnywhere) -> AsyncIterator[HostingClient]:
    client = HostingClient.remote(REMOTE, fake.address, lambda: TOKEN)
    yield client
    await client.close()
