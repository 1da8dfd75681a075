"""Operations that are not finished: what is being done, since when, and what a person can do."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from fasthtml.common import FT, A, Button, Dd, Div, Dl, Dt, P, Section, Strong

from app import urls
from app.models import (
    CERTIFICATE_NOT_KNOWN,
    Operation,
    OperationKind,
    OperationState,
    Specification,
)
from components.feedback import CodeBox, CopyButton, RecreateForm
from components.forms import FragmentForm, PageForm
from components.icons import Icon
from components.live import replaced_by
from components.times import When, ago

AREA_ID = "operations"
OPERATIONS_EVENT = "operations"


def OperationsArea(
    operations: Sequence[Operation], now: datetime, *, may_act: bool, may_stop: bool
) -> FT:
    """All that is open, the oldest first; empty if nothing is."""
    return Div(
        *(_Open(operation, now, may_act=may_act, may_stop=may_stop) for operation in operations),
        id=AREA_ID,
        cls="contents",
        **replaced_by(OPERATIONS_EVENT),
    )


def DeletedSite(operation: Operation, spec: Specification, *, may_create: bool) -> FT:
    """In place of the page of a site that is gone: how it was made, and the way back."""
    what = "was deleted" if operation.kind is OperationKind.DELETE else "is gone"
    return Section(
        Icon("trash"),
        P(
            Strong(f"{operation.domain_name} {what}. "),
            "How it was made is kept for 30 days. Code and logs were left where they are.",
            *_not_recreated(spec),
        ),
        Div(
            RecreateForm(*operation.key, cls="btn btn-primary") if may_create else None,
            CopyButton(spec.command, "command"),
            cls="row",
        ),
        cls="notice info",
        aria_label="Deleted site",
    )


def _not_recreated(spec: Specification) -> Iterator[str]:
    """What a person has to see to after it is recreated."""
    if spec.more_domains:
        yield f" It also answered to {', '.join(spec.more_domains)}, which it will not any more."
    if spec.certificate == CERTIFICATE_NOT_KNOWN:
        yield " Which certificate it had is not known."


def StoppedChange(operation: Operation, now: datetime, current: str | None = None) -> FT:
    """A change of command that was given up: both commands, for whoever decides now.

    `current` is the command of the site for those who may change it.
    """
    return Section(
        Icon("alert"),
        Div(
            P(
                Strong("The last change of the command was stopped. "),
                f"{operation.reason} ",
                When(operation.updated_at, ago(operation.updated_at, now)),
            ),
            BothCommands(operation),
            AgainForm(operation, current),
            cls="stack-s",
        ),
        cls="notice warn",
        aria_label="Stopped change",
    )


def BothCommands(operation: Operation) -> FT:
    """Those of a change, to be copied."""
    got = "It got" if operation.state is OperationState.DONE else "It was to get"
    commands = {"It had": operation.old, got: operation.new}
    return Dl(
        *(
            Div(Dt(name), Dd(CodeBox(spec.command, "command")))
            for name, spec in commands.items()
            if spec is not None
        ),
        cls="facts",
    )


def AgainForm(operation: Operation, current: str | None) -> FT | None:
    """Opens the settings with the command that may be wanted again, unless the site has it."""
    wanted = operation.wanted_again
    if current is None or wanted is None or wanted.command == current:
        return None
    words = "Change back…" if operation.state is OperationState.DONE else "Try again…"
    return PageForm(
        urls.operation_action(operation.id, "again"),
        Button(words, cls="btn", aria_label=f"{words} {operation.domain_name}"),
    )


def _Open(operation: Operation, now: datetime, *, may_act: bool, may_stop: bool) -> FT:
    command = operation.new or operation.old
    return Section(
        Icon("alert" if operation.note else "reload"),
        Div(
            P(
                Strong(
                    A(operation.domain_name, href=urls.site(*operation.key)),
                    f" {operation.doing}. ",
                ),
                "Since ",
                When(operation.created_at, f"{operation.created_at:%H:%M} UTC"),
                f", {ago(operation.created_at, now)}, by {operation.actor.name}.",
            ),
            P(operation.note, cls="small") if operation.note else None,
        ),
        Div(
            _Button(operation, "retry", "Try again now") if may_act else None,
            _StopButton(operation) if may_stop and operation.note else None,
            Div(CopyButton(command.command, "the command"), cls="contents") if command else None,
            cls="row",
        ),
        cls="notice warn" if operation.note else "notice info",
        aria_label=f"Change of {operation.domain_name}",
        data_operation=str(operation.id),
    )


def _StopButton(operation: Operation) -> FT:
    """Asks first where a site would be left deleted. A dialog of the page's own would be drawn anew
    with every step."""
    question = (
        f"Stop this change? {operation.domain_name} is deleted at the moment, and stays so until "
        "you recreate it. How it was made is kept."
    )
    return _Button(operation, "stop", "Stop", hx_confirm=question if operation.is_away else None)


def _Button(operation: Operation, action: str, words: str, **attributes: str | None) -> FT:
    label = f"{words}: {operation.domain_name}"
    return FragmentForm(
        urls.operation_action(operation.id, action),
        Button(words, cls="btn", aria_label=label),
        hx_swap="none",
        **attributes,
    )
