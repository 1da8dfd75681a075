"""The pages that add an account and that ask before one is removed."""

from collections.abc import Mapping, Sequence

from fasthtml.common import (
    FT,
    H1,
    H2,
    A,
    Button,
    Div,
    Fieldset,
    Input,
    Label,
    Legend,
    Li,
    P,
    Section,
    Span,
    Strong,
    Ul,
)

from app import urls
from app.models import Account, Operation, counted
from components.forms import Consequences, Field, FieldError, FormError, PageForm
from components.icons import Icon

TOKEN_PAGES = {
    "us": "https://www.pythonanywhere.com/account/#api_token",
    "eu": "https://eu.pythonanywhere.com/account/#api_token",
}
NAMES = {"us": "US", "eu": "EU"}


def RemoveAccountPage(account: Account, site_count: int, unfinished: Sequence[Operation]) -> FT:
    """Asks once; says what goes and what stays, or which changes of its sites stand before it."""
    return Div(
        Div(Div(H1(f"Remove {account.label}?"), cls="title"), cls="page-head"),
        _Unfinished(account, unfinished) if unfinished else _Removal(account, site_count),
        cls="stack",
    )


def _Removal(account: Account, site_count: int) -> FT:
    return Section(
        Consequences(
            gone=[
                "Its token is deleted from this machine.",
                f"{counted(site_count, 'site')} of it will not be listed here any more.",
            ],
            kept=[
                "The sites keep running at the host, unchanged.",
                "The token stays valid there until you revoke it at the host.",
            ],
            cls="bullets card-body",
        ),
        PageForm(
            urls.account_action(account.id, "delete"),
            A("Keep account", href=urls.ACCOUNTS, cls="btn"),
            Button(Icon("trash"), "Remove account", cls="btn btn-danger"),
            cls="card-foot",
        ),
        cls="card",
    )


def _Unfinished(account: Account, unfinished: Sequence[Operation]) -> FT:
    """Without the account, what has been begun could not be finished."""
    sites = [
        P(
            Strong(A(each.domain_name, href=urls.site(*each.key)), f" {each.doing}."),
            f" {each.note}" if each.note else None,
        )
        for each in unfinished
    ]
    return Section(
        Icon("alert"),
        Div(
            *sites,
            P(
                "Without the account this would stop halfway, and a site might be left deleted. "
                f"{account.label} can be removed once it is done, or stopped on the first page."
            ),
            cls="stack-s",
        ),
        Div(
            A("Keep account", href=urls.ACCOUNTS, cls="btn"),
            A("Sites", href=urls.sites(account=account.id), cls="btn"),
            cls="row",
        ),
        cls="notice warn",
        aria_label="Unfinished changes",
    )


def NewAccountForm(
    hosts: Mapping[str, str], values: Mapping[str, str], errors: Mapping[str, str]
) -> FT:
    return Div(
        Div(Div(H1("Add a PythonAnywhere account"), cls="title"), cls="page-head"),
        PageForm(
            urls.ACCOUNTS,
            Section(
                Div(
                    FormError(errors),
                    _HostChoices(hosts, values, errors),
                    Field(
                        "label",
                        "Name in Sitedeck",
                        values,
                        errors,
                        "As it is to be called here, for example the project or the client.",
                        maxlength="40",
                    ),
                    Field(
                        "username",
                        "User name",
                        values,
                        errors,
                        "The one you sign in with there.",
                        autocapitalize="none",
                        autocomplete="off",
                        spellcheck="false",
                    ),
                    Field(
                        "token",
                        "API token",
                        values,
                        errors,
                        "Stored encrypted, shown as its last four characters, never shown again.",
                        type="password",
                        autocomplete="off",
                    ),
                    cls="card-body stack",
                ),
                Div(
                    Button("Test and add", cls="btn btn-primary btn-lg"),
                    A("Cancel", href=urls.ACCOUNTS, cls="btn btn-ghost btn-lg"),
                    cls="card-foot",
                ),
                cls="card",
            ),
            _TokenHelp(),
            cls="split",
            novalidate=True,
        ),
        cls="stack",
    )


def _HostChoices(
    hosts: Mapping[str, str], values: Mapping[str, str], errors: Mapping[str, str]
) -> FT:
    chosen = values.get("host") or "us"
    choices = [
        Label(
            Input(type="radio", name="host", value=name, checked=name == chosen),
            Strong(NAMES.get(name, name)),
            Span(address.removeprefix("https://")),
            cls="choice",
        )
        for name, address in hosts.items()
    ]
    return Fieldset(
        Legend("System"),
        Div(*choices, cls="choices"),
        FieldError("host", errors.get("host", "")),
        cls="stack-s",
    )


def _TokenHelp() -> FT:
    links = [
        Li(A(f"Token page of the {NAMES[name]} system", href=page, rel="noreferrer"))
        for name, page in TOKEN_PAGES.items()
    ]
    return Section(
        Div(H2("About the token"), cls="card-head"),
        Div(
            P("You find it under Account → API token:"),
            Ul(*links, cls="stack-s"),
            P(
                "A token can do everything in the account: files, consoles, web apps. There are no "
                "smaller ones. Sitedeck uses it to list, change and reload your websites and to "
                "read their logs."
            ),
            P("To revoke it, create a new one on the same page: the old one stops working then."),
            P(
                "US and EU are separate systems: an account and its token exist on one of them.",
                cls="hint",
            ),
            cls="card-body stack",
        ),
        cls="card",
    )
