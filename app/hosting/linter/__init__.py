"""Finds in a command what would lead to a site that answers 502, and mends what can be.

Each rule looks at the line as the rules before it have mended it, so that the corrected line is
free of everything that could be corrected. Nothing here asks a host or a file.
"""

from app.hosting.linter.addresses import address, daphne, streamlit
from app.hosting.linter.programs import relative_program
from app.hosting.linter.shell import assignment, comment, glued_variable, shell, tilde
from app.hosting.linter.verdict import Rule, Surroundings
from app.hosting.linter.words import split_words
from app.models import CommandFinding, CommandReport

__all__ = ["MAX_COMMAND", "Surroundings", "lint"]

MAX_COMMAND = 4000
_RULES: tuple[Rule, ...] = (
    comment,
    shell,
    assignment,
    tilde,
    glued_variable,
    relative_program,
    address,
    daphne,
    streamlit,
)


def lint(command: str, surroundings: Surroundings | None = None) -> CommandReport:
    """Looks at what was typed. An empty report means that nothing speaks against the command."""
    text = command.strip()
    if words_wrong := _wrong_text(text):
        return CommandReport((CommandFinding(words_wrong),))
    words = split_words(text)
    if words is None:
        return CommandReport((CommandFinding("A quote is not closed."),))
    findings = []
    is_mended = False
    for rule in _RULES:
        verdict = rule(words, surroundings or Surroundings())
        if verdict is not None:
            findings.append(verdict.finding)
            words = verdict.mended or words
            is_mended = is_mended or verdict.mended is not None
            if verdict.is_last:
                break
    return CommandReport(tuple(findings), " ".join(words) if is_mended else "")


def _wrong_text(text: str) -> str:
    if not text:
        return "Type the command that starts the site, or choose a template."
    if len(text) > MAX_COMMAND or not text.replace("\t", " ").isprintable():
        return "Use one line of at most 4,000 printable characters."
    return ""
