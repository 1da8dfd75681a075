"""Numbers are said as people say them."""

import pytest

from app.models import counted


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 sites"), (1, "1 site"), (2, "2 sites"), (1500, "1,500 sites")]
)
def test_one_is_no_plural(number: int, words: str) -> None:
    assert counted(number, "site") == words
