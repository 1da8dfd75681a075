"""A line that was written for a shell comes to one program, or to a script."""

import pytest

from app.hosting.linter import Surroundings, lint
from tests.hosting.linter.support import BIN, KNOWN, UDS, check_mended, within


@pytest.mark.parametrize(
    ("command", "words", "corrected"),
    [
        (
            f"cd /site && /v/uvicorn {UDS} m:a",
            "&& means nothing",
            f'/bin/bash -lc "cd /site && exec /v/uvicorn {UDS} m:a"',
        ),
        (
            "cd /site && exec /v/gunicorn -w 2 -b unix:${DOMAIN_SOCKET} m:a",
            "&& means nothing",
            '/bin/bash -lc "cd /site && exec /v/gunicorn -w 2 -b unix:${DOMAIN_SOCKET} m:a"',
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
        (f"/v/uvicorn {UDS} m:a;", "; means nothing", f"/v/uvicorn {UDS} m:a"),
        (
            "source venv/bin/activate && uvicorn main:app",
            "&& means nothing",
            f"/home/alice/venv/bin/uvicorn {UDS} main:app",
        ),
        (
            "cd s;. venv/bin/activate; exec python -m uvicorn main:app > log 2>&1 &",
            "; means nothing",
            '/bin/bash -lc "cd /home/alice/s && . venv/bin/activate && '
            f'exec python -m uvicorn {UDS} main:app"',
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
            f'/bin/bash -lc "set -a && . .env && exec {BIN}/uvicorn {UDS} m:a"',
        ),
        (
            "set -a; . .env; uvicorn m:a",
            "; means nothing",
            f'/bin/bash -lc "set -a && . .env && exec {BIN}/uvicorn {UDS} m:a"',
        ),
        (
            f"cd ~/shop && uvicorn {UDS} --env-file .env m:a",
            "&& means nothing",
            f'/bin/bash -lc "cd ~/shop && exec {BIN}/uvicorn {UDS} --env-file .env m:a"',
        ),
        (
            "cd ~/shop && nohup hypercorn m:a",
            "&& means nothing",
            f'/bin/bash -lc "cd ~/shop && exec {BIN}/hypercorn --bind unix:${{DOMAIN_SOCKET}} m:a"',
        ),
        (
            "cd /s && A=b python main.py ${DOMAIN_SOCKET}",
            "&& means nothing",
            f'/bin/bash -lc "cd /s && A=b exec {BIN}/python main.py ${{DOMAIN_SOCKET}}"',
        ),
        (
            "cd /s && env A=b uvicorn m:a",
            "&& means nothing",
            f'/bin/bash -lc "cd /s && exec env A=b {BIN}/uvicorn {UDS} m:a"',
        ),
        (
            "cd /s && python manage.py migrate && gunicorn shop.wsgi",
            "&& means nothing",
            f'/bin/bash -lc "cd /s && {BIN}/python manage.py migrate && '
            f'exec {BIN}/gunicorn --bind unix:${{DOMAIN_SOCKET}} shop.wsgi"',
        ),
        (
            "cd ~/shop && .venv/bin/python -m uvicorn m:a",
            "&& means nothing",
            f'/bin/bash -lc "cd ~/shop && exec .venv/bin/python -m uvicorn {UDS} m:a"',
        ),
        (
            "cd ~/my\\ shop && uvicorn m:a",
            "&& means nothing",
            f'/bin/bash -lc "cd ~/my\\\\ shop && exec {BIN}/uvicorn {UDS} m:a"',
        ),
        (
            'cd "~/my shop" && uvicorn m:a',
            "&& means nothing",
            f'/bin/bash -lc "cd \\"/home/alice/my shop\\" && exec {BIN}/uvicorn {UDS} m:a"',
        ),
        (
            "/bin/bash -lc cd ~/shop && uvicorn m:a",
            "&& means nothing",
            f'/bin/bash -lc "cd ~/shop && exec {BIN}/uvicorn {UDS} m:a"',
        ),
        (
            f"source /v/bin/activate && uvicorn {UDS} main:app #shop",
            "&& means nothing",
            f'/bin/bash -lc "source /v/bin/activate && exec uvicorn {UDS} main:app #shop"',
        ),
        (
            "workon shop && uvicorn --app-dir /s m:a",
            "&& means nothing",
            f"/home/alice/.virtualenvs/shop/bin/uvicorn {UDS} --app-dir /s m:a",
        ),
        (
            "source v/bin/activate && env A=b uvicorn m:a",
            "&& means nothing",
            f"/usr/bin/env A=b /home/alice/v/bin/uvicorn {UDS} m:a",
        ),
        (
            "cd /s && source /v/bin/activate && celery purge && uvicorn m:a",
            "&& means nothing",
            '/bin/bash -lc "cd /s && source /v/bin/activate && celery purge && '
            f'exec uvicorn {UDS} m:a"',
        ),
        (
            "export A=/s && uvicorn --app-dir ${A} m:a",
            "&& means nothing",
            f'/bin/bash -lc "export A=/s && exec {BIN}/uvicorn {UDS} --app-dir $A m:a"',
        ),
        (
            "cd '../a b' && ./serve ${DOMAIN_SOCKET}",
            "&& means nothing",
            '/bin/bash -lc "cd \\"/home/a b\\" && exec ./serve ${DOMAIN_SOCKET}"',
        ),
        ("cd - && ./serve ${DOMAIN_SOCKET}", "&& means nothing", ""),
    ],
)
def test_steps_are_folded_into_a_line_that_works(
    command: str, words: str, corrected: str | None
) -> None:
    check_mended(command, words, corrected)


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
        "cd x && npm start",
        "bash -c 'cd x' && celery beat",
        "cd x #shop && uvicorn main:app",
        "conda activate x && uvicorn main:app",
        "celery purge && uvicorn main:app",
        "export A=b && ./serve ${A:-c}",
    ],
)
def test_no_line_is_made_of_what_only_a_shell_can_know(command: str) -> None:
    for surroundings in (KNOWN, Surroundings()):
        report = lint(command, surroundings)
        assert report.corrected == ""
        assert "put the line into a script" in report.findings[-1].text


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


@pytest.mark.parametrize(
    ("command", "words", "corrected"),
    [
        ("cd /srv/tee", "cd means nothing here", ""),
        ("source ~/tee", "source means nothing here", ""),
        ("/v/serve ${DOMAIN_SOCKET} > log tee", "> means", "/v/serve ${DOMAIN_SOCKET} tee"),
        ("nohup /v/tee ${DOMAIN_SOCKET} /v/tee", "nohup", "/v/tee ${DOMAIN_SOCKET} /v/tee"),
        ("/v/serve ${DOMAIN_SOCKET} | tee x | tee", "| means", "/v/serve ${DOMAIN_SOCKET}"),
        ("/v/serve ${DOMAIN_SOCKET} | tee |", "| means nothing here", ""),
    ],
)
def test_what_is_called_tee_is_left_out_behind_a_pipe_alone(
    command: str, words: str, corrected: str
) -> None:
    with within(seconds=5):
        check_mended(command, words, corrected)
