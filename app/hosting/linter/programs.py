"""The programs that a command starts: nothing looks for them along a path."""

import re
from collections.abc import Sequence

from app.hosting.linter.scripts import (
    PREPARING,
    commands_of,
    is_plain,
    script_index,
    script_words,
    with_script,
)
from app.hosting.linter.servers import SERVER_NAMES, program_index
from app.hosting.linter.verdict import Surroundings, Verdict
from app.hosting.linter.words import plain, quoted
from app.models import CommandFinding

_VARIABLE = re.compile(r"\$\{?\w")
_HOME = re.compile(r"\$(HOME|\{HOME\})/")
_NAME = re.compile(r"[\w.+-]*\w[\w.+-]*")
_SYSTEM_PROGRAMS = {
    **{name: f"/usr/bin/{name}" for name in ("env", "python3", "node", "nohup", "perl", "nice")},
    **{name: f"/usr/bin/{name}" for name in ("ionice", "setsid", "stdbuf")},
    **{name: f"/bin/{name}" for name in ("sh", "bash")},
}
# What is in every virtualenv, and the servers, which belong to a site's packages.
_PYTHON = re.compile(rf"python[\d.]*|pip[\d.]*|{'|'.join(SERVER_NAMES)}")
_ACTIVATING = ("workon", "conda", "eval", "module", "pyenv")


def variable_program(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """`$HOME/v/bin/uvicorn`: a variable is replaced in what follows the program alone."""
    program = plain(words[0])
    if not _VARIABLE.search(program):
        return None
    text = f"{program}: variables in the program's name are not replaced. Write its whole path."
    if not surroundings.home or not _HOME.match(program):
        return Verdict(CommandFinding(text), is_last=True)
    whole = _HOME.sub(lambda match: f"{surroundings.home}/", program, count=1)
    return Verdict(CommandFinding(text), [quoted(whole), *words[1:]])


def relative_program(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """A program without its whole path is not found."""
    program = plain(words[0])
    if program.startswith("/"):
        return None
    if "/" not in program and not _NAME.fullmatch(program):
        text = "The line has to begin with the whole path of a program, such as /home/USER/serve."
        return Verdict(CommandFinding(text), is_last=True)
    whole = whole_path(program, surroundings)
    example = whole or _example(program)
    shown = (
        f", for example {example}" if example else f", which “which {program}” shows in a console"
    )
    text = f"{program} needs its whole path{shown}: nothing looks it up."
    return Verdict(CommandFinding(text), [quoted(whole), *words[1:]] if whole else None)


def looked_up_program(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """`env` and a shell do look programs up, but not in a virtualenv."""
    place = script_index(words)
    if place is not None:
        return _looked_up_by_a_shell(words, place, surroundings)
    place = program_index(words)
    program = plain(words[place])
    is_elsewhere = any(plain(word).startswith("PATH=") for word in words[:place])
    if not place or is_elsewhere or not _is_in_a_virtualenv(program, surroundings):
        return None
    whole = whole_path(program, surroundings)
    text = (
        f"{plain(words[0])} looks for {program} among the system's programs, not in a virtualenv."
    )
    mended = [*words[:place], quoted(whole), *words[place + 1 :]] if whole else None
    return Verdict(CommandFinding(text, is_error=False), mended)


def _looked_up_by_a_shell(
    words: list[str], place: int, surroundings: Surroundings
) -> Verdict | None:
    script = script_words(words, place)
    names = bare_programs(script)
    missing = [name for name in names.values() if _is_in_a_virtualenv(name, surroundings)]
    if not missing:
        return None
    text = (
        f"A shell looks for {missing[0]} among the system's programs, and no virtualenv is "
        "activated in front of it. Write its whole path."
    )
    mended = with_whole_paths(script, surroundings) if is_plain(script) else None
    line = with_script(words, place, mended) if mended else None
    return Verdict(CommandFinding(text, is_error=False), line)


def with_whole_paths(script: Sequence[str], surroundings: Surroundings) -> list[str] | None:
    """A shell's words with the whole paths of the programs that it would not find.

    None if one of them is a program of which nobody knows where it is.
    """
    kept = list(script)
    for index, name in bare_programs(script).items():
        whole = whole_path(name, surroundings)
        if not whole:
            return None
        kept[index] = quoted(whole)
    return kept


def bare_programs(script: Sequence[str]) -> dict[int, str]:
    """The programs that a shell has to look up, each with its place, until a step changes where."""
    found: dict[int, str] = {}
    if any(plain(word).startswith("PATH=") for word in script):
        return found
    for part in commands_of(script):
        command = script[part]
        place = part.start + program_index(command)
        name = plain(script[place])
        if name not in PREPARING and _NAME.fullmatch(name):
            found[place] = name
        if _activates(command):
            break
    return found


def whole_path(program: str, surroundings: Surroundings) -> str:
    """Empty for a program of which nobody knows where it is."""
    if _is_in_a_virtualenv(program, surroundings):
        folder = surroundings.virtualenv.rstrip("/")
        return f"{folder}/bin/{program}" if folder.startswith("/") else ""
    return _SYSTEM_PROGRAMS.get(program, "")


def _is_in_a_virtualenv(program: str, surroundings: Surroundings) -> bool:
    """The packages of a site are in its virtualenv, and the Python there alone finds them."""
    is_system = program in _SYSTEM_PROGRAMS and not surroundings.virtualenv.startswith("/")
    return _PYTHON.fullmatch(program) is not None and not is_system


def _activates(command: Sequence[str]) -> bool:
    """Whether what follows is looked up elsewhere: what a file with variables does not do."""
    match [plain(word) for word in command]:
        case ["source" | ".", script, *_]:
            return not script.endswith(".env")
        case [word, *_]:
            return word in _ACTIVATING
    return False


def _example(program: str) -> str:
    if "/" in program:
        return f"/home/USER/{program.removeprefix('./')}"
    is_known = _PYTHON.fullmatch(program) is not None
    return f"/home/USER/.virtualenvs/mysite/bin/{program}" if is_known else ""
