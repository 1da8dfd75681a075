"""The command of a site: its field, what was found in it, and whether what it names is there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fasthtml.common import FT, Button, Code, Div, Li, P, Span, Textarea, Ul

from app.models import CommandFinding, CommandReport, PathFinding, PathState
from components.forms import LabelledField, described
from components.icons import Icon

COMMAND_ID = "command-area"
NOTES_ID = "command-notes"
_PATH_LOOKS = {
    PathState.EXISTS: ("kept", "check"),
    PathState.MISSING: ("gone", "alert"),
    PathState.UNKNOWN: ("unsure", "help"),
}


@dataclass(frozen=True, slots=True)
class CommandNotesView:
    """`paths` is None as long as nobody looked; `problem` is why looking failed."""

    report: CommandReport
    paths: Sequence[PathFinding] | None = None
    problem: str = ""


NO_NOTES = CommandNotesView(CommandReport())


@dataclass(frozen=True, slots=True)
class CommandPlace:
    """The form that the field stands in: where it is sent for a look, and its own words."""

    address: str
    label: str
    hint: str


def CommandArea(
    place: CommandPlace,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    notes: CommandNotesView,
    *,
    is_changed: bool = False,
) -> FT:
    """The field with its notes, which follow what is typed. A changed field gets the focus."""
    attributes = dict(described("command", errors, has_hint=True))
    if is_changed:
        attributes["autofocus"] = True
    field = Textarea(
        values.get("command", ""),
        id="command",
        name="command",
        rows="3",
        cls="textarea mono",
        autocapitalize="none",
        autocomplete="off",
        spellcheck="false",
        hx_post=place.address,
        hx_trigger="input changed delay:400ms",
        hx_target=f"#{NOTES_ID}",
        hx_swap="outerHTML",
        hx_sync="this:replace",
        **attributes,
    )
    hint = P(
        "A program with its whole path and its arguments, not a line for a shell. It has to listen "
        "on ",
        Code("${DOMAIN_SOCKET}"),
        f". {place.hint}",
        cls="hint",
        id="command-hint",
    )
    return Div(
        LabelledField("command", place.label, field, hint, errors),
        CommandNotes(place.address, notes, said=errors.get("command", "")),
        id=COMMAND_ID,
        cls="stack-s",
    )


def CommandNotes(address: str, notes: CommandNotesView, said: str = "") -> FT:
    """What was found; what the field itself already says is left out."""
    findings = [finding for finding in notes.report.findings if finding.text != said]
    return Div(
        Findings(findings),
        _Corrected(address, notes.report.corrected) if notes.report.corrected else None,
        _Paths(address, notes),
        id=NOTES_ID,
        cls="stack-s",
        aria_live="polite",
    )


def Findings(findings: Sequence[CommandFinding]) -> FT | None:
    """A sentence each; nothing if there are none."""
    if not findings:
        return None
    return Ul(
        *(
            Li(Icon("alert"), Span(finding.text), cls="gone" if finding.is_error else "unsure")
            for finding in findings
        ),
        cls="bullets",
        aria_label="What was found in the command",
    )


def _Corrected(address: str, line: str) -> FT:
    return Div(
        Div(Code(line), cls="codebox"),
        Div(_Look(address, "Use this line", "check", COMMAND_ID, "use", line), cls="row"),
        cls="stack-s",
    )


def _Paths(address: str, notes: CommandNotesView) -> FT:
    """What was looked up, and the button that looks, for the first time or again."""
    paths = notes.paths or ()
    is_done = notes.paths is not None and all(path.state is PathState.EXISTS for path in paths)
    wants_more = bool(notes.problem) or (notes.paths is not None and not is_done)
    label = "Check again" if wants_more else "Check program and folder"
    return Div(
        PathFindings(paths),
        P("The command names no file with its whole path.", cls="hint")
        if notes.paths is not None and not paths
        else None,
        LookProblem(notes),
        Div(_Look(address, label, "reload", NOTES_ID, "look", "files"), cls="row"),
        cls="stack-s",
    )


def PathFindings(paths: Sequence[PathFinding]) -> FT | None:
    """A sentence each; nothing if there are none."""
    if not paths:
        return None
    return Ul(*map(_Path, paths), cls="bullets", aria_label="Program and folder")


def LookProblem(notes: CommandNotesView) -> FT | None:
    """Why looking failed; nothing if it did not."""
    return P(Icon("alert"), Span(notes.problem), cls="notice warn") if notes.problem else None


def _Path(finding: PathFinding) -> FT:
    kind, icon = _PATH_LOOKS[finding.state]
    return Li(Icon(icon), Span(finding.text), cls=kind)


def _Look(address: str, label: str, icon: str, target: str, name: str, value: str) -> FT:
    """Sends the form for another look at it: a fragment, or the whole page without scripts."""
    return Button(
        Icon(icon),
        label,
        id=f"{name}-command",
        cls="btn",
        name=name,
        value=value,
        formaction=address,
        hx_post=address,
        hx_target=f"#{target}",
        hx_swap="outerHTML",
        # The answer to what was typed before must not come after that to the click.
        hx_sync="#command:replace",
    )
