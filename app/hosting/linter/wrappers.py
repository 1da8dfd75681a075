"""Programs that start another one, which a host cannot find or does not need: `sudo`, `uv run`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from app.hosting.linter.parts import look_at_commands
from app.hosting.linter.scripts import is_for_a_shell
from app.hosting.linter.verdict import Surroundings, Verdict
from app.hosting.linter.words import plain
from app.models import CommandFinding

_NEEDLESS = {
    "sudo": "the site always runs as the account's own user",
    "time": "nobody is there to read the times",
}
_RUNNERS = ("uv", "poetry", "pipenv", "conda", "hatch", "pdm")
# What changes nothing about which program runs, and where it finds its packages.
_SWITCHES = ("--", "-E", "-H", "-n", "-p", "-v")
_RUN_SWITCHES = ("--", "--frozen", "--locked", "--no-sync", "--no-capture-output", "--live-stream")


@dataclass(frozen=True, slots=True)
class _Wrapper:
    """What is said of it, how many words it is itself, and which switches may follow.

    `runs_files`: it gives a file to Python.
    """

    text: str
    length: int
    switches: tuple[str, ...]
    runs_files: bool = False


def wrapper(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """The program behind them is the site. A shell in between does find them."""
    return None if is_for_a_shell(words) else look_at_commands(words, _look)


def _look(words: list[str], before: Sequence[str]) -> Verdict | None:
    found = _found(words)
    return Verdict(CommandFinding(found.text), _behind(words)) if found else None


def _found(words: Sequence[str]) -> _Wrapper | None:
    """The one that the words begin with, if they do."""
    name = PurePosixPath(plain(words[0])).name
    # With its whole path `time` or `uv` is found and does its work; nobody may use sudo.
    if "/" in plain(words[0]) and name != "sudo":
        return None
    if name in _NEEDLESS:
        return _Wrapper(f"Leave out {name}: {_NEEDLESS[name]}.", 1, _SWITCHES)
    if name in _RUNNERS and [plain(word) for word in words[1:2]] == ["run"]:
        text = (
            f"{name} run is not found here. Start the program behind it from its virtualenv, with "
            "its whole path, for example /home/USER/.virtualenvs/mysite/bin/uvicorn."
        )
        return _Wrapper(text, 2, _RUN_SWITCHES, runs_files=True)
    return None


def _behind(words: Sequence[str]) -> list[str] | None:
    """The program behind all of them, with its arguments; None if there is none, or an option may
    change what it is.

    One after the other: a line has room for more of them than calls may be nested.
    """
    kept = list(words)
    runs_files = False
    while (found := _found(kept)) is not None:
        runs_files = runs_files or found.runs_files
        del kept[: found.length]
        while kept and plain(kept[0]) in found.switches:
            del kept[0]
        if not kept or plain(kept[0]).startswith("-"):
            return None
    # `uv run FILE.py` stands for Python with the file.
    return ["python", *kept] if runs_files and plain(kept[0]).endswith(".py") else kept
