"""Finds in a command what would lead to a site that answers 502, and mends what can be.

Each rule looks at the line as the rules before it have mended it. Nothing here asks a host or a
file.
"""

import unicodedata

from app.hosting.linter.addresses import address, daphne, streamlit
from app.hosting.linter.application import application_name, interface, module_folder
from app.hosting.linter.copied import (
    console_line,
    dash,
    with_plain_blanks,
    with_plain_quotes,
    without_prompt,
)
from app.hosting.linter.development import development
from app.hosting.linter.options import foreign_option
from app.hosting.linter.portservers import port_server
from app.hosting.linter.programs import looked_up_program, relative_program, variable_program
from app.hosting.linter.scripts import is_whole, script_index, script_words
from app.hosting.linter.shell import (
    assignment,
    background,
    comment,
    glued_variable,
    shell,
    shell_words,
    tilde,
)
from app.hosting.linter.verdict import Rule, Surroundings
from app.hosting.linter.words import split_words
from app.hosting.linter.wrappers import wrapper
from app.models import CommandFinding, CommandReport

__all__ = ["MAX_COMMAND", "Surroundings", "lint"]

MAX_COMMAND = 4000
_COPIED = {
    with_plain_blanks: "The line holds blanks of another kind, as of a page. Type plain ones.",
    with_plain_quotes: "The line holds curly quotes, as of a page. Type straight ones.",
    without_prompt: "The line begins with a console's prompt. Leave that out.",
}
_RULES: tuple[Rule, ...] = (
    console_line,
    comment,
    wrapper,
    port_server,
    development,
    dash,
    foreign_option,
    shell,
    background,
    assignment,
    tilde,
    variable_program,
    glued_variable,
    relative_program,
    looked_up_program,
    address,
    daphne,
    streamlit,
    application_name,
    module_folder,
    interface,
)


def lint(command: str, surroundings: Surroundings | None = None) -> CommandReport:
    """Looks at what was typed. An empty report means that nothing speaks against the command.

    A corrected line is offered only if it has no error itself, and nothing in it is left open.
    """
    known = surroundings or Surroundings()
    report = _look(command, known)
    if not report.corrected:
        return report
    is_right = _is_whole(report.corrected) and not _look(report.corrected, known).first_error
    return report if is_right else CommandReport(report.findings)


def _look(command: str, surroundings: Surroundings) -> CommandReport:
    text, findings = command.strip(), list[CommandFinding]()
    for mend, wrong in _COPIED.items():
        mended = mend(text).strip()
        if mended != text:
            findings.append(CommandFinding(wrong))
            text = mended
    if words_wrong := _wrong_text(text):
        return CommandReport((CommandFinding(words_wrong),))
    typed = split_words(text)
    if typed is None:
        return CommandReport((CommandFinding("A quote is not closed."),))
    words = shell_words(typed)
    is_mended = bool(findings)
    for rule in _RULES:
        verdict = rule(words, surroundings)
        if verdict is not None:
            findings.append(verdict.finding)
            words = verdict.mended or words
            is_mended = is_mended or verdict.mended is not None
            if verdict.is_last:
                break
    return CommandReport(tuple(findings), " ".join(words) if is_mended else "")


def _is_whole(line: str) -> bool:
    """Whether the script for a shell, if there is one in the line, is complete."""
    words = split_words(line) or []
    place = script_index(words) if words else None
    return place is None or is_whole(script_words(words, place))


def _wrong_text(text: str) -> str:
    if not text:
        return "Type the command that starts the site, or choose a template."
    if len(text) > MAX_COMMAND:
        return f"Use at most {MAX_COMMAND:,} characters: a script takes more."
    if len(text.splitlines()) > 1:
        return "Use one line."
    strange = next((one for one in text.replace("\t", " ") if not one.isprintable()), "")
    name = unicodedata.name(strange, f"U+{ord(strange):04X}") if strange else ""
    return f"Leave out the character {name}: only printable ones are taken." if strange else ""
