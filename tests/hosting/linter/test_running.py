"""Corrected lines at work: a real uvicorn, started as a host starts it, answers on the socket."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
import pytest

from app.hosting.linter import Surroundings, lint
from app.localhost.command import split_command
from tests.support import eventually

# Everything in it is found from the project's folder alone, as such programs are written.
MAIN = """\
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

app = Starlette(routes=[Mount("/", StaticFiles(directory="static", html=True))])
"""
PLAIN = """\
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"It runs."})
"""
SERVE = """\
import os

import uvicorn

uvicorn.run("main:app", uds=os.environ["DOMAIN_SOCKET"])
"""
SETTINGS = "import os\n\nfrom plain import app\n\nassert os.environ['GREETING'] == 'It runs.'\n"


@dataclass(frozen=True, slots=True)
class Account:
    """A home with a project, the same with a blank in its name, and a virtualenv."""

    home: Path

    @property
    def socket(self) -> Path:
        return self.home / "app.sock"

    @property
    def environment(self) -> dict[str, str]:
        return {"HOME": str(self.home), "DOMAIN_SOCKET": str(self.socket), "PATH": "/usr/bin:/bin"}

    def corrected(self, typed: str) -> str:
        virtualenv = str(self.home / ".virtualenvs" / "v")
        known = Surroundings(str(self.home), virtualenv, str(self.home))
        return lint(typed, known).corrected

    @contextmanager
    def running(self, command: str) -> Iterator[subprocess.Popen[bytes]]:
        words = split_command(command, self.environment)
        self.socket.unlink(missing_ok=True)
        process = subprocess.Popen(
            words,
            cwd=self.home,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def answer(self) -> str:
        transport = httpx2.HTTPTransport(uds=str(self.socket))
        with httpx2.Client(base_url="http://shop", transport=transport) as client:
            answer = client.get("/")
        assert answer.status_code == 200
        return answer.text


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    # A path of a socket has room for no more than 107 characters.
    with TemporaryDirectory(prefix="lint") as folder:
        home = Path(folder).resolve()
        virtualenv = Path(sys.executable).parent.parent
        (home / ".virtualenvs").mkdir()
        (home / ".virtualenvs" / "v").symlink_to(virtualenv)
        for project in (home / "shop", home / "my shop"):
            (project / "static").mkdir(parents=True)
            (project / "static" / "index.html").write_text("It runs.")
            (project / ".env").write_text("GREETING='It runs.'\n")
            (project / "venv").symlink_to(virtualenv)
            (project / "lib").mkdir()
            (project / "lib" / "inside.py").write_text(PLAIN)
            for name, text in (
                *(("main.py", MAIN), ("plain.py", PLAIN)),
                *(("serve.py", SERVE), ("settings.py", SETTINGS)),
            ):
                (project / name).write_text(text)
        yield Account(home)


@pytest.mark.parametrize(
    "typed",
    [
        "cd ~/shop && uvicorn main:app",
        "cd shop; uvicorn main:app --host 0.0.0.0 --port 8000 > log 2>&1 &",
        "cd ~/shop && uvicorn --uds $DOMAIN_SOCKET --env-file .env settings:app",
        "cd ~/shop && set -a && . ./.env && uvicorn settings:app",
        "cd ~/my\\ shop && uvicorn main:app",
        'cd "~/my shop" && exec uvicorn main:app',
        "cd 'my shop' && . venv/bin/activate && python -u -m uvicorn main:app --port 80",
        "cd ~/shop && venv/bin/uvicorn main:app",
        "cd ~/shop && ./venv/bin/python -m uvicorn main:app",
        "cd ~/shop && PYTHONPATH=lib uvicorn inside:app",
        "cd ~/shop && export PYTHONPATH=$HOME/shop/lib && uvicorn inside:app",
        "cd ~/shop && env GREETING='It runs.' uvicorn settings:app",
        "cd ~/shop && uv run uvicorn main.py --reload-dir lib",
        "cd ~/shop && python serve.py",
        "cd ~/shop && fastapi run main.py",
        "cd ~/shop && uvicorn —uds $DOMAIN_SOCKET main:app",
        "cd ~/shop &&\u00a0uvicorn\u00a0main:app",
        "pa website create --domain x.org --command 'cd shop && uvicorn main:app'",
        "PYTHONPATH=~/shop uvicorn plain:app",
        "uvicorn --app-dir ~/shop plain.py:app #shop",
        "workon v && uvicorn --app-dir ~/shop plain:app",
        "workon v && cd ~/shop && nohup uvicorn main:app &",
        "source ~/shop/venv/bin/activate && uvicorn plain:app --app-dir ~/shop",
    ],
)
def test_a_corrected_line_is_answered(account: Account, typed: str) -> None:
    command = account.corrected(typed)
    with account.running(command) as process:
        eventually(lambda: account.socket.exists() or process.poll() is not None, command)
        assert process.poll() is None, command
        assert account.answer() == "It runs."


def test_the_same_application_does_not_start_in_another_folder(account: Account) -> None:
    program = f"{account.home}/.virtualenvs/v/bin/uvicorn"
    command = f"{program} --app-dir {account.home}/shop --uds ${{DOMAIN_SOCKET}} main:app"
    with account.running(command) as process:
        assert process.wait(30) != 0
