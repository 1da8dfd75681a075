"""Form fields, and the two forms of people who are not signed in yet."""

from collections.abc import Mapping, Sequence

from fasthtml.common import FT, H1, Button, Code, Div, Form, Input, Label, Li, P, Section, Span, Ul

from app import urls
from components.icons import Icon


def PageForm(address: str, *content: FT | str | None, **attributes: str | bool | None) -> FT:
    """A form that posts to `address` and is answered with a page."""
    return Form(
        *content,
        method="post",
        action=address,
        enctype="application/x-www-form-urlencoded",
        **attributes,
    )


def FragmentForm(address: str, *content: FT | str | None, **attributes: str | bool | None) -> FT:
    """The same, answered with a fragment where scripts run; clicks while busy are dropped."""
    return PageForm(address, *content, hx_post=address, hx_sync="this:drop", **attributes)


def FilterForm(
    address: str, query: str, label: str, placeholder: str, *more: FT, **attributes: str
) -> FT:
    """The search field above a list. It works without scripts too: Enter submits it.

    `attributes` are the field's own.
    """
    field = Input(
        id="filter",
        name="query",
        type="search",
        cls="input",
        value=query,
        placeholder=placeholder,
        aria_label=label,
        maxlength="100",
        **attributes,
    )
    return Form(
        Div(Icon("search"), field, cls="input-group grow"),
        *more,
        cls="toolbar",
        role="search",
        action=address,
        method="get",
    )


def filtered_while_typing(address: str, target_id: str) -> Mapping[str, str]:
    """For the field of a FilterForm that draws the element `target_id` anew while one types."""
    return {
        "autocomplete": "off",
        "hx_get": address,
        "hx_trigger": "input changed delay:200ms, search",
        "hx_target": f"#{target_id}",
        "hx_swap": "outerHTML",
        "hx_sync": "this:replace",
        "hx_push_url": "true",
        "hx_include": "closest form",
    }


def Consequences(gone: Sequence[str], kept: Sequence[str], cls: str) -> FT:
    """What a deletion takes away and what it leaves, a sentence each."""
    return Ul(
        *(Li(Icon("x"), Span(text), cls="gone") for text in gone),
        *(Li(Icon("check"), Span(text), cls="kept") for text in kept),
        cls=cls,
    )


def IconButton(icon: str, label: str, **attributes: str | bool) -> FT:
    """A button that shows nothing but an icon; `label` says what it does."""
    return Button(
        Icon(icon), type="button", cls="btn btn-ghost btn-icon", aria_label=label, **attributes
    )


def Field(
    name: str,
    label: str,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    hint: str = "",
    *,
    is_required: bool = True,
    **attributes: str,
) -> FT:
    """Label above, hint below, error beside the hint; the typed value is kept.

    Passwords are never sent back and get a button that shows them.
    """
    is_password = attributes.get("type") == "password"
    field = Input(
        id=name,
        name=name,
        value=None if is_password else values.get(name, ""),
        cls="input",
        required=is_required,
        **described(name, errors, has_hint=bool(hint)),
        **attributes,
    )
    return LabelledField(
        name,
        label,
        Div(field, _ShowPassword(name), cls="input-group") if is_password else field,
        P(hint, cls="hint", id=f"{name}-hint") if hint else None,
        errors,
    )


def described(
    name: str, errors: Mapping[str, str], *, has_hint: bool
) -> Mapping[str, str | bool | None]:
    """The attributes that tie a field to its hint and error; the first wrong field is focused."""
    ids = [f"{name}-hint"] * has_hint + [f"{name}-error"] * bool(errors.get(name))
    return {
        "aria_invalid": "true" if errors.get(name) else None,
        "aria_describedby": " ".join(ids) or None,
        "autofocus": name == next(filter(None, errors), ""),
    }


def LabelledField(
    name: str, label: str, field: FT, hint: FT | None, errors: Mapping[str, str]
) -> FT:
    """A field of any kind between its label and its hint and error."""
    return Div(
        Label(label, _for=name), field, hint, FieldError(name, errors.get(name, "")), cls="field"
    )


def FieldError(name: str, error: str) -> FT | None:
    if not error:
        return None
    return P(Icon("alert"), Span(error), cls="field-error", id=f"{name}-error")


def _ShowPassword(name: str) -> FT:
    return IconButton("eye", "Show password", data_show_password=f"#{name}", aria_pressed="false")


def FormError(errors: Mapping[str, str]) -> FT | None:
    """What is wrong with no field in particular, under the empty name."""
    text = errors.get("")
    return P(Icon("alert"), Span(text), cls="notice bad", role="alert") if text else None


def _UsernameField(values: Mapping[str, str], errors: Mapping[str, str]) -> FT:
    return Field(
        "username",
        "Username",
        values,
        errors,
        autocomplete="username",
        autocapitalize="none",
        spellcheck="false",
    )


def SetupForm(values: Mapping[str, str], errors: Mapping[str, str]) -> FT:
    """Makes the first administrator. `errors` maps field names to messages, "" to a general one."""
    return Section(
        PageForm(
            urls.SETUP,
            Div(
                H1("Welcome to Sitedeck"),
                P(
                    "Create the administrator of this installation. Everything stays on this "
                    "machine.",
                    cls="soft",
                ),
                cls="stack-s",
            ),
            FormError(errors),
            Field(
                "setup_token",
                "Setup token",
                values,
                errors,
                "Printed in the terminal where Sitedeck was started, so that nobody else can "
                "claim it first.",
                autocomplete="one-time-code",
                spellcheck="false",
            ),
            _UsernameField(values, errors),
            Field(
                "password",
                "Password",
                values,
                errors,
                "At least 12 characters. Any characters, spaces too.",
                type="password",
                autocomplete="new-password",
                minlength="12",
            ),
            Field(
                "password_again",
                "Password again",
                values,
                errors,
                type="password",
                autocomplete="new-password",
            ),
            Button("Create administrator", cls="btn btn-primary btn-lg btn-block"),
            cls="card-body stack",
            novalidate=True,
        ),
        cls="card",
    )


def LoginForm(values: Mapping[str, str], errors: Mapping[str, str]) -> tuple[FT, FT]:
    """`values["next"]` is where to go afterwards."""
    card = Section(
        PageForm(
            urls.LOGIN,
            H1("Sign in"),
            FormError(errors),
            Input(type="hidden", name="next", value=values.get("next", "")),
            _UsernameField(values, errors),
            Field(
                "password",
                "Password",
                values,
                errors,
                type="password",
                autocomplete="current-password",
            ),
            Button("Sign in", cls="btn btn-primary btn-lg btn-block"),
            cls="card-body stack",
            novalidate=True,
        ),
        cls="card",
    )
    name = values.get("username") or "NAME"
    command = f"python main.py user reset {name if name.isalnum() else 'NAME'}"
    hint = P("Forgotten? Run ", Code(command), " on the machine.", cls="hint")
    return card, hint
