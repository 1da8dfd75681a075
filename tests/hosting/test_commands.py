"""Commands: templates fill in one that passes the checks, and refusals say what to write."""

import pytest

from app.errors import InvalidInput
from app.hosting.commands import check_command, virtualenv_of
from app.hosting.linter import lint
from app.hosting.templates import TEMPLATES, fill_in, suggested_domain
from app.localhost.command import split_command
from app.models import Account, AccountKind, SiteTemplate


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.id)
def test_every_template_makes_a_command_that_is_accepted(template: SiteTemplate) -> None:
    command = fill_in(template, "/home/a b/.venv/", "/home/a b/site/", "")
    assert lint(command).findings == ()
    words = split_command(command, {"DOMAIN_SOCKET": "/socket"})
    assert words[0].startswith("/home/a b/.venv/bin/")
    assert any(word.startswith("/home/a b/site") for word in words[1:])
    assert any(word in ("/socket", "unix:/socket") for word in words)
    assert words[-1].endswith(("/socket", template.application))
    compile(template.starter, template.starter_file, "exec")


def test_a_path_without_blanks_is_left_without_quotes() -> None:
    assert '"' not in fill_in(TEMPLATES[0], "/v", "/site", "")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("", "Type the command"),
        ("   ", "Type the command"),
        ("/bin/x 'unclosed", "quote is not closed"),
        ("/bin/cd /site && /bin/x", "&& means nothing"),
        ("/bin/x | /bin/y", "no shell reads"),
        ("~/venv/bin/uvicorn main:app", "Write the whole path"),
        ("/bin/x --app-dir ~/site", "Write the whole path"),
        ("uvicorn main:app", "bin/uvicorn"),
        ("env A=b /bin/x", "/usr/bin/env"),
        ("PORT=1 /bin/x", "/usr/bin/env PORT=1"),
        ("/bin/x\n/bin/y", "one line"),
        ("/bin/x \x00", "printable"),
        ("/bin/" + "x" * 5000, "at most"),
    ],
)
def test_what_a_host_would_not_understand_is_refused_with_a_way_out(
    command: str, words: str
) -> None:
    with pytest.raises(InvalidInput, match=words) as refusal:
        check_command(command)
    assert refusal.value.field == "command"


@pytest.mark.parametrize(
    "command",
    [
        "/usr/bin/env A=b /bin/x",
        '/bin/bash -lc "cd /site && exec ./serve"',
        "/v/serve.sh ${HOME}/serve.toml",
        "/bin/x '&&'x",
    ],
)
def test_what_works_is_left_as_it_was_typed(command: str) -> None:
    assert check_command(f"  {command} ") == command


@pytest.mark.parametrize(
    ("command", "virtualenv"),
    [
        ("/home/alice/.venvs/x/bin/uvicorn --uds ${DOMAIN_SOCKET} m:a", "/home/alice/.venvs/x"),
        ('"/home/a b/v/bin/python" serve.py', "/home/a b/v"),
        ("/usr/bin/env A=b /v/bin/uvicorn m:a", "/v"),
        ("/usr/bin/python3 serve.py", ""),
        ("/usr/local/bin/caddy", ""),
        ('/bin/bash -lc "/v/bin/uvicorn m:a"', "/v"),
        ('/bin/bash -lc "cd /s && . v/bin/activate && exec uvicorn m:a"', "/s/v"),
        ('/bin/bash -lc "cd /s && exec v/bin/uvicorn m:a"', "/s/v"),
        ('/bin/bash -lc "exec uvicorn m:a"', ""),
        ("/home/alice/serve", ""),
        ("v/bin/uvicorn m:a", ""),
        ("/v/bin/uvicorn 'open", ""),
        ("", ""),
    ],
)
def test_the_virtualenv_of_a_command_is_that_of_its_program(command: str, virtualenv: str) -> None:
    assert virtualenv_of(command) == virtualenv


def test_each_account_suggests_a_domain_of_its_own() -> None:
    def account(kind: AccountKind, host: str) -> Account:
        return Account("x", kind, "X", "Acme", host)

    remote = AccountKind.PYTHONANYWHERE
    assert suggested_domain(account(AccountKind.LOCAL, "")) == "shop.localhost"
    assert suggested_domain(account(remote, "us")) == "acme.pythonanywhere.com"
    assert suggested_domain(account(remote, "eu")) == "acme.eu.pythonanywhere.com"
