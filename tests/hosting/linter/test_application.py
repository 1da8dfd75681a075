"""A server is told a module, the application in it, and where the module is."""

from dataclasses import replace

import pytest

from app.hosting.linter import lint
from tests.hosting.linter.support import BIN, KNOWN, UDS, check_mended


@pytest.mark.parametrize(
    ("command", "words", "corrected"),
    [
        (f"/v/uvicorn main.py {UDS}", "not main.py: main:app", f"/v/uvicorn main:app {UDS}"),
        (
            f"/bin/bash -lc 'cd /s && exec uvicorn main.py {UDS}'",
            "not main.py: main:app",
            f'/bin/bash -lc "cd /s && exec {BIN}/uvicorn main:app {UDS}"',
        ),
        (f"/v/uvicorn main {UDS}", "not main: main:app", f"/v/uvicorn main:app {UDS}"),
        (
            f"/v/uvicorn main.py:web {UDS}",
            "not main.py:web: main:web",
            f"/v/uvicorn main:web {UDS}",
        ),
        (f"/v/uvicorn main:web.py {UDS}", "main:web.", f"/v/uvicorn main:web {UDS}"),
        (
            "/v/gunicorn shop.main.py:web --bind unix:${DOMAIN_SOCKET}",
            "shop.main:web.",
            "/v/gunicorn shop.main:web --bind unix:${DOMAIN_SOCKET}",
        ),
        (f"/v/uvicorn shop/main:app {UDS}", "The folder is named by --app-dir", ""),
        (f"/v/uvicorn /s/main:app {UDS}", "not /s/main:app. The folder is named", ""),
        (f"/v/uvicorn /s/main.py {UDS}", "not /s/main.py. The folder is named", ""),
        (f"/v/uvicorn main: {UDS}", "as in main:app, not main:.", ""),
        ("/v/gunicorn s/m:a --bind unix:${DOMAIN_SOCKET}", "named by --chdir", ""),
        (f"/v/uvicorn {UDS} --log-level info", "not told which application", ""),
        ("/v/uvicorn --uds main:app", "Nobody can reach main:app", ""),
        (
            f'/v/uvicorn {UDS} "main:app --workers 2"',
            "Quotes make one word",
            f"/v/uvicorn {UDS} main:app --workers 2",
        ),
        (
            "/v/python -m uvicorn --reload --log-level info shop.asgi --port 80",
            "Nobody can reach port 80",
            f"/v/python -m uvicorn {UDS} --reload --log-level info shop.asgi:application",
        ),
        (
            "cd /s && gunicorn -w 2 main.py",
            "&& means nothing",
            f'/bin/bash -lc "cd /s && exec {BIN}/gunicorn --bind unix:${{DOMAIN_SOCKET}} '
            '-w 2 main:app"',
        ),
    ],
)
def test_a_name_that_names_no_application_is_refused(
    command: str, words: str, corrected: str | None
) -> None:
    check_mended(command, words, corrected)


@pytest.mark.parametrize("program", ["/v/uvicorn", "/v/python -m uvicorn"])
def test_the_folder_is_named_in_which_the_module_is_looked_for(program: str) -> None:
    started_at_home = replace(KNOWN, runs_in="/home/alice")
    (finding,) = lint(f"{program} {UDS} m:a", started_at_home).findings
    assert "module in /home/alice, where the site is started. Add --app-dir" in finding.text
    assert not finding.is_error


@pytest.mark.parametrize(
    "command",
    [
        f"/v/uvicorn {UDS} --app-dir=/s m:a",
        f"/usr/bin/env PYTHONPATH=/s /v/uvicorn {UDS} m:a",
        f"/usr/bin/env -C /s /v/uvicorn {UDS} m:a",
        f"/usr/bin/env --chdir=/s /v/uvicorn {UDS} m:a",
        "/v/gunicorn --bind unix:${DOMAIN_SOCKET} m:a",
    ],
)
def test_nothing_is_said_of_a_folder_that_is_named(command: str) -> None:
    assert lint(command, replace(KNOWN, runs_in="/home/alice")).findings == ()
