"""The whole look at a line: what works passes, and what is offered has no error left."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.hosting.commands import check_command
from app.hosting.linter import Surroundings, lint
from app.hosting.linter.words import plain
from app.localhost.command import split_command
from tests.hosting.linter.support import KNOWN, UDS, is_complete


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/v/daphne -u ${DOMAIN_SOCKET} m:a", "Daphne works badly"),
        ("/v/gunicorn --bind unix:${DOMAIN_SOCKET} main", "Write main:app if"),
        ("/v/gunicorn --bind unix:${DOMAIN_SOCKET} -w 2", "not told which application"),
        (f"/v/granian {UDS} m:a", "Add --interface asgi"),
        (f"/bin/bash -lc 'exec /v/granian {UDS} m:a'", "Add --interface asgi"),
        (
            "/v/streamlit run s.py --theme.primaryColor #ff4b4b --server.address "
            "unix://${DOMAIN_SOCKET}",
            "Streamlit 1.57",
        ),
        ("/v/serve", "reads DOMAIN_SOCKET from its environment"),
        ("/bin/bash /home/alice/start.sh", "reads DOMAIN_SOCKET from its environment"),
        (f"/usr/bin/env A=b uvicorn {UDS} m:a", "not in a virtualenv"),
        (f"/usr/bin/nice -n 5 uvicorn {UDS} m:a", "nice looks for uvicorn among"),
        (f"/bin/bash -lc 'cd /x && exec uvicorn {UDS} m:a'", "A shell looks for uvicorn among"),
        (f"/bin/bash -lc '. .env && python -m uvicorn {UDS} m:a'", "A shell looks for python"),
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


@pytest.mark.parametrize(
    "command",
    [
        f"/v/uvicorn --app-dir /site {UDS} m:a",
        "/v/uvicorn --app-dir /site --uds $DOMAIN_SOCKET m:a",
        '/v/uvicorn --uds "${DOMAIN_SOCKET}" m:a',
        "/v/uvicorn --uds=${DOMAIN_SOCKET} m:a",
        f"/usr/bin/env A=b /v/uvicorn {UDS} m:a",
        '/bin/bash -lc "cd /site && exec ./serve --uds $DOMAIN_SOCKET | tee ~/log"',
        "/v/serve ${HOME}/serve.toml ${DOMAIN_SOCKET}",
        f'"/a b/uvicorn" {UDS} m:a',
        "/v/serve --unix ${DOMAIN_SOCKET} --metrics http://example.org/?a=1&b=2",
        "/v/serve '&&' ${DOMAIN_SOCKET}",
        "/v/serve '#fff' a#b ${DOMAIN_SOCKET}",
        f"/usr/bin/env -i /v/uvicorn {UDS} m:a",
        f"/usr/bin/env -u PORT --unset=HOST A=b /v/uvicorn {UDS} m:a",
        f"/bin/bash -lc 'cd /x && . v/bin/activate && exec uvicorn {UDS} a:b'",
        f"/bin/bash -lc 'cd /x && exec uv run uvicorn {UDS} a:b'",
        f"/bin/bash -lc 'PATH=/v/bin:$PATH exec uvicorn {UDS} a:b'",
        f"/bin/bash -lc '. ./virtualenv.sh; exec uvicorn {UDS} a:b'",
        f"/usr/bin/env PATH=/v/bin uvicorn {UDS} m:a",
        f"/usr/bin/env A=b nice -n 5 /v/uvicorn {UDS} m:a",
        "/v/gunicorn -bunix:${DOMAIN_SOCKET} -w2 m:a",
        "/v/gunicorn -cconf.py -bunix:${DOMAIN_SOCKET}",
        "/v/gunicorn --bind unix:${DOMAIN_SOCKET} \"shop.main:create('x y')\"",
        f"/v/uvicorn {UDS} my-shop.main:Site.app",
        f"/v/uvicorn {UDS} --unknown main",
        f"/v/uvicorn {UDS} ${{APPLICATION}}",
        "/v/serve --color #fff ${DOMAIN_SOCKET}",
        "/v/serve #a ${DOMAIN_SOCKET}",
        "/v/serve a=~b '~ motto' ${DOMAIN_SOCKET}",
        "/usr/bin/env UVICORN_UDS=${DOMAIN_SOCKET} /v/uvicorn m:a",
        "/bin/bash -lc 'export UVICORN_UDS=$DOMAIN_SOCKET && exec /v/uvicorn m:a'",
        "/bin/bash -lc 'exec /v/uvicorn --uds ${DOMAIN_SOCKET:-/x} m:a'",
        "/bin/bash -lc 'exec /v/gunicorn --bind unix:$DOMAIN_SOCKET m:a'",
        f"/usr/bin/env GRANIAN_INTERFACE=rsgi /v/granian {UDS} m:a",
        f"/v/python -u -X dev -Im uvicorn {UDS} m:a",
        "/v/gunicorn --bind unix:${DOMAIN_SOCKET} shop.wsgi",
        "/v/hypercorn --bind unix:${DOMAIN_SOCKET} main.py",
        f"/v/granian {UDS} --interface asgi main",
        f"/v/uvicorn {UDS} m:a --log-level debug --log-config log",
        "/v/gunicorn --worker-class eventlet -w 1 --chdir /s --bind unix:${DOMAIN_SOCKET} m:a",
    ],
)
def test_what_works_passes_without_a_word(command: str) -> None:
    assert lint(command, KNOWN).findings == ()


def test_several_mistakes_are_mended_in_one_line() -> None:
    report = lint("source ~/v/bin/activate && uvicorn main.py --host 0.0.0.0 --port 80", KNOWN)
    assert len(report.findings) == 4
    assert report.corrected == f"/home/alice/v/bin/uvicorn {UDS} main:app"
    assert not lint(report.corrected, KNOWN).findings


BEFORE = (
    "",
    "cd /site && ",
    "cd ~/site; ",
    "source v/bin/activate && ",
    ". /v/bin/activate;",
    "workon v && ",
    "cd ~/my\\ site && ",
    "cd s && . v/bin/activate && python manage.py migrate && ",
    "export B=c && set -a && . .env && ",
    "A=b ",
)
WRAPPED = ("sudo ", "time ", "uv run ", "poetry run ", "env B=c ", "/usr/bin/env B=c ")
BEHIND = ("", " &", ";", " ;", " > x.log 2>&1 &", " >>x", " | tee x", " |tee -a x", " # it runs")
SERVED = (
    "uvicorn main:app",
    "exec uvicorn main:app --reload --port 8000",
    "nohup /v/bin/gunicorn -w 2 -b 127.0.0.1:80 m:a",
    "/v/bin/python -m hypercorn m:a",
    "granian --interface asgi m:a --host ::",
    "fastapi run main.py",
    "fastapi dev main.py --port 80",
    "python manage.py runserver --settings shop.settings",
    "/v/bin/uvicorn --uds $DOMAIN_SOCKET m:a",
    "~/v/bin/uvicorn --uds {DOMAIN_SOCKET} m:a",
    "$HOME/v/bin/uvicorn --fd 3 m:a",
    "gunicorn --uds $DOMAIN_SOCKET m:a",
    "hypercorn --uds=$DOMAIN_SOCKET m:a",
    "/v/bin/uvicorn -b unix:$DOMAIN_SOCKET m:a",
    "flask --app shop run --debug",
    "uvicorn main.py --port 80",
    "uvicorn —uds $DOMAIN_SOCKET main.py:app",
    "gunicorn --daemon -b0.0.0.0:80 m:a",
    "python -u -X dev -Im uvicorn m:a -port 80",
    "nice -n 5 uvicorn m:a",
    "quart --app shop run",
    "granian m:a",
    "daphne m:a",
)


LINES = st.one_of(
    st.tuples(st.sampled_from(BEFORE), st.sampled_from(SERVED), st.sampled_from(BEHIND)),
    st.tuples(
        st.sampled_from(WRAPPED),
        st.sampled_from([line for line in SERVED if not line.startswith(("exec", "nohup"))]),
        st.sampled_from(BEHIND),
    ),
)


@given(LINES.map("".join))
@settings(max_examples=1000, deadline=None)
def test_whatever_is_corrected_listens_on_the_socket_and_has_no_error_left(typed: str) -> None:
    report = lint(typed, KNOWN)
    line = report.corrected if report.findings else typed
    assert line, "what is known can be mended"
    assert not lint(line, KNOWN).first_error
    words = split_command(line, {"DOMAIN_SOCKET": "/the/socket", "HOME": "/home/alice"})
    assert "/the/socket" in words or "unix:/the/socket" in words or words[0] == "/bin/bash"
    assert "DOMAIN_SOCKET" in line
    assert lint(line, KNOWN).corrected == "", "it is corrected for good"
    assert is_complete(line)


TYPED_FOR_A_SHELL = (
    *("cd", "/x", "A=b", "export", "exec", "source", "serve", "/v/uvicorn m:a", "fastapi run m.py"),
    *("&&", "||", ";", "&", "|", "<", ">", "(", ")", "<(", "$(", "{", "}", "`", "'", '"', "it\\'s"),
    *("while", "do", "done", "if", "then", "fi", "f()", "case", "bash -c", "'cd x && serve'"),
)


@given(st.lists(st.sampled_from(TYPED_FOR_A_SHELL), min_size=2, max_size=9).map(" ".join))
@settings(max_examples=1000, deadline=None)
def test_what_is_offered_for_a_line_for_a_shell_is_complete(typed: str) -> None:
    line = lint(typed, KNOWN).corrected
    if line:
        assert not lint(line, KNOWN).first_error
        assert is_complete(line), line


@given(st.text(alphabet=" ab/.;&|><\"'", max_size=25), st.sampled_from(BEHIND))
@settings(deadline=None)
def test_no_line_is_offered_that_has_an_error(text: str, behind: str) -> None:
    for typed in (f"cd x && {text}{behind}", f"/v/uvicorn {text}{behind}", text):
        for surroundings in (KNOWN, Surroundings()):
            corrected = lint(typed, surroundings).corrected
            assert not (corrected and lint(corrected, surroundings).first_error), typed


@given(st.text(alphabet=" #abc/~$&|;><\"'\\=-.{}[]()`%", max_size=40))
@settings(deadline=None)
def test_no_line_breaks_the_linter_and_what_it_offers_can_be_split(text: str) -> None:
    report = lint(text, KNOWN)
    if report.corrected and not lint(report.corrected, KNOWN).first_error:
        environment = {"DOMAIN_SOCKET": "/socket", "HOME": "/home/alice"}
        assert split_command(report.corrected, environment)[0].startswith("/")


def test_the_rules_together_do_not_resolve_a_long_word_again_and_again() -> None:
    """Measured in resolutions of such a word, which makes it the same on every machine."""
    long = "\\_" * 1900
    words = [long + str(number) for number in range(20)]
    began = time.process_time()
    for word in words:
        plain(f"x{word}")
    resolved = time.process_time()
    for word in words:
        lint(f"bash -lc {word}", KNOWN)
    assert time.process_time() - resolved < 60 * (resolved - began)
