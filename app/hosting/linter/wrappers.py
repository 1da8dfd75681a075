"""Programs that start another one, which a host cannot find or does not need: `sudo`, `uv run`."""

from collections.abc import Sequence
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


def wrapper(words: list[str], surroundings: Surroundings) -> Verdict | None:
    """The program behind them is the site. A shell in between does find them."""
    return None if is_for_a_shell(words) else look_at_commands(words, _look)


def _look(words: list[str], before: Sequence[str]) -> Verdict | None:
    name = PurePosixPath(plain(words[0])).name
    # With its whole path `time` or `uv` is found and does its work; nobody may use sudo.
    if "/" in plain(words[0]) and name != "sudo":
        return None
    if name in _NEEDLESS:
        text = f"Leave out {name}: {_NEEDLESS[name]}."
        return Verdict(CommandFinding(text), _behind(words[1:], _SWITCHES))
    if name in _RUNNERS and [plain(word) for word in words[1:2]] == ["run"]:
        text = (
            f"{name} run is not found here. Start the program behind it from its virtualenv, with "
            "its whole path, for example /home/USER/.virtualenvs/mysite/bin/uvicorn."
        )
        return Verdict(CommandFinding(text), _run(_behind(words[2:], _RUN_SWITCHES)))
    return None


def _behind(words: Sequence[str], switches: Sequence[str]) -> list[str] | None:
    """The program with its arguments; None if there is none, or an option may change what it is."""
    kept = list(words)
    while kept and plain(kept[0]) in switches:
        del kept[0]
    if not kept or plain(kept[0]).startswith("-"):
        return None
    inner = _look(kept, ())
    return inner.mended if inner else kept


def _run(words: list[str] | None) -> list[str] | None:
    """`uv run FILE.py` stands for Python with the file."""
    is_file = words is not None and plain(words[0]).endswith(".py")
    return ["python", *words] if words and is_file else words
