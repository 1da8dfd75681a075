"""Programs that start another one are left out."""

import pytest

from app.hosting.linter import MAX_COMMAND
from tests.hosting.linter.support import BIN, UDS, check_mended


@pytest.mark.parametrize(
    ("command", "words", "corrected"),
    [
        (f"sudo /v/uvicorn {UDS} m:a", "Leave out sudo", f"/v/uvicorn {UDS} m:a"),
        (f"/usr/bin/sudo -E uvicorn {UDS} m:a", "Leave out sudo", f"{BIN}/uvicorn {UDS} m:a"),
        ("sudo -u bob /v/uvicorn m:a", "Leave out sudo", ""),
        ("sudo", "Leave out sudo", ""),
        ("time /v/uvicorn m:a", "Leave out time", f"/v/uvicorn {UDS} m:a"),
        ("sudo time uv run uvicorn m:a", "Leave out sudo", f"{BIN}/uvicorn {UDS} m:a"),
        ("uv run uvicorn m:a", "uv run is not found here", f"{BIN}/uvicorn {UDS} m:a"),
        ("uv run -- uvicorn m:a --port 80", "uv run", f"{BIN}/uvicorn {UDS} m:a"),
        ("uv run serve.py ${DOMAIN_SOCKET}", "uv run", f"{BIN}/python serve.py ${{DOMAIN_SOCKET}}"),
        ("uv run --with fasthtml uvicorn m:a", "uv run is not found here", ""),
        ("uv run", "uv run is not found here", ""),
        (
            f"cd /s && poetry run uvicorn {UDS} m:a",
            "poetry run is not found here",
            f'/bin/bash -lc "cd /s && exec {BIN}/uvicorn {UDS} m:a"',
        ),
        ("pipenv run fastapi run main.py", "pipenv run", f"{BIN}/uvicorn {UDS} main:app"),
        ("hatch run uvicorn m:a", "hatch run is not found", f"{BIN}/uvicorn {UDS} m:a"),
        ("hatch run dev:serve", "hatch run is not found", ""),
        ("conda run -n shop uvicorn m:a", "conda run is not found here", ""),
        ("conda run --no-capture-output uvicorn m:a", "conda run", f"{BIN}/uvicorn {UDS} m:a"),
    ],
)
def test_what_a_host_cannot_find_or_does_not_need_is_left_out(
    command: str, words: str, corrected: str | None
) -> None:
    check_mended(command, words, corrected)


@pytest.mark.parametrize("wrapper", ["sudo", "time", "uv run"])
def test_a_line_full_of_wrappers_is_mended_like_one_of_them(wrapper: str) -> None:
    served = f"/v/uvicorn {UDS} m:a"
    line = f"{wrapper} " * ((MAX_COMMAND - len(served)) // (len(wrapper) + 1)) + served
    check_mended(line, wrapper, served)


def test_a_file_behind_several_wrappers_is_run_by_python() -> None:
    line = "uv run time sudo serve.py ${DOMAIN_SOCKET}"
    check_mended(line, "uv run", f"{BIN}/python serve.py ${{DOMAIN_SOCKET}}")
