"""The program that a command starts: nothing looks for it along a path."""

import re

from app.hosting.linter.servers import program_index
from app.hosting.linter.verdict import Surroundings, Verdict
from app.hosting.linter.words import plain, quoted
from app.models import CommandFinding

_VARIABLE = re.compile(r"\$\{?\w")
_HOME = re.compile(r"\$(HOME|\{HOME\})/")
_NAME = re.compile(r"[\w.+-]*\w[\w.+-]*")
_SYSTEM_PROGRAMS = {
    **{name: f"/usr/bin/{name}" for name in ("env", "python3", "node", "nohup", "perl")},
    **{name: f"/bin/{name}" for name in ("sh", "bash")},
}


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
    whole = _whole_path(program, surroundings)
    folder = "" if "/" in program else ".virtualenvs/mysite/bin/"
    example = whole or f"/home/USER/{folder}{program.removeprefix('./')}"
    text = f"{program} needs its whole path, for example {example}: nothing looks it up."
    return Verdict(CommandFinding(text), [quoted(whole), *words[1:]] if whole else None)


def program_after_env(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """`env` does look programs up, but not in a virtualenv."""
    place = program_index(words)
    program = plain(words[place])
    if not place or "/" in program or program in _SYSTEM_PROGRAMS:
        return None
    whole = _whole_path(program, surroundings)
    text = f"env looks for {program} among the system's programs, not in a virtualenv."
    mended = [*words[:place], quoted(whole), *words[place + 1 :]] if whole else None
    return Verdict(CommandFinding(text, is_error=False), mended)


def _whole_path(program: str, surroundings: Surroundings) -> str:
    """Empty for a path that starts at a folder nobody knows."""
    has_virtualenv = surroundings.virtualenv.startswith("/")
    # The packages of a site are in its virtualenv, and the Python there alone finds them.
    if program in _SYSTEM_PROGRAMS and not (has_virtualenv and program == "python3"):
        return _SYSTEM_PROGRAMS[program]
    if not has_virtualenv or not _NAME.fullmatch(program):
        return ""
    return f"{surroundings.virtualenv.rstrip('/')}/bin/{program}"
