"""What a line that was written for a shell comes to without one: one program, or a script."""

import re
from collections.abc import Sequence
from itertools import groupby, pairwise
from pathlib import PurePosixPath
from posixpath import normpath

from app.hosting.linter.programs import with_whole_paths
from app.hosting.linter.scripts import (
    ASSIGNMENT,
    PREPARING,
    REDIRECTION,
    commands_of,
    script_index,
    script_words,
)
from app.hosting.linter.servers import find_server, program_index
from app.hosting.linter.verdict import Surroundings
from app.hosting.linter.words import is_read_alike, plain, quoted, unquoted

SHELL_SIGN = re.compile(r"&&|\|\||^[|;&]|[;&]$|^[0-9&]?>>?|^<|\$\(|`")
# They change nothing about a program that the host starts.
IDLE_WORDS = ("exec", "nohup")
_ACTIVATE = "/bin/activate"
_STEPS = ("&&", ";")
# What a shell would replace, and a host would not.
_REPLACED = re.compile(r"\$(?!(?:HOME|DOMAIN_SOCKET)\b|\{(?:HOME|DOMAIN_SOCKET)\})|`")
_PATTERN = re.compile(r"[*?\[]")
_HELD = re.compile(r"\$\{(?!(?:HOME|DOMAIN_SOCKET)\})")
_BRACED = re.compile(rf"{_HELD.pattern}(\w+)\}}(?!\w)")


def tidied_words(words: Sequence[str]) -> list[str]:
    """Without what the host does anyway: it keeps the program running, and both outputs."""
    kept = _without_redirections(words)
    while kept and kept[0] in IDLE_WORDS:
        del kept[0]
    # Each round takes words away or is the last: a line never keeps the dashboard busy for good.
    while (end := _tidied_end(kept)) < len(kept):
        del kept[end:]
    return kept


def _tidied_end(words: Sequence[str]) -> int:
    """Where the last thing begins that the host does anyway; the number of words if it is none."""
    if words and words[-1] in (";", "&"):
        return len(words) - 1
    pipe = max((index for index, word in enumerate(words) if word == "|"), default=len(words))
    reader = [PurePosixPath(plain(word)).name for word in words[pipe + 1 : pipe + 2]]
    return pipe if reader == ["tee"] else len(words)


def reads_a_file(words: Sequence[str]) -> bool:
    """Whether a program's input comes from somewhere, which the host does not do."""
    return any(word == "<" and plain(name) != "/dev/null" for word, name in pairwise(words))


def folded(words: Sequence[str], surroundings: Surroundings) -> list[str] | None:
    """The tidied line as one program, else as a script. None where neither is sure to be right."""
    script = _without_open_shell(words)
    typed = [list(part) for is_sign, part in groupby(script, _STEPS.__contains__) if not is_sign]
    steps = list(map(_without_workon, typed))
    if not steps or _prepares(steps[-1]) or {"&", "|", "||"}.intersection(words):
        # Which of its programs is the site, and whether it stays, is the author's to say.
        return None
    if any(word.startswith("#") for step in steps[:-1] for word in step):
        # A shell would take all that follows for a comment.
        return None
    if ";" in words and not all(map(_prepares, steps[:-1])):
        # A program may fail in front of ";" and not in front of "&&".
        return None
    if (placed := _from_home(steps, surroundings)) is None:
        return None
    return _as_one_program(placed, surroundings) or _in_a_shell(placed, surroundings)


def _without_open_shell(words: Sequence[str]) -> Sequence[str]:
    """`bash -c cd X && ...` without quotes: a shell would be given the first word alone."""
    place = script_index(words)
    is_open = place is not None and len(script_words(words, place)) == 1
    return words[place:] if is_open else words


def _without_workon(step: list[str]) -> list[str]:
    """`workon NAME` is a function of consoles, which no other shell knows."""
    if plain(step[0]) != "workon" or len(step) != 2:
        return step
    return ["source", f"~/.virtualenvs/{step[1]}{_ACTIVATE}"]


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


def _prepares(step: Sequence[str]) -> bool:
    """Whether the step starts no program."""
    is_nothing = all(word in IDLE_WORDS or ASSIGNMENT.fullmatch(plain(word)) for word in step)
    return is_nothing or plain(step[0]) in PREPARING


def _from_home(
    steps: Sequence[Sequence[str]], surroundings: Surroundings
) -> list[list[str]] | None:
    """The steps with the whole path where `cd X` depends on where a shell was, which is a login
    shell's home. None if that is not known."""
    placed = [list(step) for step in steps]
    first = next((step for step in placed if plain(step[0]) == "cd"), [])
    typed = first[1] if len(first) == 2 else "/"
    folder = plain(typed)
    # A shell does not replace ~ between quotes, but who types them means no other folder.
    is_below_home = folder.startswith("~/") and not typed.startswith("~")
    if not is_below_home and folder.startswith(("/", "~", "$", "`")):
        return placed
    if not surroundings.home or folder == "-":
        return None
    whole = normpath(f"{surroundings.home}/{folder.removeprefix('~/')}")
    first[1] = whole if folder == typed else quoted(whole)
    return placed


def _as_one_program(steps: Sequence[Sequence[str]], surroundings: Surroundings) -> list[str] | None:
    """`source V/bin/activate && export A=b && server ...` as a server that is told all that.

    None if there is more to it: a folder that was typed is where the program is to run. What the
    application opens, and half of a server's options, are looked for there.
    """
    cwd = surroundings.home
    virtualenv = ""
    variables: list[str] = []
    for step in steps[:-1]:
        match [plain(word) for word in step]:
            case ["cd", folder] if surroundings.runs_in and folder == surroundings.runs_in:
                cwd = folder
            case ["source" | ".", script] if script.endswith(_ACTIVATE) and _is_fixed(script):
                virtualenv = _below(cwd, script.removesuffix(_ACTIVATE))
            case ["export", *_]:
                variables += step[1:]
            case _:
                return None
    before, last = _parted(steps[-1])
    variables += before
    is_simple = all(
        ASSIGNMENT.fullmatch(plain(word)) and not re.search(r"[$`]", word) for word in variables
    )
    if find_server(last) is None or not is_simple or any(map(_needs_a_shell, last)):
        return None
    if not all(is_read_alike(word) for step in steps for word in step):
        return None
    place = program_index(last)
    program = plain(last[place])
    if virtualenv and "/" not in program:
        last[place] = quoted(f"{virtualenv}/bin/{program}")
    return ["/usr/bin/env", *variables, *last] if variables else last


def _parted(step: Sequence[str]) -> tuple[list[str], list[str]]:
    """The variables in front of a program, and the program with its arguments."""
    start = next(
        index
        for index, word in enumerate(step)
        if word not in IDLE_WORDS and not ASSIGNMENT.fullmatch(plain(word))
    )
    return [word for word in step[:start] if word not in IDLE_WORDS], list(step[start:])


def _is_fixed(path: str) -> bool:
    """Whether a path says where it leads without a shell."""
    return not _REPLACED.search(path) and not _PATTERN.search(path)


def _needs_a_shell(word: str) -> bool:
    return word.startswith("#") or bool(
        SHELL_SIGN.search(unquoted(word)) or _REPLACED.search(plain(word))
    )


def _below(folder: str, path: str) -> str:
    """A path as it is seen from the folder, which is empty if nobody knows it."""
    return path if path.startswith(("/", "~", "$")) or not folder else f"{folder}/{path}"


def _in_a_shell(steps: Sequence[Sequence[str]], surroundings: Surroundings) -> list[str] | None:
    """The whole line as a script of a shell, which the program at its end replaces.

    None if a known server is not the last: the site would end before the line does. Neither if
    nobody knows where the shell is to find a program.
    """
    *before, last = steps
    if any(find_server(step[part]) for step in before for part in commands_of(step)):
        return None
    variables, program = _parted(last)
    ended = [*before, [*variables, "exec", *program]]
    joined = [word for step in ended for word in ("&&", *step)][1:]
    script = with_whole_paths(joined, surroundings)
    line = _BRACED.sub(r"$\1", " ".join(script or []))
    # The host would replace what stands in braces, before the shell sets it.
    return ["/bin/bash", "-lc", quoted(line)] if line and not _HELD.search(line) else None
