"""The list of keyboard shortcuts, with the switch that turns them off."""

from fasthtml.common import (
    FT,
    H3,
    Dd,
    Div,
    Dl,
    Dt,
    Input,
    Kbd,
    Label,
    Section,
    Span,
)

from components.dialogs import Dialog
from components.forms import IconButton

GROUPS = {
    "Anywhere": {
        "Sites, Activity, Accounts": "g s · g a · g c",
        "New site": "n",
        "Filter this list": "/",
        "Leave the filter": "Esc",
        "This help": "?",
    },
    "Sites": {
        "Next, previous row": "j · k",
        "Open": "Enter",
        "Reload": "r",
        "Enable or disable": "t",
        "Live log": "l",
    },
    "Log view": {"Pause or follow": "f", "Filter": "/", "Wrap lines": "w"},
}


def ShortcutsButton() -> FT:
    return IconButton(
        "keyboard", "Keyboard shortcuts", data_open="shortcuts", title="Keyboard shortcuts (?)"
    )


def ShortcutsDialog() -> FT:
    switch = Label(
        Input(type="checkbox", cls="check", data_keys_toggle=True),
        Span("Use these keys in this browser"),
        cls="check-row",
    )
    return Dialog(
        "shortcuts",
        "Keyboard shortcuts",
        Div(
            Div(*(_Group(name, keys) for name, keys in GROUPS.items()), cls="keys"),
            switch,
            cls="dialog-body",
        ),
        cls="dialog palette",
    )


def _Group(name: str, keys: dict[str, str]) -> FT:
    rows = [Div(Dt(what), Dd(*map(_Key, shown.split()))) for what, shown in keys.items()]
    return Section(H3(name), Dl(*rows), cls="stack-s")


def _Key(key: str) -> FT | str:
    return f" {key} " if key == "·" else Kbd(key)
