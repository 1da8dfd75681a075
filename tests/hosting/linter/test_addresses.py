"""A site listens on the host's socket and on nothing else."""

import pytest

from app.hosting.linter import lint
from tests.hosting.linter.support import BIN, KNOWN, UDS, check_mended


@pytest.mark.parametrize(
    ("command", "words", "corrected"),
    [
        ("/usr/bin/nohup /v/uvicorn m:a", "is missing", f"/usr/bin/nohup /v/uvicorn {UDS} m:a"),
        (
            "/v/uvicorn --host 0.0.0.0 --port 8000 m:a",
            "Nobody can reach 0.0.0.0",
            f"/v/uvicorn {UDS} m:a",
        ),
        ("/v/uvicorn --port=80 m:a", "Nobody can reach port 80", f"/v/uvicorn {UDS} m:a"),
        (
            "/v/gunicorn -b 0.0.0.0:8000 m:a",
            "Nobody can reach 0.0.0.0:8000",
            "/v/gunicorn --bind unix:${DOMAIN_SOCKET} m:a",
        ),
        (
            "/v/gunicorn --bind ${DOMAIN_SOCKET} m:a",
            "takes the socket as",
            "/v/gunicorn --bind unix:${DOMAIN_SOCKET} m:a",
        ),
        (
            "/v/granian --interface asgi --host 0.0.0.0 m:a",
            "Nobody can reach",
            f"/v/granian {UDS} --interface asgi m:a",
        ),
        (
            "/v/hypercorn m:a",
            "is missing",
            "/v/hypercorn --bind unix:${DOMAIN_SOCKET} m:a",
        ),
        ("/v/uvicorn m:a", "is missing", f"/v/uvicorn {UDS} m:a"),
        ("/v/python3 -m uvicorn m:a", "is missing", f"/v/python3 -m uvicorn {UDS} m:a"),
        ("/usr/bin/env A=b /v/uvicorn m:a", "is missing", f"/usr/bin/env A=b /v/uvicorn {UDS} m:a"),
        (
            "/v/streamlit run s.py --server.port 80",
            "Streamlit 1.57 and later refuse",
            "",
        ),
        (
            "/bin/bash -lc 'cd /s && exec /v/gunicorn --bind $DOMAIN_SOCKET m:a'",
            "takes the socket as",
            '/bin/bash -lc "cd /s && exec /v/gunicorn --bind unix:${DOMAIN_SOCKET} m:a"',
        ),
        (
            "cd /s && /v/uvicorn --uds {DOMAIN_SOCKET} m:a",
            "&& means nothing",
            f'/bin/bash -lc "cd /s && exec /v/uvicorn {UDS} m:a"',
        ),
        (
            "/v/gunicorn -b0.0.0.0:80 m:a",
            "Nobody can reach 0.0.0.0:80",
            "/v/gunicorn --bind unix:${DOMAIN_SOCKET} m:a",
        ),
        ("/v/streamlit run s.py", "as the Streamlit template does", ""),
        (
            "/bin/bash -lc 'cd /x && uvicorn a:b --port 80'",
            "Nobody can reach port 80",
            f'/bin/bash -lc "cd /x && {BIN}/uvicorn {UDS} a:b"',
        ),
        (
            "/bin/bash -c 'A=b exec /v/gunicorn m:a | tee \"a b\"'",
            "is missing",
            '/bin/bash -c "A=b exec /v/gunicorn --bind unix:${DOMAIN_SOCKET} m:a | tee \\"a b\\""',
        ),
        ("/bin/sh -c 'cd /x; python s.py --port 80'", "Nobody can reach a network address", ""),
        ("/usr/bin/env -u A -i B=c /v/uvicorn m:a", "is missing", None),
        ("/v/node server.js --port 3000", "Nobody can reach a network address", ""),
        (
            "/v/hypercorn --insecure-bind 0.0.0.0:80 m:a",
            "Nobody can reach 0.0.0.0:80",
            "/v/hypercorn --bind unix:${DOMAIN_SOCKET} m:a",
        ),
    ],
)
def test_an_address_that_nobody_reaches_is_exchanged_for_the_socket(
    command: str, words: str, corrected: str | None
) -> None:
    check_mended(command, words, corrected)


def test_daphne_is_exchanged_for_uvicorn() -> None:
    assert lint("/v/daphne -u ${DOMAIN_SOCKET} m:a").corrected == f"/v/uvicorn {UDS} m:a"
    folded = lint("cd /s && daphne m:a", KNOWN).corrected
    assert folded == f'/bin/bash -lc "cd /s && exec {BIN}/uvicorn {UDS} m:a"'
