"""The settings tab of a site: what can be changed for its kind of host, and deletion."""

from collections.abc import Mapping

from fasthtml.common import (
    FT,
    H2,
    H3,
    A,
    Button,
    Div,
    P,
    Section,
)

from app import urls
from app.models import Account, AccountKind, Site
from components.dialogs import Dialog
from components.feedback import CodeBox
from components.forms import Consequences, Field, PageForm
from components.icons import Icon


def SiteSettings(
    site: Site,
    account: Account,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    may_delete: bool,
) -> FT:
    """What the owner set, and why some of it cannot be changed here."""
    is_local = account.kind is AccountKind.LOCAL
    reason = (
        "To change it, delete the site and create it again with the new command. Logs stay."
        if is_local
        else "The host cannot change a command in place: delete the site and create it again "
        "with the new one. Logs and files stay in the account."
    )
    return Div(
        Section(
            Div(H2("Command"), cls="card-head"),
            Div(CodeBox(site.command, "command"), P(reason, cls="hint"), cls="card-body stack-s"),
            cls="card",
        ),
        Section(
            Div(H2("Running"), cls="card-head"),
            Div(
                Div(
                    H3("Enabled or disabled"),
                    P("The switch above changes it at once, and can be undone.", cls="hint"),
                ),
                cls="setting",
            ),
            cls="card",
        ),
        _DangerZone(site, values, errors, is_local=is_local) if may_delete else None,
        cls="stack",
        id="settings",
    )


def _DangerZone(
    site: Site, values: Mapping[str, str], errors: Mapping[str, str], *, is_local: bool
) -> FT:
    where = "on this machine" if is_local else "in the account"
    return Section(
        Div(H2("Danger zone"), cls="card-head"),
        Div(
            Div(
                H3("Delete this site"),
                P(f"The domain stops answering. Your code and logs stay {where}.", cls="hint"),
            ),
            A(Icon("trash"), "Delete…", href=f"#{urls.DELETE_DIALOG}", cls="btn btn-danger-quiet"),
            cls="setting",
        ),
        Dialog(
            urls.DELETE_DIALOG,
            f"Delete {site.domain_name}?",
            _DeleteForm(site, values, errors, where),
            is_open=bool(errors),
        ),
        cls="card danger",
    )


def _DeleteForm(site: Site, values: Mapping[str, str], errors: Mapping[str, str], where: str) -> FT:
    return PageForm(
        urls.site_action(*site.key, "delete"),
        Div(
            Consequences(
                gone=[
                    "The site stops at once and its domain stops answering.",
                    "Its command is forgotten by the host. Copy it first.",
                ],
                kept=[f"Your code and its log files stay {where}."],
                cls="bullets",
            ),
            Field(
                "confirm",
                f"Type {site.domain_name} to confirm",
                values,
                errors,
                autocomplete="off",
                autocapitalize="none",
                spellcheck="false",
            ),
            cls="dialog-body",
        ),
        Div(
            A("Keep site", href=urls.site_settings(*site.key), cls="btn", data_close=True),
            Button(Icon("trash"), "Delete site", cls="btn btn-danger"),
            cls="dialog-foot",
        ),
        novalidate=True,
    )
