"""The linter of commands: what leads to a 502 is found, and a line that works is offered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidInput
from app.hosting.commands import check_command
from app.hosting.linter import Surroundings, lint
from app.hosting.linter.words import plain, quoted, split_words
from app.localhost.command import split_command

KNOWN = Surroundings("/home/alice", "/home/alice/.virtualenvs/x")
BIN = "/home/alice/.virtualenvs/x/bin"
UDS = "--uds ${DOMAIN_SOCKET}"


@pytest.mark.parametrize(
    ("command", "words", "corrected"),
    [
        ("uvicorn main:app", "whole path", f"{BIN}/uvicorn {UDS} main:app"),
        ("env A=b /bin/x ${DOMAIN_SOCKET}", "/usr/bin/env", None),
        ("./serve ${DOMAIN_SOCKET}", "/home/USER/serve", ""),
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
        (
            f"cd /site && /v/uvicorn {UDS} m:a",
            "&& means nothing",
            f"/v/uvicorn --app-dir /site {UDS} m:a",
        ),
        (
            "cd /site && exec /v/gunicorn -w 2 -b unix:${DOMAIN_SOCKET} m:a",
            "&& means nothing",
            "/v/gunicorn --chdir /site -w 2 -b unix:${DOMAIN_SOCKET} m:a",
        ),
        (
            'cd ~/x && . v/bin/activate && serve "${DOMAIN_SOCKET}"',
            "&& means nothing",
            '/bin/bash -lc "cd ~/x && . v/bin/activate && exec serve \\"${DOMAIN_SOCKET}\\""',
        ),
        ("cd /site; /v/serve ${DOMAIN_SOCKET}", "; means nothing", ""),
        ("/v/serve ${DOMAIN_SOCKET} | /bin/tee x", "no shell reads", ""),
        ("/v/serve ${DOMAIN_SOCKET} &", "no shell reads", ""),
        (f"/v/uvicorn {UDS} m:a > x.log 2>&1", "no shell reads", f"/v/uvicorn {UDS} m:a"),
        ("$(which uvicorn) m:a", "no shell reads", None),
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
            "Nobody can reach port 80",
            "/v/streamlit run s.py --server.address unix://${DOMAIN_SOCKET}",
        ),
        ("/v/python manage.py runserver 0.0.0.0:8000", "Nobody can reach a network address", ""),
        (f"/v/uvicorn {UDS} m:a # the shop", "no comment", f"/v/uvicorn {UDS} m:a"),
        (f"/v/uvicorn {UDS} m:a #a && b", "no comment", f"/v/uvicorn {UDS} m:a"),
        ("# /v/uvicorn", "no comment", ""),
        (
            "/bin/bash -lc 'cd /x && uvicorn a:b --port 80'",
            "Nobody can reach port 80",
            f'/bin/bash -lc "cd /x && uvicorn {UDS} a:b"',
        ),
        (
            "/bin/bash -c 'A=b exec /v/gunicorn m:a | tee \"a b\"'",
            "is missing",
            '/bin/bash -c "A=b exec /v/gunicorn --bind unix:${DOMAIN_SOCKET} m:a | tee \\"a b\\""',
        ),
        ("/bin/sh -c 'cd /x; python s.py --port 80'", "Nobody can reach a network address", ""),
        ("/usr/bin/env -u A -i B=c /v/uvicorn m:a", "is missing", None),
        ("/v/node server.js --port 3000", "Nobody can reach a network address", ""),
    ],
)
def test_what_leads_to_a_502_is_an_error_and_mended_where_that_is_possible(
    command: str, words: str, corrected: str | None
) -> None:
    report = lint(command, KNOWN)
    assert words in report.first_error
    if corrected is not None:
        assert report.corrected == corrected
    if corrected:
        assert not lint(corrected, KNOWN).first_error


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/v/daphne -u ${DOMAIN_SOCKET} m:a", "Daphne works badly"),
        ("/v/serve", "reads DOMAIN_SOCKET from its environment"),
        ("/bin/bash /home/alice/start.sh", "reads DOMAIN_SOCKET from its environment"),
        (f"/usr/bin/env A=b uvicorn {UDS} m:a", "not in a virtualenv"),
        (f"/v/uvicorn {UDS} --host 0.0.0.0 m:a", "the only address it needs"),
        ("/v/gunicorn -b unix:${DOMAIN_SOCKET} -b 0.0.0.0:80 m:a", "the only address it needs"),
        ("/v/gunicorn -c conf.py m:a", "file of settings"),
        ("/bin/bash -lc 'cd /x && ./serve'", "reads DOMAIN_SOCKET from its environment"),
        ("/bin/bash -lc '. ./set && v/uvicorn --uds $SOCK m:a'", "does not appear"),
        (f"/usr/bin/env -u PORT uvicorn {UDS} m:a", "env looks for uvicorn"),
        ("/v/streamlit run s.py --server.address unix://${DOMAIN_SOCKET}", "Streamlit 1.57"),
    ],
)
def test_what_is_doubtful_is_a_warning_and_does_not_stop_anybody(command: str, words: str) -> None:
    (finding,) = lint(command, KNOWN).findings
    assert words in finding.text
    assert not finding.is_error
    assert check_command(command) == command


def test_daphne_is_exchanged_for_uvicorn() -> None:
    assert lint("/v/daphne -u ${DOMAIN_SOCKET} m:a").corrected == f"/v/uvicorn {UDS} m:a"


@pytest.mark.parametrize(
    "command",
    [
        f"/v/uvicorn --app-dir /site {UDS} m:a",
        "/v/uvicorn --app-dir /site --uds $DOMAIN_SOCKET m:a",
        '/v/uvicorn --uds "${DOMAIN_SOCKET}" m:a',
        "/v/uvicorn --uds=${DOMAIN_SOCKET} m:a",
        f"/usr/bin/env A=b /v/uvicorn {UDS} m:a",
        '/bin/bash -lc "cd /site && exec ./serve --uds $DOMAIN_SOCKET | tee ~/log"',
        "${HOME}/serve.sh ${DOMAIN_SOCKET}",
        f'"/a b/uvicorn" {UDS} m:a',
        "/v/serve --unix ${DOMAIN_SOCKET} --metrics http://example.org/?a=1&b=2",
        "/v/serve '&&' ${DOMAIN_SOCKET}",
        "/v/serve '#fff' a#b ${DOMAIN_SOCKET}",
        f"/usr/bin/env -i /v/uvicorn {UDS} m:a",
        f"/usr/bin/env -u PORT --unset=HOST A=b /v/uvicorn {UDS} m:a",
        f"/bin/bash -lc 'cd /x && . v/bin/activate && exec uvicorn {UDS} a:b'",
        "/v/gunicorn --worker-class eventlet -w 1 --chdir /s --bind unix:${DOMAIN_SOCKET} m:a",
    ],
)
def test_what_works_passes_without_a_word(command: str) -> None:
    assert lint(command, KNOWN).findings == ()


def test_several_mistakes_are_mended_in_one_line() -> None:
    report = lint("cd ~/site && uvicorn main:app --host 0.0.0.0 --port 80", KNOWN)
    assert len(report.findings) == 4
    assert report.corrected == f"{BIN}/uvicorn {UDS} --app-dir /home/alice/site main:app"
    assert not lint(report.corrected, KNOWN).findings


def test_nothing_is_made_up_where_nothing_is_known() -> None:
    assert lint(f"uvicorn {UDS} m:a").corrected == ""
    assert lint(f"~/uvicorn {UDS} m:a").corrected == ""


@given(st.text(alphabet=" #abc/~$&|;><\"'\\=-.{}[]()`%", max_size=40))
def test_no_line_breaks_the_linter_and_what_it_offers_can_be_split(text: str) -> None:
    report = lint(text, KNOWN)
    if report.corrected and not lint(report.corrected, KNOWN).first_error:
        environment = {"DOMAIN_SOCKET": "/socket", "HOME": "/home/alice"}
        assert split_command(report.corrected, environment)[0].startswith("/")


@given(st.text(alphabet=" abst/=\"'\\", max_size=20))
def test_words_are_those_that_the_local_host_makes(text: str) -> None:
    words = split_words(f"/v/serve {text}")
    try:
        expected = split_command(f"/v/serve {text}", {})
    except InvalidInput:
        assert words is None
    else:
        assert words is not None
        assert [plain(word) for word in words] == expected


@given(st.text(alphabet=" ab\"'\\$", max_size=10))
def test_a_quoted_word_means_the_text(text: str) -> None:
    (word,) = split_words(quoted(text)) or [""]
    assert plain(word) == text
