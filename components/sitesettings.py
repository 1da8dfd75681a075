"""The settings tab of a site: what can be changed for its kind of host, and deletion."""

from collections.abc import Mapping

from fasthtml.common import (
    FT,
    H2,
    H3,
    A,
    Button,
    Div,
    Input,
    P,
    Script,
    Section,
)

from app import urls
from app.models import Account, AccountKind, CertificateRecord, Site
from components.commandfield import CommandArea, CommandNotesView, CommandPlace
from components.dialogs import Dialog
from components.feedback import CodeBox
from components.forms import Consequences, Field, FormError, PageForm
from components.icons import Icon
from components.recreate import certificate_words


def SiteSettings(
    site: Site,
    account: Account,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    notes: CommandNotesView,
    *cards: FT,
    may_change: bool,
    certificate: CertificateRecord | None = None,
    question: FT | None = None,
    stopped: FT | None = None,
) -> FT:
    """What the owner set. `values`, `errors` and `notes` are of the form that was sent, `question`
    is asked before the site is recreated, `stopped` is a change that was given up. `cards` are what
    else can be set, `certificate` is what goes with the site."""
    is_local = account.kind is AccountKind.LOCAL
    command = {"command": site.command, **values}
    return Div(
        stopped,
        Section(
            Div(H2("Command"), cls="card-head"),
            _CommandForm(site, command, errors, notes, is_local=is_local)
            if may_change and not site.is_gone
            else Div(CodeBox(site.command, "command"), cls="card-body"),
            cls="card",
        ),
        question,
        *cards,
        _DangerZone(site, values, errors, certificate) if may_change else None,
        Script(src=urls.static("js/command.js"), type="module") if may_change else None,
        cls="stack",
        id="settings",
    )


def settings_place(site: Site) -> CommandPlace:
    """What a change of the command means is said below the field."""
    hint = (
        "The running version ends, and a new one starts with this command."
        if site.is_local
        else "The host cannot change a command in place. The site is deleted and created again "
        "with the new one: expect 10 to 30 seconds of “Coming soon”."
    )
    return CommandPlace(urls.site_action(*site.key, "look"), "Start command", hint)


def _CommandForm(
    site: Site,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    notes: CommandNotesView,
    *,
    is_local: bool,
) -> FT:
    """The same form for both kinds of host."""
    words = "Change command" if is_local else "Recreate with this command…"
    return PageForm(
        urls.site_action(*site.key, "command"),
        CommandArea(settings_place(site), values, errors, notes),
        Div(
            Button(words, cls="btn btn-primary"),
            A("Discard", href=urls.site_settings(*site.key), cls="btn"),
            cls="row",
        ),
        cls="card-body form",
        novalidate=True,
    )


def _DangerZone(
    site: Site,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    certificate: CertificateRecord | None,
) -> FT:
    if site.is_gone:
        return _RemovalZone(site, errors)
    where = "on this machine" if site.is_local else "in the account"
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
            _DeleteForm(site, values, errors, certificate, where),
            is_open="confirm" in errors,
        ),
        cls="card danger",
    )


def _RemovalZone(site: Site, errors: Mapping[str, str]) -> FT:
    """Of a site that its host does not have any more: it can only leave the list."""
    form = PageForm(
        urls.site_action(*site.key, "delete"),
        Input(type="hidden", name="only_here", value="yes"),
        Div(
            FormError({"": errors.get("confirm", "")}),
            Consequences(
                gone=["It leaves the list of sites here."],
                kept=[
                    "Nothing is deleted at the host, which does not know it any more.",
                    "How it was made is kept for 30 days. Under Activity it can be recreated with "
                    "one click.",
                ],
                cls="bullets",
            ),
            cls="dialog-body",
        ),
        Div(
            A("Keep it", href=urls.site_settings(*site.key), cls="btn", data_close=True),
            Button("Remove from the list", cls="btn btn-primary"),
            cls="dialog-foot",
        ),
    )
    return Section(
        Div(H2("Gone at its host"), cls="card-head"),
        Div(
            Div(
                H3("Remove from the list"),
                P("At the host there is nothing left to stop or to delete.", cls="hint"),
            ),
            A("Remove from the list…", href=f"#{urls.DELETE_DIALOG}", cls="btn"),
            cls="setting",
        ),
        Dialog(
            urls.DELETE_DIALOG,
            f"Remove {site.domain_name} from the list?",
            form,
            is_open="confirm" in errors,
        ),
        cls="card",
    )


def _DeleteForm(
    site: Site,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    certificate: CertificateRecord | None,
    where: str,
) -> FT:
    lost, _ = certificate_words(site, certificate)
    return PageForm(
        urls.site_action(*site.key, "delete"),
        Div(
            Consequences(
                gone=[
                    "The site stops at once and its domain stops answering.",
                    "The host forgets its command. Sitedeck keeps how it was made for 30 days.",
                    *lost,
                ],
                kept=[
                    f"Your code and its log files stay {where}.",
                    "Under Activity it can be recreated with one click.",
                ],
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
