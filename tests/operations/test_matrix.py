"""Killed at any step, over any fault: the new command runs or the old one does, and it is closed.

The whole table is made by `python -m bench.operations`.
"""

from pathlib import Path

import pytest

from tests.operations.matrix import CASES, FEW, Case, run


@pytest.mark.parametrize("case", FEW, ids=str)
def test_a_change_ends_well(case: Case, tmp_path: Path) -> None:
    result = run(case, tmp_path)
    assert result.problem == ""
    assert result.reached


def test_the_whole_table_has_more_than_two_hundred_runs() -> None:
    assert len(set(CASES)) == len(CASES) > 200
    assert set(FEW) <= set(CASES)
