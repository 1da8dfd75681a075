"""Splits a command line the way a service manager does: words, quotes, variables, and no shell.

The rules are those of systemd units: quotes group words and vanish, `${NAME}` is replaced inside
a word, `$NAME` only where it is a word of its own and is then split at blanks, `$$` is a dollar.
"""

import re
from collections.abc import Mapping

from app.errors import InvalidInput

MAX_COMMAND = 8192
_BLANKS = " \t"
_ESCAPES = {"\\": "\\", '"': '"', "'": "'", "s": " ", "t": "\t", "n": "\n"}
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_BARE = re.compile(rf"\$({_NAME})")
_BRACED = re.compile(rf"\$\$|\$\{{({_NAME})\}}")


def split_command(command: str, environment: Mapping[str, str]) -> list[str]:
    """The arguments that `command` means; the first one is the absolute path of the program.

    A variable that `environment` lacks is empty. Raises InvalidInput (field `command`).
    """
    _check_text(command)
    arguments: list[str] = []
    for word in _words(command):
        bare = _BARE.fullmatch(word)
        if bare:
            arguments.extend(environment.get(bare[1], "").split())
        else:
            arguments.append(_expand(word, environment))
    _check_program(arguments)
    return arguments


def _check_text(command: str) -> None:
    if not command.strip():
        raise InvalidInput("Type the command that serves the site.", "command")
    if len(command) > MAX_COMMAND:
        raise InvalidInput(
            f"The command is longer than {MAX_COMMAND} characters. Put it into a script.",
            "command",
        )
    if any(character in command for character in "\0\n\r"):
        raise InvalidInput("Write the command on one line, without control characters.", "command")
    if any("\ud800" <= character <= "\udfff" for character in command):
        raise InvalidInput("The command holds text that is not valid Unicode.", "command")


def _check_program(arguments: list[str]) -> None:
    program = arguments[0] if arguments else ""
    if not program.startswith("/"):
        raise InvalidInput(
            f"The command must begin with the whole path of a program, not {program[:60]!r}: "
            "no shell looks it up. Try /usr/bin/env in front of it.",
            "command",
        )
    if any("\0" in argument for argument in arguments):
        raise InvalidInput("A variable of this command holds a NUL character.", "command")


def _words(command: str) -> list[str]:
    """Words with quotes and escapes resolved, variables not yet replaced."""
    words: list[str] = []
    word: list[str] | None = None
    quote = ""
    characters = iter(command)
    for character in characters:
        if character == "\\":
            word = word or []
            word.append(_escaped(next(characters, "")))
        elif quote:
            if character == quote:
                quote = ""
            elif word is not None:
                word.append(character)
        elif character in "\"'":
            quote = character
            word = word or []
        elif character in _BLANKS:
            if word is not None:
                words.append("".join(word))
            word = None
        else:
            word = word or []
            word.append(character)
    if quote:
        raise InvalidInput(f"A quote ({quote}) is opened but never closed.", "command")
    return words if word is None else [*words, "".join(word)]


def _escaped(character: str) -> str:
    """An unknown escape stays as it was typed, so that patterns like \\d survive."""
    return _ESCAPES.get(character, f"\\{character}")


def _expand(word: str, environment: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        return environment.get(match[1], "") if match[1] else "$"

    return _BRACED.sub(value, word)
