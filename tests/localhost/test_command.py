"""Command lines are split into words without a shell."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidInput
from app.localhost.command import split_command

ENVIRONMENT = {"DOMAIN_SOCKET": "/run/a b.sock", "LIST": " one  two ", "EMPTY": ""}
PLAIN = st.text(st.characters(exclude_characters="\0\n\r", codec="utf-8"), max_size=20)


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("/bin/x --uds ${DOMAIN_SOCKET}", ["/bin/x", "--uds", "/run/a b.sock"]),
        ('/bin/x -b "unix://${DOMAIN_SOCKET}"', ["/bin/x", "-b", "unix:///run/a b.sock"]),
        ("/bin/x $LIST", ["/bin/x", "one", "two"]),
        ("/bin/x ${LIST}", ["/bin/x", " one  two "]),
        ("/bin/x --path=$LIST", ["/bin/x", "--path=$LIST"]),
        ("/bin/x $EMPTY ${EMPTY}", ["/bin/x", ""]),
        ("/bin/x a${UNKNOWN}b $UNKNOWN", ["/bin/x", "ab"]),
        ("/bin/x $$HOME a$$b", ["/bin/x", "$HOME", "a$b"]),
        ("/bin/x 'a \"b\"' c\"d e\"'f'", ["/bin/x", 'a "b"', "cd ef"]),
        ("/bin/x '' \"\"", ["/bin/x", "", ""]),
        (r"/bin/x a\"b \s\t\n \d+", ["/bin/x", 'a"b', " \t\n", r"\d+"]),
        ("  /bin/x \t a  ", ["/bin/x", "a"]),
        ("/bin/x a && b | c ~/d; *", ["/bin/x", "a", "&&", "b", "|", "c", "~/d;", "*"]),
        ("${DOMAIN_SOCKET} ${", ["/run/a b.sock", "${"]),
    ],
)
def test_words_quotes_and_variables(command: str, arguments: list[str]) -> None:
    assert split_command(command, ENVIRONMENT) == arguments


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("", "Type the command"),
        (" \t ", "Type the command"),
        ("uvicorn app:app", "whole path"),
        ("~/bin/uvicorn app:app", "whole path"),
        ("$EMPTY", "whole path"),
        ("VAR=x /bin/x", "whole path"),
        ("/bin/x 'open", "never closed"),
        ('/bin/x "open', "never closed"),
        ("/bin/x a\0b", "one line"),
        ("/bin/x\n/bin/y", "one line"),
        ("/bin/x \ud800", "valid Unicode"),
        ("/bin/x " + "a" * 9000, "Put it into a script"),
    ],
)
def test_a_command_that_cannot_work_is_refused_with_what_to_do(command: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as refusal:
        split_command(command, ENVIRONMENT)
    assert refusal.value.field == "command"


@given(st.lists(PLAIN))
def test_quoted_words_come_back_unchanged(words: list[str]) -> None:
    def quote(word: str) -> str:
        escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
        return f'"{escaped}"'

    command = " ".join(["/bin/x", *map(quote, words)])
    assert split_command(command, {}) == ["/bin/x", *words]


@given(st.text(max_size=60))
def test_any_text_is_split_or_refused(command: str) -> None:
    try:
        arguments = split_command(command, ENVIRONMENT)
    except InvalidInput:
        return
    assert arguments[0].startswith("/")
    assert not any("\0" in argument for argument in arguments)


@given(st.lists(st.from_regex(r"[A-Za-z0-9_./:=-]+", fullmatch=True)))
def test_plain_commands_are_split_as_a_shell_splits_them(words: list[str]) -> None:
    command = " ".join(["/bin/x", *words])
    assert split_command(command, {}) == shlex.split(command)
