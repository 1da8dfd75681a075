"""A fake with one site, and a database that knows its account."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from app.store.database import Database
from tests.fakes.pythonanywhere import FakePythonAnywhere, fake_pythonanywhere
from tests.operations.kit import OLD, SHOP, Deck, known_site, opened, working


@pytest.fixture
def fake() -> Iterator[FakePythonAnywhere]:
    with fake_pythonanywhere() as running:
        running.limit = None
        running.add_site(SHOP, OLD)
        running.add_certificate(SHOP)
        yield running


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with opened(tmp_path / "sitedeck.db") as database:
        yield database


@pytest.fixture
async def deck(fake: FakePythonAnywhere, database: Database) -> AsyncIterator[Deck]:
    async with working(database, fake.address) as deck:
        await deck.known.save(known_site())
        yield deck
