"""Another server's options are exchanged for those of the server that is started."""

import pytest

from tests.hosting.linter.support import BIN, UDS, check_mended


@pytest.mark.parametrize(
    ("command", "words", "corrected"),
    [
        (
            "/v/gunicorn --uds ${DOMAIN_SOCKET} --app-dir /s m:a",
            "gunicorn has no option --app-dir",
            "/v/gunicorn --bind unix:${DOMAIN_SOCKET} --chdir /s m:a",
        ),
        (
            "cd /s && gunicorn --uds=${DOMAIN_SOCKET} -w 2 m:a",
            "gunicorn has no option --uds",
            f'/bin/bash -lc "cd /s && exec {BIN}/gunicorn --bind unix:${{DOMAIN_SOCKET}} -w 2 m:a"',
        ),
        ("/v/gunicorn --app-dir /s --chdir /t m:a", "no option --app-dir", ""),
        (
            "cd /t && /v/gunicorn --app-dir /s m:a",
            "the folder with the code is --chdir",
            '/bin/bash -lc "cd /t && exec /v/gunicorn --bind unix:${DOMAIN_SOCKET} --chdir /s m:a"',
        ),
        (
            "/v/hypercorn --uds ${DOMAIN_SOCKET} m:a",
            "hypercorn has no option --uds",
            "/v/hypercorn --bind unix:${DOMAIN_SOCKET} m:a",
        ),
        ("/v/hypercorn --app-dir /s m:a", "set PYTHONPATH", ""),
        (
            "/v/granian --bind unix:${DOMAIN_SOCKET} --app-dir '/a b' m:a",
            "granian has no option --bind",
            f'/v/granian --interface asgi {UDS} --working-dir "/a b" m:a',
        ),
        (
            "/v/uvicorn -b unix:${DOMAIN_SOCKET} m:a",
            "uvicorn has no option -b",
            f"/v/uvicorn {UDS} m:a",
        ),
        (
            "/v/uvicorn --bind unix:${DOMAIN_SOCKET} --chdir /s m:a",
            "uvicorn has no option --bind",
            f"/v/uvicorn {UDS} --app-dir /s m:a",
        ),
        ("/v/uvicorn m:a --fd 3", "leave out --fd", f"/v/uvicorn {UDS} m:a"),
        (f"/v/uvicorn {UDS} --fd=3 m:a", "leave out --fd", f"/v/uvicorn {UDS} m:a"),
        (
            "/v/gunicorn --fd 3 m:a",
            "leave out --fd",
            "/v/gunicorn --bind unix:${DOMAIN_SOCKET} m:a",
        ),
        (
            "/v/hypercorn m:a --fd",
            "leave out --fd",
            "/v/hypercorn --bind unix:${DOMAIN_SOCKET} m:a",
        ),
        (
            "/bin/bash -lc 'cd /s && exec gunicorn --uds $DOMAIN_SOCKET m:a'",
            "gunicorn has no option --uds",
            None,
        ),
    ],
)
def test_an_option_of_another_server_is_exchanged(
    command: str, words: str, corrected: str | None
) -> None:
    check_mended(command, words, corrected)
