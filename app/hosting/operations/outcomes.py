"""What is told of an operation's end: the entry in the record, and a toast for who asked."""

from collections.abc import Iterable
from dataclasses import replace

from app.models import Operation, OperationKind, OperationState, Specification, Toast

_DONE = {
    OperationKind.CREATE: "created",
    OperationKind.DELETE: "deleted",
    OperationKind.ENABLE: "enabled",
    OperationKind.DISABLE: "disabled",
    OperationKind.CHANGE_COMMAND: "has its new command",
    # Whether it runs again is found out afterwards.
    OperationKind.RELOAD: "is switched on again",
}
_WANTED = {
    OperationKind.CREATE: "Create",
    OperationKind.DELETE: "Delete",
    OperationKind.ENABLE: "Enable",
    OperationKind.DISABLE: "Disable",
    OperationKind.CHANGE_COMMAND: "Command change",
    OperationKind.RELOAD: "Reload",
}


def result_of(operation: Operation) -> str:
    """`done` or `failed`, and the facts behind a colon."""
    word = "done" if operation.state is OperationState.DONE else "failed"
    return f"{word}: {facts}" if (facts := _facts(operation)) else word


def toast_of(operation: Operation) -> Toast:
    key = operation.key
    if operation.state is OperationState.DONE:
        text = f"{operation.domain_name} {_DONE[operation.kind]}"
        can_recreate = operation.kind is OperationKind.DELETE
        return Toast(text, _facts(operation), site_key=key, can_recreate=can_recreate)
    text = f"{_WANTED[operation.kind]} failed: {operation.domain_name}"
    return Toast(text, _facts(operation), is_error=True, site_key=key, is_final=True)


def specification_of(operations: Iterable[Operation]) -> Specification | None:
    """What a site is to be made from again that is gone: how it was, or was to be, at last.

    `operations` are those on the site, the newest first. A switch knows only a part; the rest is
    known from before, back to the creation of the site. A creation that failed made no site.
    """
    known: Specification | None = None
    for operation in operations:
        if operation.never_was:
            continue
        known = _with_rest(known, _left_by(operation))
        if operation.kind is OperationKind.CREATE:
            break
    return known


def _left_by(operation: Operation) -> Specification | None:
    if operation.state is OperationState.DONE or operation.old is None:
        return operation.new or operation.old
    return operation.old


def _with_rest(known: Specification | None, older: Specification | None) -> Specification | None:
    if known is None or older is None:
        return known or older
    return replace(
        known,
        working_folder=known.working_folder or older.working_folder,
        domains=known.domains or older.domains,
        certificate=known.certificate or older.certificate,
        logs=known.logs or older.logs,
        cname=known.cname or older.cname,
    )


def _facts(operation: Operation) -> str:
    parts = [operation.reason] if operation.reason else []
    if operation.state is OperationState.RESTORED:
        parts.append("The old command is back.")
    if operation.without_seconds is not None:
        parts.append(f"{_duration(operation.without_seconds)} without the site.")
    return " ".join(parts)


def _duration(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
