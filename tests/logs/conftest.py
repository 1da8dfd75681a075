"""Fixtures of the log code's tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.pythonanywhere import fake_pythonanywhere
from tests.logs.remote_kit import Account, remote_logs


@pytest.fixture(params=[False, True], ids=["whole files", "ranges"])
async def account(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Account]:
    with fake_pythonanywhere() as fake:
        fake.limit = None
        fake.files.knows_ranges = request.param
        async with remote_logs(fake, tmp_path) as logs:
            yield Account(fake, logs)
