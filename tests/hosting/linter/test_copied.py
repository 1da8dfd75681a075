"""What comes along when a line is copied from a page or a console is taken out of it."""

import pytest

from app.hosting.linter import lint
from tests.hosting.linter.support import BIN, KNOWN, UDS, check_mended


@pytest.mark.parametrize(
    ("command", "words", "corrected"),
    [
        (
            f"pa website create --domain x.org --command '/v/uvicorn --app-dir /s {UDS} m:a'",
            "what follows --command",
            f"/v/uvicorn --app-dir /s {UDS} m:a",
        ),
        (
            'pa website create -d x.org -c "cd ~/s && uvicorn --uds \\${DOMAIN_SOCKET} m:a"',
            "what follows --command",
            f'/bin/bash -lc "cd ~/s && exec {BIN}/uvicorn {UDS} m:a"',
        ),
        ("pa website create --domain x.org", "what follows --command", ""),
        ('pa website create --command "\'open"', "what follows --command", ""),
        ("/v/uvicorn —uds ${DOMAIN_SOCKET} m:a", "the option is --uds", f"/v/uvicorn {UDS} m:a"),
        ("/v/uvicorn –-uds ${DOMAIN_SOCKET} m:a", "the option is --uds", f"/v/uvicorn {UDS} m:a"),
        ("/v/uvicorn -uds ${DOMAIN_SOCKET} m:a", "the option is --uds", f"/v/uvicorn {UDS} m:a"),
        ("/v/uvicorn -port=80 m:a", "the option is --port", f"/v/uvicorn {UDS} m:a"),
        (
            "cd /s && python -m gunicorn –b unix:$DOMAIN_SOCKET m:a",
            "the option is -b",
            f'/bin/bash -lc "cd /s && exec {BIN}/python -m gunicorn -b unix:$DOMAIN_SOCKET m:a"',
        ),
        (
            "/v/uvicorn\u00a0--uds\u202f${DOMAIN_SOCKET} \u200bm:a",
            "blanks of another kind",
            f"/v/uvicorn {UDS} m:a",
        ),
        (
            "/v/uvicorn --app-dir “/s” --uds ”${DOMAIN_SOCKET}“ m:a",
            "curly quotes",
            '/v/uvicorn --app-dir "/s" --uds "${DOMAIN_SOCKET}" m:a',
        ),
        (f"$ /v/uvicorn {UDS} m:a", "console's prompt", f"/v/uvicorn {UDS} m:a"),
        (f"11:02 ~ $ /v/uvicorn {UDS} m:a", "console's prompt", f"/v/uvicorn {UDS} m:a"),
        (f"alice@green-web:~/s$ /v/uvicorn {UDS} m:a", "console's prompt", f"/v/uvicorn {UDS} m:a"),
        (
            f"% cd ~/s && uvicorn {UDS} m:a",
            "console's prompt",
            f'/bin/bash -lc "cd ~/s && exec {BIN}/uvicorn {UDS} m:a"',
        ),
    ],
)
def test_what_was_copied_along_is_taken_out(
    command: str, words: str, corrected: str | None
) -> None:
    check_mended(command, words, corrected)


@pytest.mark.parametrize(
    "command",
    [
        "/v/gunicorn -w4 -kgthread -b unix:${DOMAIN_SOCKET} m:a",
        "/v/serve -uds ${DOMAIN_SOCKET} — —x",
        "/v/serve % ${DOMAIN_SOCKET} $ x",
    ],
)
def test_what_a_program_may_understand_is_left_alone(command: str) -> None:
    assert lint(command, KNOWN).findings == ()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/v/serve\n/v/other", "Use one line."),
        ("/v/serve\u2028/v/other", "Use one line."),
        ("/v/ser\u00adve", "the character SOFT HYPHEN"),
        ("/v/ser\x00ve", "the character U+0000"),
    ],
)
def test_a_character_that_no_command_may_hold_is_named(command: str, words: str) -> None:
    assert words in lint(command, KNOWN).first_error
