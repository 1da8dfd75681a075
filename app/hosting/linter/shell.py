"""What only a shell understands, which nobody is there to be."""

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import PurePosixPath

from app.hosting.linter.scripts import (
    ASSIGNMENT,
    REDIRECTION,
    is_for_a_shell,
    script_index,
    script_words,
    with_script,
)
from app.hosting.linter.servers import SOCKET, find_server, program_index, values_of
from app.hosting.linter.verdict import Surroundings, Verdict
from app.hosting.linter.words import plain, quoted, separated, unquoted
from app.models import CommandFinding

_SHELL_SIGN = re.compile(r"&&|\|\||^[|;&]|[;&]$|^[0-9&]?>>?|^<|\$\(|`")
_SHELL_WORDS = ("cd", "source", ".", "exec", "export", "nohup")
# They change nothing about a program that the host starts.
_IDLE_WORDS = ("exec", "nohup")
_ACTIVATE = "/bin/activate"
_GLUED = re.compile(r"(?<!\$)\$(DOMAIN_SOCKET|HOME)(?![A-Za-z0-9_])")
_NO_DOLLAR = re.compile(r"(?<!\$)\{DOMAIN_SOCKET\}")


def shell_words(words: Sequence[str]) -> list[str]:
    """The words, with a shell's signs as words of their own if a shell was meant to read them."""
    return separated(words) if _sign(words) else list(words)


def comment(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """`program ... # words`, which the program would get as its arguments."""
    start = next((index for index, word in enumerate(words) if word.startswith("#")), None)
    if start is None:
        return None
    text = f"{words[start]} begins no comment here: the program would get it, and all that follows."
    return Verdict(CommandFinding(text), words[:start] or None, is_last=not start)


def shell(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """`cd X && ...`, pipes, redirections: what only a shell understands."""
    sign = _sign(words)
    if not sign:
        return None
    tidied = _tidied(words)
    if tidied and not _sign(tidied):
        text = (
            f"{sign} means nothing here, because no shell reads this line. Leave it out: the host "
            "keeps the program running by itself, and all that it writes."
        )
        return Verdict(CommandFinding(text), tidied)
    text = (
        f"{sign} means nothing here, because no shell reads this line. Give the program its folder "
        'as an argument, or put the line into a script or into /bin/bash -lc "...".'
    )
    mended = _as_one_program(tidied, surroundings) or _in_a_shell(tidied)
    return Verdict(CommandFinding(text), mended, is_last=mended is None)


def _sign(words: Sequence[str]) -> str:
    """The first thing that is meant for a shell; empty if nothing is."""
    signs = (match[0] for word in words if (match := _SHELL_SIGN.search(unquoted(word))))
    first = next((text for text in map(plain, words) if not ASSIGNMENT.fullmatch(text)), "")
    return next(signs, first if first in _SHELL_WORDS else "")


def _tidied(words: Sequence[str]) -> list[str]:
    """Without what the host does anyway: it keeps the program running, and both outputs."""
    kept = _without_redirections(words)
    while kept and kept[0] in _IDLE_WORDS:
        del kept[0]
    while kept:
        last = max((index for index, word in enumerate(kept) if word == "|"), default=len(kept))
        if kept[-1] in (";", "&", "|"):
            kept.pop()
        elif PurePosixPath(plain(kept[min(last + 1, len(kept) - 1)])).name == "tee":
            del kept[last:]
        else:
            break
    return ["&&" if word == ";" else word for word in kept]


def _without_redirections(words: Sequence[str]) -> list[str]:
    kept = []
    is_target = False
    for word in words:
        match = REDIRECTION.fullmatch(word)
        if match:
            is_target = not match[2]
        elif is_target:
            is_target = False
        else:
            kept.append(word)
    return kept


def _as_one_program(words: Sequence[str], surroundings: Surroundings) -> list[str] | None:
    """`cd X && source V/bin/activate && server ...` as a server that is told all that.

    None if there is more to it.
    """
    parts = [
        list(part) for is_sign, part in groupby(words, lambda word: word == "&&") if not is_sign
    ]
    home = cwd = surroundings.home
    virtualenv = ""
    variables: list[str] = []
    for step in parts[:-1]:
        match [plain(word) for word in step]:
            case ["cd", folder]:
                cwd = _below(cwd, folder)
            case ["source" | ".", script] if script.endswith(_ACTIVATE):
                virtualenv = _below(cwd, script.removesuffix(_ACTIVATE))
            case ["export", *_]:
                variables += step[1:]
            case _:
                return None
    last = parts[-1] if parts else []
    while last and (last[0] in _IDLE_WORDS or ASSIGNMENT.fullmatch(plain(last[0]))):
        word = last.pop(0)
        variables += [word] * (word not in _IDLE_WORDS)
    found = find_server(last)
    is_simple = all(ASSIGNMENT.fullmatch(plain(word)) and "$" not in word for word in variables)
    if found is None or not is_simple or any(_SHELL_SIGN.search(unquoted(word)) for word in last):
        return None
    server, start = found
    program = plain(last[0])
    if virtualenv and "/" not in program and not program_index(last):
        last[0] = quoted(f"{virtualenv}/bin/{program}")
    if cwd != home:
        if not server.folder or values_of(last, (server.folder,)):
            return None
        last[start:start] = [server.folder, quoted(cwd)]
    return ["/usr/bin/env", *variables, *last] if variables else last


def _below(folder: str, path: str) -> str:
    """A path as it is seen from the folder, which is empty if nobody knows it."""
    return path if path.startswith(("/", "~", "$")) or not folder else f"{folder}/{path}"


def _in_a_shell(words: Sequence[str]) -> list[str] | None:
    """The whole line as a script of a shell, which the program at its end replaces."""
    if not words or "&" in words or "|" in words:
        # Which of its programs is the site, and whether it stays, is the author's to say.
        return None
    line = " ".join(words)
    head, and_then, last = line.rpartition("&& ")
    if and_then and not last.startswith("exec ") and "||" not in words:
        line = f"{head}&& exec {last}"
    return ["/bin/bash", "-lc", quoted(line)]


def background(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """`bash -c "program &"`: the shell ends at once, and with it the site."""
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
    found = [word for word in words if re.match(r"(--?[\w.-]+=)?~", plain(word))]
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
