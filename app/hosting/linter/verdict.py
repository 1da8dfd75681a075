"""What the rules of the linter are given, and what each has to say."""

from collections.abc import Callable
from dataclasses import dataclass

from app.models import CommandFinding


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a corrected line may be made from; empty where it is not known.

    `runs_in` is the folder in which the host starts every command.
    """

    home: str = ""
    virtualenv: str = ""
    runs_in: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule found; `mended` is the line without it, None where nobody can tell.

    With `is_last` the other rules have nothing to say of the line.
    """

    finding: CommandFinding
    mended: list[str] | None = None
    is_last: bool = False


Rule = Callable[[list[str], Surroundings], Verdict | None]
