"""The linter of commands: what leads to a 502 is found, and a line that works is offered."""

import re
import shlex
from dataclasses import replace

import pytest
from hypothesis import given, settings
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
        (
            "cd /site; /v/serve ${DOMAIN_SOCKET}",
            "; means nothing",
            '/bin/bash -lc "cd /site && exec /v/serve ${DOMAIN_SOCKET}"',
        ),
        ("/v/serve ${DOMAIN_SOCKET} | /bin/tee x", "no shell reads", "/v/serve ${DOMAIN_SOCKET}"),
        ("/v/serve ${DOMAIN_SOCKET} |tee -a x", "no shell reads", "/v/serve ${DOMAIN_SOCKET}"),
        ("/v/serve ${DOMAIN_SOCKET} | /bin/grep x", "no shell reads", ""),
        ("/v/serve & /v/other ${DOMAIN_SOCKET}", "no shell reads", ""),
        ("/v/serve ${DOMAIN_SOCKET} < /x", "no shell reads", ""),
        ("/v/serve ${DOMAIN_SOCKET} < /dev/null", "no shell reads", "/v/serve ${DOMAIN_SOCKET}"),
        ("/v/serve ${DOMAIN_SOCKET} &", "the host keeps the program", "/v/serve ${DOMAIN_SOCKET}"),
        (f"/v/uvicorn {UDS} m:a;", "; means nothing", f"/v/uvicorn {UDS} m:a"),
        (f"/v/uvicorn {UDS} m:a&", "& means nothing", f"/v/uvicorn {UDS} m:a"),
        (f"nohup /v/uvicorn {UDS} m:a &", "& means nothing", f"/v/uvicorn {UDS} m:a"),
        ("/usr/bin/nohup /v/uvicorn m:a", "is missing", f"/usr/bin/nohup /v/uvicorn {UDS} m:a"),
        (
            f"/bin/bash -lc 'v/uvicorn {UDS} m:a &'",
            "into the background",
            f'/bin/bash -lc "v/uvicorn {UDS} m:a"',
        ),
        (
            "source venv/bin/activate && uvicorn main:app",
            "&& means nothing",
            f"/home/alice/venv/bin/uvicorn {UDS} main:app",
        ),
        (
            "cd s;. venv/bin/activate; exec python -m uvicorn main:app > log 2>&1 &",
            "; means nothing",
            f"/home/alice/s/venv/bin/python -m uvicorn {UDS} --app-dir /home/alice/s main:app",
        ),
        (
            'export A=b "C=d e" && /v/uvicorn m:a',
            "&& means nothing",
            f'/usr/bin/env A=b "C=d e" /v/uvicorn {UDS} m:a',
        ),
        (
            "export PATH=/x:$PATH && /v/uvicorn m:a",
            "&& means nothing",
            f'/bin/bash -lc "export PATH=/x:$PATH && exec /v/uvicorn {UDS} m:a"',
        ),
        (
            "export X=/x && /v/uvicorn --root-path $X m:a",
            "&& means nothing",
            f'/bin/bash -lc "export X=/x && exec /v/uvicorn {UDS} --root-path $X m:a"',
        ),
        (
            'cd "$(dirname /x/y)" && /v/uvicorn m:a',
            "&& means nothing",
            f'/bin/bash -lc "cd \\"$(dirname /x/y)\\" && exec /v/uvicorn {UDS} m:a"',
        ),
        (
            "cd /x && cd - && /v/uvicorn m:a",
            "&& means nothing",
            f'/bin/bash -lc "cd /x && cd - && exec /v/uvicorn {UDS} m:a"',
        ),
        (
            "cd s* && A=b ./serve ${DOMAIN_SOCKET}",
            "&& means nothing",
            '/bin/bash -lc "cd /home/alice/s* && A=b exec ./serve ${DOMAIN_SOCKET}"',
        ),
        (
            "set -a && . .env && uvicorn m:a",
            "&& means nothing",
            f'/bin/bash -lc "set -a && . .env && exec uvicorn {UDS} m:a"',
        ),
        ("python3 -m uvicorn m:a", "whole path", f"{BIN}/python3 -m uvicorn {UDS} m:a"),
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
            "Streamlit 1.57 and later refuse",
            "",
        ),
        ("/v/streamlit run s.py", "as the Streamlit template does", ""),
        ("/v/python manage.py runserver 0.0.0.0:8000", "listens on a port alone", ""),
        ("/v/python /s/manage.py runserver", "PROJECT is the folder with asgi.py", ""),
        ("/bin/bash -lc 'cd /s && python manage.py runserver'", "listens on a port alone", ""),
        (
            "/v/python /s/manage.py runserver --settings=shop.settings 80",
            "listens on a port alone",
            f"/v/python -m uvicorn {UDS} --app-dir /s shop.asgi:application",
        ),
        (
            "cd /s && python manage.py runserver --settings shop.settings.live",
            "listens on a port alone",
            f"/usr/bin/env DJANGO_SETTINGS_MODULE=shop.settings.live {BIN}/python -m uvicorn "
            f"--app-dir /s {UDS} shop.asgi:application",
        ),
        (
            "DJANGO_SETTINGS_MODULE=shop.live /s/manage.py runserver",
            "listens on a port alone",
            None,
        ),
        ("/v/fastapi run main.py", "fastapi run listens", f"/v/uvicorn {UDS} main:app"),
        (
            "/v/fastapi dev /a-b/shop.py --host :: --port=80 --reload --app web --root-path /x",
            "fastapi dev listens",
            f"/v/uvicorn {UDS} --app-dir /a-b --root-path /x shop:web",
        ),
        (
            "/v/fastapi run /home/alice/main.py",
            "fastapi run listens",
            f"/v/uvicorn {UDS} --app-dir /home/alice main:app",
        ),
        (
            "/v/fastapi run app/main.py",
            f"uvicorn {UDS} app.main:app if app/ is a package, which has an __init__.py, "
            f"else {UDS} --app-dir app main:app.",
            "",
        ),
        (
            "cd /s && /v/fastapi dev '/home/alice/a b/shop/main.py' --app web",
            f'{UDS} --app-dir "/home/alice/a b" shop.main:web if shop/ is a package',
            "",
        ),
        ("/v/fastapi run ../main.py", "fastapi run listens", ""),
        (
            "cd ~/s && fastapi run main.py",
            "fastapi run listens",
            f"{BIN}/uvicorn --app-dir /home/alice/s {UDS} main:app",
        ),
        ("/v/python -m fastapi run m.py", "listens", f"/v/python -m uvicorn {UDS} m:app"),
        ("/v/fastapi run", "main:app, with its whole path", ""),
        ("/v/fastapi run main.py --unknown", "fastapi run listens", ""),
        ("/v/fastapi run my-app.py", "fastapi run listens", ""),
        (
            "/bin/bash -lc 'cd /s && v/bin/fastapi run main.py'",
            "fastapi run listens",
            f'/bin/bash -lc "cd /s && v/bin/uvicorn {UDS} main:app"',
        ),
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
        (
            "/v/gunicorn --uds ${DOMAIN_SOCKET} --app-dir /s m:a",
            "gunicorn has no option --app-dir",
            "/v/gunicorn --bind unix:${DOMAIN_SOCKET} --chdir /s m:a",
        ),
        (
            "cd /s && gunicorn --uds=${DOMAIN_SOCKET} -w 2 m:a",
            "gunicorn has no option --uds",
            f"{BIN}/gunicorn --bind unix:${{DOMAIN_SOCKET}} --chdir /s -w 2 m:a",
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
            "/v/hypercorn --insecure-bind 0.0.0.0:80 m:a",
            "Nobody can reach 0.0.0.0:80",
            "/v/hypercorn --bind unix:${DOMAIN_SOCKET} m:a",
        ),
        (
            "/v/granian --bind unix:${DOMAIN_SOCKET} --app-dir '/a b' m:a",
            "granian has no option --bind",
            f'/v/granian {UDS} --working-dir "/a b" m:a',
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
        (
            "X=1 python -m uvicorn m:a",
            "/usr/bin/env",
            f"/usr/bin/env X=1 {BIN}/python -m uvicorn {UDS} m:a",
        ),
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
        ("uv sync", "uv needs its whole path", None),
        (
            f"cd /s && poetry run uvicorn {UDS} m:a",
            "poetry run is not found here",
            f"{BIN}/uvicorn --app-dir /s {UDS} m:a",
        ),
        ("pipenv run fastapi run main.py", "pipenv run", f"{BIN}/uvicorn {UDS} main:app"),
        ("conda run -n shop uvicorn m:a", "conda run is not found here", ""),
        ("conda run --no-capture-output uvicorn m:a", "conda run", f"{BIN}/uvicorn {UDS} m:a"),
        ("python3 -m http.server 8000", "http.server listens on a port alone", ""),
        ("/bin/bash -lc 'cd /s && python -m http.server'", "http.server listens on a port", ""),
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
        (
            "cd '../a b' && ./serve ${DOMAIN_SOCKET}",
            "&& means nothing",
            '/bin/bash -lc "cd \\"/home/a b\\" && exec ./serve ${DOMAIN_SOCKET}"',
        ),
        ("cd - && ./serve ${DOMAIN_SOCKET}", "&& means nothing", ""),
        (f"/v/uvicorn main.py {UDS}", "not main.py: main:app", f"/v/uvicorn main:app {UDS}"),
        (
            f"/bin/bash -lc 'cd /s && exec uvicorn main.py {UDS}'",
            "not main.py: main:app",
            f'/bin/bash -lc "cd /s && exec uvicorn main:app {UDS}"',
        ),
        (f"/v/uvicorn main {UDS}", "not main: main:app", f"/v/uvicorn main:app {UDS}"),
        (
            "/v/python -m uvicorn --reload --log-level info shop.asgi --port 80",
            "Nobody can reach port 80",
            f"/v/python -m uvicorn {UDS} --reload --log-level info shop.asgi:app",
        ),
        (
            "cd /s && gunicorn -w 2 main.py",
            "&& means nothing",
            f"{BIN}/gunicorn --bind unix:${{DOMAIN_SOCKET}} --chdir /s -w 2 main:app",
        ),
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
        assert "DOMAIN_SOCKET" in corrected


@pytest.mark.parametrize(
    "command",
    [
        "while true; do uvicorn main:app; done",
        "while true; do sleep 1; done",
        "until uvicorn main:app; do sleep 1; done",
        "if true; then uvicorn main:app; fi",
        "for i in 1 2; do uvicorn main:app; done",
        "case x in x) uvicorn main:app;; esac",
        "select x in a; do uvicorn main:app; done",
        "function f { uvicorn main:app; }; f",
        "f() { uvicorn main:app; }; f",
        "{ cd x && uvicorn main:app; }",
        "(cd x && uvicorn main:app)",
        "while true",
        "cd x && { uvicorn main:app; }",
        f"uvicorn main:app {UDS} --log-config <(cat x)",
        "cd x && uvicorn main:app --log-config <(cat x)",
        f"uvicorn main:app {UDS} > >(tee x)",
        "$(which uvicorn) main:app",
        "`which uvicorn` main:app",
        "cd x &&",
        "cd x && # it runs",
        "cd x ||",
        "uvicorn main:app |",
        "&& uvicorn main:app",
        "cd x && && uvicorn main:app",
        "cd x ; ; uvicorn main:app",
        "cd",
        "cd x",
        "exec",
        "nohup",
        "&&",
        ";",
        "|",
        "& &",
        "echo hi; cd x;",
        "cd x && export A=b",
        "python manage.py migrate; uvicorn main:app",
        "trap 'x' EXIT; uvicorn main:app",
        "uvicorn main:app; echo ended",
        "uvicorn main:app && echo ended",
        f"/v/uvicorn main:app {UDS}; sleep 1",
        "uvicorn main:app || uvicorn other:app",
        "cd x || exit; uvicorn main:app",
        "a && b || c",
        "uvicorn main:app & uvicorn other:app",
        "cd x && ./serve 'it\\'s'",
    ],
)
def test_no_line_is_made_of_what_only_a_shell_can_know(command: str) -> None:
    for surroundings in (KNOWN, Surroundings()):
        report = lint(command, surroundings)
        assert report.corrected == ""
        assert "put the line into a script" in report.findings[-1].text


@pytest.mark.parametrize("command", ["''", '"" x', ".. x", "(uvicorn main:app)", "[ x", "=b"])
def test_a_line_that_begins_with_no_program_is_not_mended(command: str) -> None:
    report = lint(command, KNOWN)
    assert "begin with the whole path of a program" in report.first_error
    assert report.corrected == ""


@pytest.mark.parametrize(
    "command",
    [
        'bash -c ""',
        'bash -c "cd x &&"',
        'bash -c "| tee x"',
        'bash -c "uvicorn m:a)"',
        """bash -c "'" """,
        "/bin/bash -c '(cd /x && uvicorn m:a --port 80)'",
        "/bin/bash -c '(cd /x && fastapi run m.py --port 80)'",
        "/bin/bash -c 'while true; do cd x; fastapi run m.py; done'",
    ],
)
def test_no_script_is_offered_that_is_not_complete(command: str) -> None:
    report = lint(command, KNOWN)
    assert report.findings
    assert report.corrected == ""


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/v/daphne -u ${DOMAIN_SOCKET} m:a", "Daphne works badly"),
        ("/v/gunicorn --bind unix:${DOMAIN_SOCKET} main", "Write main:app if"),
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
        "/v/gunicorn --bind unix:${DOMAIN_SOCKET} m:a",
    ],
)
def test_nothing_is_said_of_a_folder_that_is_named(command: str) -> None:
    assert lint(command, replace(KNOWN, runs_in="/home/alice")).findings == ()


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
        "/v/serve ${HOME}/serve.toml ${DOMAIN_SOCKET}",
        f'"/a b/uvicorn" {UDS} m:a',
        "/v/serve --unix ${DOMAIN_SOCKET} --metrics http://example.org/?a=1&b=2",
        "/v/serve '&&' ${DOMAIN_SOCKET}",
        "/v/serve '#fff' a#b ${DOMAIN_SOCKET}",
        f"/usr/bin/env -i /v/uvicorn {UDS} m:a",
        f"/usr/bin/env -u PORT --unset=HOST A=b /v/uvicorn {UDS} m:a",
        f"/bin/bash -lc 'cd /x && . v/bin/activate && exec uvicorn {UDS} a:b'",
        f"/bin/bash -lc 'cd /x && exec uv run uvicorn {UDS} a:b'",
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
    report = lint("cd ~/site && uvicorn main:app --host 0.0.0.0 --port 80", KNOWN)
    assert len(report.findings) == 4
    assert report.corrected == f"{BIN}/uvicorn {UDS} --app-dir /home/alice/site main:app"
    assert not lint(report.corrected, KNOWN).findings


BEFORE = (
    "",
    "cd /site && ",
    "cd ~/site; ",
    "source v/bin/activate && ",
    ". /v/bin/activate;",
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
@settings(max_examples=1000)
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
@settings(max_examples=1000)
def test_what_is_offered_for_a_line_for_a_shell_is_complete(typed: str) -> None:
    line = lint(typed, KNOWN).corrected
    if line:
        assert not lint(line, KNOWN).first_error
        assert is_complete(line), line


def is_complete(line: str) -> bool:
    """Whether a script in the line has every quote and bracket closed, and ends in no sign."""
    words = split_command(line, {"DOMAIN_SOCKET": "/socket", "HOME": "/home/alice"})
    if words[0] != "/bin/bash" or len(words) < 3:
        return True
    shlex.split(words[2])
    outside = re.sub(r"""\\.|'[^']*'|"(\\.|[^"\\])*\"""", "x", words[2]).strip()
    is_open = outside.endswith(("&&", "|")) or outside.startswith(("&", "|", ";"))
    return outside.count("(") == outside.count(")") and not is_open


@given(st.text(alphabet=" ab/.;&|><\"'", max_size=25), st.sampled_from(BEHIND))
def test_no_line_is_offered_that_has_an_error(text: str, behind: str) -> None:
    for typed in (f"cd x && {text}{behind}", f"/v/uvicorn {text}{behind}", text):
        for surroundings in (KNOWN, Surroundings()):
            corrected = lint(typed, surroundings).corrected
            assert not (corrected and lint(corrected, surroundings).first_error), typed


def test_a_line_is_not_offered_while_its_program_is_not_known() -> None:
    report = lint("uvicorn main:app")
    assert len(report.findings) == 2
    assert report.corrected == ""


def test_a_shell_is_sent_to_the_folder_below_the_home() -> None:
    typed = "cd shop && source venv/bin/activate && python main.py"
    script = '"cd /home/alice/shop && source venv/bin/activate && exec python main.py"'
    assert lint(typed, KNOWN).corrected == f"/bin/bash -lc {script}"


def test_nothing_is_made_up_where_nothing_is_known() -> None:
    for typed in (
        "cd s && /v/uvicorn m:a",
        "cd s && ./serve ${DOMAIN_SOCKET}",
        "uv run uvicorn m:a",
    ):
        assert lint(typed).corrected == ""
    assert lint(f"$HOME/v/uvicorn {UDS} m:a").corrected == ""
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
