"""What has to be there for a command to run, as far as the command says where it is."""

import pytest

from app.hosting.linter import Surroundings
from app.hosting.linter.needs import Needs, needs_of

HOME = "/home/alice"
AT_HOME = Surroundings(HOME, "", HOME)


def module(*paths: str) -> tuple[str, ...]:
    """The files that a module may be in, for each path without its ending."""
    return tuple(file for path in paths for file in (f"{path}.py", f"{path}/__init__.py"))


@pytest.mark.parametrize(
    ("command", "needs"),
    [
        (
            "/v/uvicorn --app-dir /s/ --uds ${DOMAIN_SOCKET} shop.asgi:app",
            Needs(("/v/uvicorn",), ("/s",), (module("/s/shop/asgi"),)),
        ),
        (
            '/usr/bin/env A=/x.py "${HOME}/my v/gunicorn" --chdir=$HOME/s m:create()',
            Needs((f"{HOME}/my v/gunicorn",), (f"{HOME}/s",), (module(f"{HOME}/s/m"),)),
        ),
        (
            "/v/uvicorn m:a --uds ${DOMAIN_SOCKET}",
            Needs(("/v/uvicorn",), (), (module(f"{HOME}/m"),)),
        ),
        ("uvicorn --app-dir site m:a", Needs((), (f"{HOME}/site",), (module(f"{HOME}/site/m"),))),
        (
            "/usr/bin/env PYTHONPATH=/s:lib /v/python -u -m uvicorn shop.m:a",
            Needs(
                ("/v/python",),
                ("/s", f"{HOME}/lib"),
                (module(f"{HOME}/shop/m", "/s/shop/m", f"{HOME}/lib/shop/m"),),
            ),
        ),
        (
            "/usr/bin/env -C /s v/bin/uvicorn --env-file .env m:a",
            Needs(("/s/v/bin/uvicorn", "/s/.env"), ("/s",), (module("/s/m"),)),
        ),
        (
            "/v/gunicorn -cconf.py --access-logfile /x/access.log --pid /x/g.pid "
            "--pythonpath=/p m:a",
            Needs(("/v/gunicorn", f"{HOME}/conf.py"), (), (module(f"{HOME}/m", "/p/m"),)),
        ),
        (
            "/v/gunicorn -c python:shop.conf --statsd-host localhost:8125 shop.wsgi",
            Needs(("/v/gunicorn",), (), (module(f"{HOME}/shop/wsgi"),)),
        ),
        (
            "/v/uvicorn --root-path /api/v1.0 --app-dir ${X} m:a",
            Needs(("/v/uvicorn",), (), ()),
        ),
        ("/v/hypercorn main.py", Needs(("/v/hypercorn",), (), ())),
        (
            "/v/streamlit run shop.py --server.headless true",
            Needs(("/v/streamlit", f"{HOME}/shop.py"), (), ()),
        ),
        (
            "/bin/bash -l /s/../start.sh --log /s/x.log unix:${DOMAIN_SOCKET}",
            Needs(("/bin/bash", "/start.sh"), (), ()),
        ),
        ("/bin/bash -o posix /s/start.sh", Needs(("/bin/bash",), (), ())),
        ("/v/python -u serve.py /x.db", Needs(("/v/python", f"{HOME}/serve.py"), (), ())),
        ("/v/python -m shop /x.db", Needs(("/v/python",), (), ())),
        ("/usr/bin/node -r x /s/server.js", Needs(("/usr/bin/node",), (), ())),
        ("/usr/bin/node /s/server.js", Needs(("/usr/bin/node", "/s/server.js"), (), ())),
        ("/v/serve /s/serve.toml", Needs(("/v/serve",), (), ())),
        (
            '/bin/bash -lc "cd ~/shop && . v/bin/activate && exec uvicorn m:a"',
            Needs((f"{HOME}/shop/v/bin/activate",), (f"{HOME}/shop",), (module(f"{HOME}/shop/m"),)),
        ),
        (
            "/bin/bash -lc 'cd \"/my s\" && A=b PYTHONPATH=lib exec v/bin/python main.py'",
            Needs(("/my s/v/bin/python", "/my s/main.py"), ("/my s", "/my s/lib"), ()),
        ),
        (
            "/bin/bash -c 'export PYTHONPATH=/p; cd /s; /v/python x.py && exec /v/uvicorn m:a'",
            Needs(("/v/python", "/s/x.py", "/v/uvicorn"), ("/s", "/p"), (module("/s/m", "/p/m"),)),
        ),
        ("/bin/bash -c 'cd $X && exec v/uvicorn m:a'", Needs((), (), ())),
        ("/bin/bash -c 'cd s* && exec /v/uvicorn m:a'", Needs(("/v/uvicorn",), (), ())),
        ("/bin/bash -c 'while true; do /v/x; done'", Needs((), (), ())),
        ("", Needs((), (), ())),
        ("'", Needs((), (), ())),
    ],
)
def test_a_command_names_what_it_needs(command: str, needs: Needs) -> None:
    assert needs_of(command, AT_HOME) == needs


@pytest.mark.parametrize("command", ["v/bin/uvicorn --app-dir site m:a", "/bin/sh -c '~/serve'"])
def test_nothing_is_said_of_a_place_that_nobody_knows(command: str) -> None:
    assert needs_of(command, Surroundings()) == Needs((), (), ())
