"""Dialogs: what is asked or shown over the page, by the browser's own dialog element."""

from fasthtml.common import FT, H2, Div
from fasthtml.common import Dialog as DialogElement

from components.forms import IconButton


def Dialog(
    dialog_id: str, title: str, *content: FT, cls: str = "dialog", is_open: bool = False
) -> FT:
    """Opened by a button with `data-open` or a link to `#dialog_id`.

    `is_open` draws it open, for a form that comes back with its errors. Without scripts it stands
    in the page when it is open or linked to.
    """
    return DialogElement(
        Div(
            H2(title, id=f"{dialog_id}-title"),
            IconButton("x", "Close", data_close=True),
            cls="dialog-head",
        ),
        *content,
        id=dialog_id,
        cls=cls,
        open=is_open,
        aria_labelledby=f"{dialog_id}-title",
    )
