"""The form that creates a site: where, what, and the steps that people need beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fasthtml.common import (
    FT,
    H1,
    H2,
    H3,
    A,
    Button,
    Code,
    Div,
    Fieldset,
    Input,
    Label,
    Legend,
    Li,
    Nav,
    Ol,
    Option,
    P,
    Pre,
    Script,
    Section,
    Select,
    Span,
    Strong,
    Textarea,
)

from app import urls
from app.models import Account, AccountKind, SiteTemplate
from components.feedback import CodeBox, CopyButton
from components.forms import Field, FormError, LabelledField, PageForm, described
from components.icons import Icon


@dataclass(frozen=True, slots=True)
class NewSiteView:
    accounts: Sequence[Account]
    account: Account
    suggested_domain: str
    templates: Sequence[SiteTemplate]

    @property
    def is_local(self) -> bool:
        return self.account.kind is AccountKind.LOCAL


def NewSitePage(view: NewSiteView, values: Mapping[str, str], errors: Mapping[str, str]) -> FT:
    crumbs = Ol(Li(A("Sites", href=urls.SITES)), cls="crumbs")
    return Div(
        Div(
            Div(Nav(crumbs, aria_label="Breadcrumb"), H1("New site"), cls="title"),
            cls="page-head",
        ),
        PageForm(
            urls.CREATE_SITE,
            Div(
                FormError(errors),
                _Where(view, values, errors),
                _What(view, values, errors),
                Div(
                    Button("Create site", cls="btn btn-primary btn-lg"),
                    A("Cancel", href=urls.SITES, cls="btn btn-ghost btn-lg"),
                    cls="row",
                ),
                cls="stack",
            ),
            _Steps(view, values),
            cls="split",
            id="new-site",
            novalidate=True,
        ),
        Script(src=urls.static("js/newsite.js"), type="module"),
        cls="stack",
    )


def _Where(view: NewSiteView, values: Mapping[str, str], errors: Mapping[str, str]) -> FT:
    options = [
        Option(account.label, value=account.id, selected=account.id == view.account.id)
        for account in view.accounts
    ]
    account = Div(
        Label("Account", _for="account_id"),
        Select(*options, name="account_id", id="account_id", cls="select"),
        cls="field",
    )
    hint = (
        f"For example {view.suggested_domain}. Names that end in .localhost open in the browser of "
        "this machine without further steps."
        if view.is_local
        else f"Your own domain, or {view.suggested_domain}."
    )
    domain = Field(
        "domain_name",
        "Domain",
        values,
        errors,
        hint,
        autocapitalize="none",
        autocomplete="off",
        spellcheck="false",
    )
    return Section(
        Div(H2("Where"), cls="card-head"),
        Div(account, domain, cls="card-body grid-2"),
        cls="card",
    )


def _What(view: NewSiteView, values: Mapping[str, str], errors: Mapping[str, str]) -> FT:
    paths: dict[str, str] = {
        "autocapitalize": "none",
        "autocomplete": "off",
        "spellcheck": "false",
    }
    return Section(
        Div(H2("What"), cls="card-head"),
        Div(
            Fieldset(
                Legend("Template", cls="sr-only"),
                Div(
                    *(_Choice(template, values) for template in view.templates),
                    cls="choices",
                ),
                cls="stack-s",
            ),
            Div(
                Field(
                    "working_folder", "Project folder", values, errors, is_required=False, **paths
                ),
                Field("virtualenv", "Virtualenv", values, errors, is_required=False, **paths),
                Field(
                    "application",
                    "Application",
                    values,
                    errors,
                    "module:variable",
                    is_required=False,
                    **paths,
                ),
                cls="grid-2",
            ),
            _Command(values, errors),
            Label(
                Input(
                    type="checkbox",
                    name="enabled",
                    value="on",
                    checked=values.get("enabled", "on") == "on",
                    cls="check",
                ),
                Span("Start it at once"),
                cls="check-row",
            ),
            cls="card-body stack",
        ),
        cls="card",
    )


def _Choice(template: SiteTemplate, values: Mapping[str, str]) -> FT:
    return Label(
        Input(
            type="radio",
            name="template",
            value=template.id,
            checked=values.get("template", "fasthtml") == template.id,
            data_command=template.command,
            data_application=template.application,
        ),
        Strong(template.name),
        Span(template.server),
        cls="choice",
    )


def _Command(values: Mapping[str, str], errors: Mapping[str, str]) -> FT:
    field = Textarea(
        values.get("command", ""),
        id="command",
        name="command",
        rows="3",
        cls="textarea mono",
        spellcheck="false",
        **described("command", errors, has_hint=True),
    )
    hint = P(
        "A program with its whole path and its arguments, not a line for a shell. It has to listen "
        "on ",
        Code("${DOMAIN_SOCKET}"),
        ". Left empty, the template fills it in.",
        cls="hint",
        id="command-hint",
    )
    return LabelledField("command", "Command", field, hint, errors)


def _Steps(view: NewSiteView, values: Mapping[str, str]) -> FT:
    chosen = values.get("template", "fasthtml")
    virtualenv = values.get("virtualenv") or "VIRTUALENV"
    steps = [
        Div(
            H3("1. A virtualenv"),
            CodeBox(f"python3 -m venv {virtualenv}", "line"),
            H3("2. The packages"),
            CodeBox(f"{virtualenv}/bin/pip install {template.install}", "line"),
            H3(f"3. A file to start from: {template.starter_file}"),
            _Starter(template),
            cls="stack-s",
            data_steps=template.id,
            hidden=template.id != chosen,
        )
        for template in view.templates
    ]
    own = Div(
        P("Any program will do that serves HTTP on the Unix socket it finds in DOMAIN_SOCKET."),
        data_steps="own",
        hidden=chosen != "own",
    )
    return Div(
        Section(
            Div(H2("Before you create it"), cls="card-head"),
            Div(
                P(
                    "Run these in a terminal of this machine."
                    if view.is_local
                    else "Run these in a Bash console of the account.",
                    cls="soft",
                ),
                *steps,
                own,
                cls="card-body stack",
            ),
            cls="card",
        ),
        None if view.is_local else _Limits(),
        cls="stack",
    )


def _Starter(template: SiteTemplate) -> FT:
    copy = CopyButton(template.starter, template.starter_file)
    return Div(Pre(Code(template.starter)), copy, cls="codebox starter")


def _Limits() -> FT:
    return Section(
        Icon("info"),
        P(
            Strong("After creating "),
            "the host may show 404 for some seconds. It offers no static files and no password "
            "protection for such sites, and a command cannot be changed later without deleting and "
            "creating the site again.",
        ),
        cls="notice info",
    )
