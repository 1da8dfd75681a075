"""Servers that listen on a port alone are refused."""

import pytest

from tests.hosting.linter.support import BIN, UDS, check_mended


@pytest.mark.parametrize(
    ("command", "words", "corrected"),
    [
        ("python3 -m http.server 8000", "http.server listens on a port alone", ""),
        ("/bin/bash -lc 'cd /s && python -m http.server'", "http.server listens on a port", ""),
        (
            "/v/quart --app shop run",
            "quart run listens on a port alone",
            f"/v/uvicorn {UDS} shop:app",
        ),
        ("QUART_APP=shop.web:site quart run -p 80", "Start the application with uvicorn", None),
        ("flask run --host=0.0.0.0", "unix:${DOMAIN_SOCKET} MODULE:app", ""),
        (
            "/v/flask --app shop run",
            "flask run listens on a port alone",
            "/v/gunicorn --bind unix:${DOMAIN_SOCKET} shop:app",
        ),
        (
            "cd /s && FLASK_APP=shop.web.py flask run -p 80 --debug",
            "flask run listens on a port alone",
            None,
        ),
        (
            "export FLASK_APP=shop.py && flask run",
            "gunicorn --bind unix:${DOMAIN_SOCKET} shop:app",
            f"/usr/bin/env FLASK_APP=shop.py {BIN}/gunicorn --bind unix:${{DOMAIN_SOCKET}} "
            "shop:app",
        ),
        (
            "/v/python -m flask --app=shop.web:site run",
            "flask run listens on a port alone",
            "/v/python -m gunicorn --bind unix:${DOMAIN_SOCKET} shop.web:site",
        ),
        ("/v/flask --app src/shop.py run", "flask run listens on a port alone", ""),
        ("/v/flask --app 'shop:create()' run", "flask run listens on a port alone", ""),
        ("/v/flask -e live.env --app shop run", "flask run listens on a port alone", ""),
    ],
)
def test_a_server_with_a_port_alone_is_refused(
    command: str, words: str, corrected: str | None
) -> None:
    check_mended(command, words, corrected)
