"""What only a shell understands, which nobody is there to be."""

import re
from collections.abc import Sequence

from app.hosting.linter.folding import (
    IDLE_WORDS,
    SHELL_SIGN,
    folded,
    reads_a_file,
    tidied_words,
)
from app.hosting.linter.parts import look_at_commands
from app.hosting.linter.scripts import (
    ASSIGNMENT,
    KEYWORDS,
    PREPARING,
    is_for_a_shell,
    is_plain,
    is_whole,
    script_index,
    script_words,
    with_script,
)
from app.hosting.linter.servers import SOCKET, arguments_of, find_server, program_index
from app.hosting.linter.verdict import Surroundings, Verdict
from app.hosting.linter.words import plain, separated, unquoted
from app.models import CommandFinding

_SHELL_WORDS = (*PREPARING, *IDLE_WORDS)
_GLUED = re.compile(r"(?<!\$)\$(DOMAIN_SOCKET|HOME)(?![A-Za-z0-9_])")
_HOME = r"~[\w.-]*(?:/|$)"
_TILDE = re.compile(rf"(--?[\w.-]+=)?{_HOME}")
_TILDE_IN_VARIABLE = re.compile(rf"([\w.-]+=)?{_HOME}")
_DAEMON = ("--daemon", "-D")
_NO_DOLLAR = re.compile(r"(?<!\$)\{DOMAIN_SOCKET\}")


def shell_words(words: Sequence[str]) -> list[str]:
    """The words, with a shell's signs as words of their own if a shell was meant to read them."""
    return separated(words) if _sign(words) else list(words)


def comment(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """`program ... # words`, which the program would get as its arguments."""
    found = find_server(words)
    arguments = found[1] if found else len(words)
    places = (index for index in range(len(words)) if _begins_comment(words, index, arguments))
    start = next(places, None)
    if start is None:
        return None
    text = f"{words[start]} begins no comment here: the program would get it, and all that follows."
    return Verdict(CommandFinding(text), words[:start] or None, is_last=not start)


def _begins_comment(words: Sequence[str], index: int, arguments: int) -> bool:
    """A lone #, or a word among a server's arguments that it would take for its application.

    A colour is the value of an option, and what other programs make of #word is their affair.
    """
    is_argument = index >= arguments and not words[index - 1].startswith("-")
    return words[index] == "#" or (is_argument and words[index].startswith("#"))


def shell(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """`cd X && ...`, pipes, redirections: what only a shell understands."""
    sign = _sign(words)
    if not sign:
        return None
    tidied = tidied_words(words) if is_plain(words) and not reads_a_file(words) else []
    if tidied and not _sign(tidied):
        text = (
            f"{sign} means nothing here, because no shell reads this line. Leave it out: the host "
            "keeps the program running by itself, and all that it writes."
        )
        return Verdict(CommandFinding(text), tidied)
    mended = folded(tidied, surroundings) if is_whole(tidied) else None
    advice = (
        "Give the program its folder as an argument, or put the line into a script or into "
        '/bin/bash -lc "...".'
        if mended
        else "Type the one program that serves the site, or put the line into a script that ends "
        "in exec and that program, and start the script: /bin/bash /home/USER/start.sh"
    )
    text = f"{sign} means nothing here, because no shell reads this line. {advice}"
    return Verdict(CommandFinding(text), mended, is_last=mended is None)


def _sign(words: Sequence[str]) -> str:
    """The first thing that is meant for a shell; empty if nothing is."""
    signs = (match[0] for word in words if (match := SHELL_SIGN.search(unquoted(word))))
    first = next((text for text in map(plain, words) if not ASSIGNMENT.fullmatch(text)), "")
    return next(signs, first if first in (*_SHELL_WORDS, *KEYWORDS) else "")


def background(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """`bash -c "program &"` and `gunicorn --daemon`: what was started ends, so does the site."""
    return _background_of_a_script(words) or look_at_commands(
        words, lambda command, before: _daemon(command)
    )


def _daemon(words: Sequence[str]) -> Verdict | None:
    start = arguments_of(words, "gunicorn") or len(words)
    kept = [word for word in words[start:] if plain(word) not in _DAEMON]
    if len(kept) == len(words[start:]):
        return None
    text = (
        "--daemon puts gunicorn into the background, and what the host started ends: leave it out."
    )
    return Verdict(CommandFinding(text), [*words[:start], *kept])


def _background_of_a_script(words: list[str]) -> Verdict | None:
    place = script_index(words)
    script = script_words(words, place) if place is not None else []
    if place is None or script[-1:] != ["&"]:
        return None
    text = "& puts the program into the background, and the shell ends: leave it out."
    return Verdict(CommandFinding(text), with_script(words, place, script[:-1]))


def assignment(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """`NAME=value program ...`, which would be taken for the program's name."""
    name, is_assignment, _ = plain(words[0]).partition("=")
    if not (is_assignment and name.isidentifier()):
        return None
    text = f"Set variables with the env program: /usr/bin/env {words[0]} ..."
    return Verdict(CommandFinding(text), ["/usr/bin/env", *words])


def tilde(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """`~` in front of a path stays as it is."""
    program = program_index(words)
    found = [
        word
        for index, word in enumerate(words)
        if (_TILDE if index >= program else _TILDE_IN_VARIABLE).match(plain(word))
    ]
    if not found:
        return None
    text = f"{found[0]}: ~ is not replaced here. Write the whole path."
    if not surroundings.home or any("~/" not in word for word in found):
        return Verdict(CommandFinding(text))
    mended = [word.replace("~", surroundings.home, 1) if word in found else word for word in words]
    return Verdict(CommandFinding(text), mended)


def glued_variable(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """`$NAME` counts as a word of its own only; inside a word it takes braces."""
    wrong = [
        word
        for word in words
        if (_GLUED.search(plain(word)) and not _GLUED.fullmatch(plain(word)))
        or _NO_DOLLAR.search(plain(word))
    ]
    if not wrong or is_for_a_shell(words):
        return None
    mended = [
        _NO_DOLLAR.sub(SOCKET, _GLUED.sub(r"${\1}", word)) if word in wrong else word
        for word in words
    ]
    corrected = mended[words.index(wrong[0])]
    text = (
        f"{wrong[0]}: inside a word a variable is replaced only if it has a dollar and braces: "
        f"{corrected}"
    )
    return Verdict(CommandFinding(text), mended)
