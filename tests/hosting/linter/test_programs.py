"""A program is named with its whole path."""

import pytest

from app.hosting.linter import lint
from tests.hosting.linter.support import BIN, KNOWN, UDS, check_mended


@pytest.mark.parametrize(
    ("command", "words", "corrected"),
    [
        ("uvicorn main:app", "whole path", f"{BIN}/uvicorn {UDS} main:app"),
        ("./serve ${DOMAIN_SOCKET}", "/home/USER/serve", ""),
        ("python3 -m uvicorn m:a", "whole path", f"{BIN}/python3 -m uvicorn {UDS} m:a"),
        (
            f"$HOME/v/bin/uvicorn {UDS} m:a",
            "variables in the program's name",
            f"/home/alice/v/bin/uvicorn {UDS} m:a",
        ),
        (
            f'"${{HOME}}/a b/uvicorn" {UDS} m:a',
            "variables in the program's name",
            f'"/home/alice/a b/uvicorn" {UDS} m:a',
        ),
        (f"$VIRTUAL_ENV/bin/uvicorn {UDS} m:a", "variables in the program's name", ""),
        (
            f"env X=1 uvicorn {UDS} m:a",
            "env needs its whole path",
            f"/usr/bin/env X=1 {BIN}/uvicorn {UDS} m:a",
        ),
        ("uv sync", "which “which uv” shows in a console", ""),
        ("npm start", "npm needs its whole path", ""),
        ("screen -dmS x /v/serve ${DOMAIN_SOCKET}", "screen needs its whole path", ""),
        ("uvx uvicorn m:a", "uvx needs its whole path", ""),
        ("nice uvicorn m:a", "nice needs its", f"/usr/bin/nice {BIN}/uvicorn {UDS} m:a"),
        ("/v/python -u -m uvicorn m:a", "is missing", f"/v/python -u -m uvicorn {UDS} m:a"),
        ("/v/python -X dev -W error -Im uvicorn m:a", "is missing", None),
    ],
)
def test_a_program_without_its_whole_path_is_refused(
    command: str, words: str, corrected: str | None
) -> None:
    check_mended(command, words, corrected)


def test_a_script_gets_the_whole_path_of_each_program_that_a_shell_would_not_find() -> None:
    typed = f"/bin/bash -lc 'cd /s && python manage.py migrate && exec uvicorn {UDS} m:a'"
    script = f"cd /s && {BIN}/python manage.py migrate && exec {BIN}/uvicorn {UDS} m:a"
    assert lint(typed, KNOWN).corrected == f'/bin/bash -lc "{script}"'


@pytest.mark.parametrize("command", ["''", '"" x', ".. x", "(uvicorn main:app)", "[ x", "=b"])
def test_a_line_that_begins_with_no_program_is_not_mended(command: str) -> None:
    report = lint(command, KNOWN)
    assert "begin with the whole path of a program" in report.first_error
    assert report.corrected == ""


def test_a_line_is_not_offered_while_its_program_is_not_known() -> None:
    report = lint("uvicorn main:app")
    assert len(report.findings) == 2
    assert report.corrected == ""
