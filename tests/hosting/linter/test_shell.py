"""What only a shell understands is an error, and left out where the host does it anyway."""

import pytest

from tests.hosting.linter.support import BIN, UDS, check_mended


@pytest.mark.parametrize(
    ("command", "words", "corrected"),
    [
        ("env A=b /bin/x ${DOMAIN_SOCKET}", "/usr/bin/env", None),
        (f"A=b /v/uvicorn {UDS} m:a", "/usr/bin/env", f"/usr/bin/env A=b /v/uvicorn {UDS} m:a"),
        (f"~/v/uvicorn {UDS} m:a", "Write the whole path", f"/home/alice/v/uvicorn {UDS} m:a"),
        ("~bob/serve ${DOMAIN_SOCKET}", "Write the whole path", ""),
        (
            f"/v/uvicorn --app-dir=~/site {UDS} m:a",
            "Write the whole path",
            f"/v/uvicorn --app-dir=/home/alice/site {UDS} m:a",
        ),
        (
            "/v/gunicorn --bind unix:$DOMAIN_SOCKET m:a",
            "dollar and braces",
            "/v/gunicorn --bind unix:${DOMAIN_SOCKET} m:a",
        ),
        (
            "/v/uvicorn --uds=$DOMAIN_SOCKET m:a",
            "dollar and braces",
            "/v/uvicorn --uds=${DOMAIN_SOCKET} m:a",
        ),
        ("/v/x unix:{DOMAIN_SOCKET}", "dollar and braces", "/v/x unix:${DOMAIN_SOCKET}"),
        (
            "/v/python $HOME/serve.py ${DOMAIN_SOCKET}",
            "dollar and braces",
            "/v/python ${HOME}/serve.py ${DOMAIN_SOCKET}",
        ),
        ("/v/serve ${DOMAIN_SOCKET} | /bin/tee x", "no shell reads", "/v/serve ${DOMAIN_SOCKET}"),
        ("/v/serve ${DOMAIN_SOCKET} |tee -a x", "no shell reads", "/v/serve ${DOMAIN_SOCKET}"),
        ("/v/serve ${DOMAIN_SOCKET} | /bin/grep x", "no shell reads", ""),
        ("/v/serve & /v/other ${DOMAIN_SOCKET}", "no shell reads", ""),
        ("/v/serve ${DOMAIN_SOCKET} < /x", "no shell reads", ""),
        ("/v/serve ${DOMAIN_SOCKET} < /dev/null", "no shell reads", "/v/serve ${DOMAIN_SOCKET}"),
        ("/v/serve ${DOMAIN_SOCKET} &", "the host keeps the program", "/v/serve ${DOMAIN_SOCKET}"),
        (f"/v/uvicorn {UDS} m:a&", "& means nothing", f"/v/uvicorn {UDS} m:a"),
        (f"nohup /v/uvicorn {UDS} m:a &", "& means nothing", f"/v/uvicorn {UDS} m:a"),
        (
            f"/bin/bash -lc 'v/uvicorn {UDS} m:a &'",
            "into the background",
            f'/bin/bash -lc "v/uvicorn {UDS} m:a"',
        ),
        (f"/v/uvicorn {UDS} m:a > x.log 2>&1", "no shell reads", f"/v/uvicorn {UDS} m:a"),
        ("$(which uvicorn) m:a", "no shell reads", None),
        (f"/v/uvicorn {UDS} m:a # the shop", "no comment", f"/v/uvicorn {UDS} m:a"),
        (f"/v/uvicorn {UDS} m:a # a && b", "no comment", f"/v/uvicorn {UDS} m:a"),
        (f"/v/uvicorn {UDS} m:a #shop", "no comment", f"/v/uvicorn {UDS} m:a"),
        (
            "/usr/bin/env PYTHONPATH=~/s /v/uvicorn m:a",
            "Write the whole path",
            f"/usr/bin/env PYTHONPATH=/home/alice/s /v/uvicorn {UDS} m:a",
        ),
        (
            "/v/gunicorn --daemon --bind unix:${DOMAIN_SOCKET} m:a",
            "into the background",
            "/v/gunicorn --bind unix:${DOMAIN_SOCKET} m:a",
        ),
        (
            "/bin/bash -lc 'cd /s && exec /v/gunicorn -D -b unix:$DOMAIN_SOCKET m:a'",
            "into the background",
            '/bin/bash -lc "cd /s && exec /v/gunicorn -b unix:$DOMAIN_SOCKET m:a"',
        ),
        ("# /v/uvicorn", "no comment", ""),
        (
            "X=1 python -m uvicorn m:a",
            "/usr/bin/env",
            f"/usr/bin/env X=1 {BIN}/python -m uvicorn {UDS} m:a",
        ),
    ],
)
def test_what_is_meant_for_a_shell_is_refused(
    command: str, words: str, corrected: str | None
) -> None:
    check_mended(command, words, corrected)
