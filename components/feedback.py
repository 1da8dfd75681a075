"""What an action came to: toasts, and notices for facts about a page."""

from fasthtml.common import FT, A, Button, Code, Div, P, Section, Small, Strong, Template

from app import urls
from app.models import HostNotice, Toast
from components.forms import FragmentForm, IconButton, PageForm
from components.icons import Icon
from components.live import replaced_by

NOTICE_EVENT = "notice"
TOAST_EVENT = "toast"
TOASTS_ID = "toasts"


def ToastCard(toast: Toast) -> FT:
    """Errors stay until dismissed and are announced at once."""
    kind, icon = ("bad", "alert") if toast.is_error else ("ok", "check")
    return Div(
        Icon(icon),
        P(toast.text, Small(f"{toast.detail} " if toast.detail else None, _ActivityLink(toast))),
        _UndoForm(toast),
        _offered(toast),
        IconButton("x", "Dismiss", data_dismiss=True),
        cls=f"toast {kind}",
        role="alert" if toast.is_error else None,
        data_site=toast.site_key[1] if toast.site_key else None,
        data_final=toast.is_final,
    )


def ToastDraft() -> FT:
    """What the page's script fills with its own words, for what the server does not know."""
    dismiss = IconButton("x", "Dismiss", data_dismiss=True)
    return Template(Div(Icon("check"), P(), dismiss), id="toast-draft")


def _ActivityLink(toast: Toast) -> FT:
    """A toast goes; what it says stays there."""
    key = toast.site_key
    return A("Activity", href=urls.site_activity(*key) if key else urls.ACTIVITY)


def ToastOutOfBand(toast: Toast) -> FT:
    """Adds the toast to the page beside whatever else a fragment swaps.

    Behind a table row only a template is left as it is: a parser in a table would pull a form
    and its button apart.
    """
    return Template(Div(ToastCard(toast), hx_swap_oob=f"beforeend:#{TOASTS_ID}"))


def _UndoForm(toast: Toast) -> FT | None:
    if toast.undo is None or toast.site_key is None:
        return None
    address = urls.site_action(*toast.site_key, toast.undo.value)
    button = Button("Undo", cls="btn")
    return FragmentForm(address, button, hx_swap="none")


def RecreateForm(account_id: str, domain_name: str, cls: str = "btn") -> FT:
    """One click makes a deleted site again, as it was."""
    address = urls.site_action(account_id, domain_name, "recreate")
    return PageForm(address, Button("Recreate", cls=cls, aria_label=f"Recreate {domain_name}"))


def _offered(toast: Toast) -> FT | None:
    key = toast.site_key
    return RecreateForm(*key) if toast.can_recreate and key else None


def FlashNotice(toast: Toast | None) -> FT | None:
    """The result of an action on the page that follows it, for browsers without scripts."""
    if toast is None:
        return None
    kind, icon = ("bad", "alert") if toast.is_error else ("info", "check")
    return Section(
        Icon(icon),
        P(Strong(toast.text), f" {toast.detail}" if toast.detail else None),
        _UndoForm(toast),
        _offered(toast),
        cls=f"notice {kind}",
        role="status",
        aria_label="Result",
    )


def HostNoticeArea(notice: HostNotice | None, account_id: str) -> FT:
    """What is wrong with the local host, with the one thing to do about it; empty if nothing is."""
    card = None
    if notice is not None:
        address = urls.account_action(account_id, notice.action) if notice.action else ""
        form = FragmentForm(address, Button(notice.button, cls="btn"), hx_swap="none", cls="row")
        card = Section(
            Icon("alert"),
            P(Strong(notice.title), f" {notice.detail}"),
            form if address else None,
            cls="notice warn",
            aria_label="Local host",
        )
    return Div(
        card,
        id="host-notice",
        cls="contents",
        **replaced_by(NOTICE_EVENT),
    )


def CodeBox(text: str, what: str) -> FT:
    """One line to copy."""
    return Div(Code(text), CopyButton(text, what), cls="codebox")


def CopyButton(text: str, what: str) -> FT:
    return IconButton("copy", f"Copy {what}", data_copy=text, title=f"Copy {what}")
