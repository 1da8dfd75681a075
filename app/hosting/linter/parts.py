"""A look at each command of a line, also where a shell is to run several of them."""

from collections.abc import Callable, Sequence

from app.hosting.linter.scripts import (
    commands_of,
    is_plain,
    script_index,
    script_words,
    with_script,
)
from app.hosting.linter.verdict import Verdict

Look = Callable[[list[str], Sequence[str]], Verdict | None]
"""Given the words of one command, and those of the line that stand in front of it."""


def look_at_commands(words: list[str], look: Look) -> Verdict | None:
    """What is said of the first command that something is said of; `mended` is the whole line.

    It ends the look at the line if nobody can tell what would be right.
    """
    place = script_index(words)
    if place is not None:
        script = script_words(words, place)
        verdict = look_at_commands(script, look) if script else None
        if verdict is None or verdict.mended is None:
            return verdict
        mended = with_script(words, place, verdict.mended) if is_plain(script) else None
        return Verdict(verdict.finding, mended, is_last=mended is None)
    for part in commands_of(words):
        verdict = look(words[part], words[: part.start])
        if verdict is not None:
            right = verdict.mended
            whole = [*words[: part.start], *right, *words[part.stop :]] if right else None
            return Verdict(verdict.finding, whole, is_last=whole is None)
    return None
