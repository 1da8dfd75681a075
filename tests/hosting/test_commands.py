"""Commands: templates fill in one that passes the checks, and refusals say what to write."""

import shlex

import pytest

from app.errors import InvalidInput
from app.hosting.commands import TEMPLATES, check_command, fill_in, suggested_domain
from app.models import Account, AccountKind, SiteTemplate


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.id)
def test_every_template_makes_a_command_that_is_accepted(template: SiteTemplate) -> None:
    command = fill_in(template, "/home/a b/.venv/", "/home/a b/site", "")
    assert check_command(command) == command
    words = shlex.split(command)
    assert words[0] == "/home/a b/.venv/bin/uvicorn"
    assert words[words.index("--app-dir") + 1] == "/home/a b/site"
    assert words[words.index("--uds") + 1] == "${DOMAIN_SOCKET}"
    assert words[-1] == template.application
    compile(template.starter, template.starter_file, "exec")


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
        ("uvicorn main:app", "/usr/bin/uvicorn"),
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
        "${HOME}/serve.sh",
        "/bin/x '&&'x",
    ],
)
def test_what_works_is_left_as_it_was_typed(command: str) -> None:
    assert check_command(f"  {command} ") == command


def test_each_account_suggests_a_domain_of_its_own() -> None:
    def account(kind: AccountKind, host: str) -> Account:
        return Account("x", kind, "X", "Acme", host)

    remote = AccountKind.PYTHONANYWHERE
    assert suggested_domain(account(AccountKind.LOCAL, "")) == "shop.localhost"
    assert suggested_domain(account(remote, "us")) == "acme.pythonanywhere.com"
    assert suggested_domain(account(remote, "eu")) == "acme.eu.pythonanywhere.com"
