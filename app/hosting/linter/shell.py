"""What only a shell understands, which nobody is there to be."""

import re

from app.hosting.linter.scripts import is_for_a_shell
from app.hosting.linter.servers import SOCKET, find_server, values_of
from app.hosting.linter.verdict import Surroundings, Verdict
from app.hosting.linter.words import plain, quoted, unquoted
from app.models import CommandFinding

_SHELL_SIGN = re.compile(r"&&|\|\||^[|;&]$|;$|^[0-9&]?>>?|^<|\$\(|`")
_SHELL_WORDS = ("cd", "source", ".", "exec", "export")
_REDIRECTION = re.compile(r"[0-9&]?>>?(&?\S+)?$")
_GLUED = re.compile(r"(?<!\$)\$(DOMAIN_SOCKET|HOME)(?![A-Za-z0-9_])")
_NO_DOLLAR = re.compile(r"(?<!\$)\{DOMAIN_SOCKET\}")


def comment(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """`program ... # words`, which the program would get as its arguments."""
    start = next((index for index, word in enumerate(words) if word.startswith("#")), None)
    if start is None:
        return None
    text = f"{words[start]} begins no comment here: the program would get it, and all that follows."
    return Verdict(CommandFinding(text), words[:start] or None, is_last=not start)


def shell(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """`cd X && ...`, pipes, redirections: what only a shell understands."""
    signs = (match[0] for word in words if (match := _SHELL_SIGN.search(unquoted(word))))
    sign = next(signs, plain(words[0]) if plain(words[0]) in _SHELL_WORDS else "")
    if not sign:
        return None
    text = (
        f"{sign} means nothing here, because no shell reads this line. Give the program its folder "
        'as an argument, or put the line into a script or into /bin/bash -lc "...".'
    )
    mended = _without_redirections(words) or _in_folder(words) or _in_a_shell(words)
    return Verdict(CommandFinding(text), mended, is_last=mended is None)


def _without_redirections(words: list[str]) -> list[str] | None:
    """The host keeps both outputs anyway. None if the line asks a shell for more than that."""
    kept = []
    is_target = False
    for word in words:
        if is_target:
            is_target = False
        elif match := _REDIRECTION.match(word):
            is_target = not match[1]
        else:
            kept.append(word)
    is_plain = kept and not any(_SHELL_SIGN.search(unquoted(word)) for word in kept)
    return kept if is_plain and plain(kept[0]) not in _SHELL_WORDS else None


def _in_folder(words: list[str]) -> list[str] | None:
    """`cd X && server ...` as a server that is told its folder."""
    if len(words) < 4 or words[0] != "cd" or words[2] != "&&":
        return None
    rest = words[4:] if words[3] == "exec" else words[3:]
    found = find_server(rest)
    if found is None or any(_SHELL_SIGN.search(unquoted(word)) for word in rest):
        return None
    server, start = found
    if not server.folder or values_of(rest, (server.folder,)):
        return None
    return [*rest[:start], server.folder, words[1], *rest[start:]]


def _in_a_shell(words: list[str]) -> list[str] | None:
    """The whole line as a script of a shell, which the program at its end replaces."""
    line = " ".join(words)
    if any(word in ("&", "|") or word.endswith(";") for word in words):
        # Which of its programs is the site, and whether it stays, is the author's to say.
        return None
    head, and_then, last = line.rpartition("&& ")
    if and_then and not last.startswith("exec "):
        line = f"{head}&& exec {last}"
    return ["/bin/bash", "-lc", quoted(line)]


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
