"""The form that creates a site: where, what, and the steps that people need beside it."""

from collections.abc import Iterator, Mapping, Sequence
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
    Ul,
)

from app import urls
from app.models import Account, AccountKind, SetupStep, SiteTemplate, fill_pattern
from components.commandfield import CommandArea, CommandNotesView, CommandPlace
from components.feedback import CopyButton
from components.forms import Field, FormError, PageForm
from components.icons import Icon

COMMAND_PLACE = CommandPlace(urls.NEW_SITE, "Command", "Left empty, the template fills it in.")


@dataclass(frozen=True, slots=True)
class NewSiteView:
    accounts: Sequence[Account]
    account: Account
    suggested_domain: str
    templates: Sequence[SiteTemplate]

    @property
    def is_local(self) -> bool:
        return self.account.kind is AccountKind.LOCAL


def NewSitePage(
    view: NewSiteView,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    notes: CommandNotesView,
) -> FT:
    crumbs = Ol(Li(A("Sites", href=urls.SITES)), cls="crumbs")
    return Div(
        Div(
            Div(Nav(crumbs, aria_label="Breadcrumb"), H1("New site"), cls="title"),
            cls="page-head",
        ),
        PageForm(
            urls.CREATE_SITE,
            # The first button of a form is what Enter presses.
            Button(hidden=True),
            Button(hidden=True, formaction=urls.NEW_SITE, id="draw-again"),
            Input(type="hidden", name="drawn_for", value=view.account.id),
            Div(
                FormError(errors),
                _Where(view, values, errors),
                _What(view, values, errors, notes),
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
        Script(src=urls.static("js/command.js"), type="module"),
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
        # Not brought back by the browser: the page belongs to the account it was drawn for.
        Select(*options, name="account_id", id="account_id", cls="select", autocomplete="off"),
        cls="field",
    )
    hint = (
        f"For example {view.suggested_domain}. Names that end in .localhost open in the browser of "
        "this machine without further steps."
        if view.is_local
        else f"{view.suggested_domain}, or a domain of your own. That one needs a CNAME record, "
        "which the site’s page shows once it exists."
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


def _What(
    view: NewSiteView,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    notes: CommandNotesView,
) -> FT:
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
                    "module:variable, or the file of a program of your own.",
                    is_required=False,
                    placeholder="main:app",
                    **paths,
                ),
                cls="grid-2",
            ),
            CommandArea(COMMAND_PLACE, values, errors, notes),
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


def _Steps(view: NewSiteView, values: Mapping[str, str]) -> FT:
    chosen = values.get("template", "fasthtml")
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
                *(
                    Div(
                        *_TemplateSteps(template, view, values),
                        cls="stack-s",
                        data_steps=template.id,
                        hidden=template.id != chosen,
                    )
                    for template in view.templates
                ),
                cls="card-body stack",
            ),
            cls="card",
        ),
        None if view.is_local else _Limits(view),
        cls="stack",
    )


def _TemplateSteps(
    template: SiteTemplate, view: NewSiteView, values: Mapping[str, str]
) -> Iterator[FT]:
    places = {
        "virtualenv": values.get("virtualenv") or "VIRTUALENV",
        "folder": values.get("working_folder") or "FOLDER",
        "domain": values.get("domain_name") or view.suggested_domain,
    }
    install = "{virtualenv}/bin/pip install " + template.install
    steps = [
        SetupStep("A folder", "mkdir -p {folder}"),
        SetupStep("A virtualenv", "python3 -m venv {virtualenv}"),
        *([SetupStep("The packages", install)] if template.install else []),
        *template.steps,
    ]
    for number, step in enumerate(steps, 1):
        yield H3(f"{number}. {step.title}")
        yield _Line(step.line, places)
    yield H3(f"{len(steps) + 1}. A file to start from: {template.starter_file}")
    yield _Starter(template)
    if not view.is_local:
        yield P(
            Strong("Static files: "),
            f"PythonAnywhere has no mappings for such sites. {template.static_files}",
            cls="hint",
        )


def _Line(pattern: str, places: Mapping[str, str]) -> FT:
    """One line to copy. The script fills its pattern in again while paths are typed."""
    line = fill_pattern(pattern, **places)
    return Div(Code(line, data_fill=pattern), CopyButton(line, "line"), cls="codebox")


def _Starter(template: SiteTemplate) -> FT:
    copy = CopyButton(template.starter, template.starter_file)
    return Div(Pre(Code(template.starter)), copy, cls="codebox starter")


def _Limits(view: NewSiteView) -> FT:
    """What is otherwise learned only when it hurts."""
    facts = (
        "Right after creating, 404 is normal for some seconds.",
        f"{view.suggested_domain} has its certificate. A domain of your own needs a CNAME record, "
        "then a certificate; the site’s page shows both.",
        "Nothing forces HTTPS and nothing asks for a password in front of the site: the program "
        "has to do either by itself.",
        "A command cannot be changed in place: the site is deleted and created again for that.",
        "PythonAnywhere calls these sites a beta; how they work and what they cost may change.",
    )
    return Section(
        Div(H2("Good to know about PythonAnywhere"), cls="card-head"),
        Ul(*(Li(Icon("info"), Span(fact)) for fact in facts), cls="card-body bullets"),
        cls="card",
    )
