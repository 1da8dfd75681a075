"""The accounts: one card each, with what can be set on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fasthtml.common import (
    FT,
    H1,
    H2,
    A,
    Button,
    Dd,
    Details,
    Div,
    Dl,
    Dt,
    Input,
    Label,
    Option,
    P,
    Section,
    Select,
    Span,
    Summary,
)

from app import urls
from app.models import Account, AccountKind, CallBudget, CpuUsage, Role, counted
from components.accountuse import CallBudgets, CpuMeter
from components.forms import PageForm
from components.icons import Icon
from components.live import fetched_on, replaced_by
from components.times import SeenAge

CHECK_INTERVALS = {
    0: "Never",
    60: "Every minute",
    300: "Every 5 minutes",
    900: "Every 15 minutes",
    3600: "Every hour",
}


ACCOUNTS_ID = "accounts"
ACCOUNTS_EVENT = "accounts"
"""Accounts came or went: the cards have to be drawn anew."""


@dataclass(frozen=True, slots=True)
class AccountView:
    """One account as its card shows it. `problem` is empty while all is well.

    `seen_at` is when its sites were last listed, `cpu_seen_at` when its `cpu` was read (UTC).
    Only an account with a call limit has `budgets`. Its sites are asked every `check_seconds`
    whether they answer, 0: never, None: Sitedeck asks no sites.
    """

    account: Account
    address: str
    site_count: int
    problem: str
    seen_at: datetime | None = None
    budgets: tuple[CallBudget, ...] = ()
    cpu: CpuUsage | None = None
    cpu_seen_at: datetime | None = None
    check_seconds: int | None = 0

    @property
    def is_remote(self) -> bool:
        return self.account.kind is AccountKind.PYTHONANYWHERE


def AccountsPage(
    views: Sequence[AccountView], notice: FT | None, now: datetime, *, role: Role
) -> FT:
    add = A(Icon("plus"), "Add account", href=urls.NEW_ACCOUNT, cls="btn btn-primary")
    return Div(
        Div(
            Div(
                H1("Accounts"),
                P("Where your sites live. Tokens are stored encrypted on this machine."),
                cls="title",
            ),
            add if role.includes(Role.ADMIN) else None,
            cls="page-head",
        ),
        notice,
        Div(
            *(_Card(view, now, role) for view in views),
            id=ACCOUNTS_ID,
            cls="grid-2",
            hx_select=f"#{ACCOUNTS_ID}",
            **fetched_on(ACCOUNTS_EVENT, urls.ACCOUNTS, f"#{ACCOUNTS_ID}"),
        ),
        _BudgetHint() if any(view.budgets for view in views) else None,
        cls="stack",
    )


def _BudgetHint() -> FT:
    return P(
        "PythonAnywhere allows 40 calls a minute for each kind of call. Sitedeck makes at most 36 "
        "of them, keeps 6 of those for your clicks, and lets people go before its own reading.",
        cls="hint",
    )


def live_parts(view: AccountView, now: datetime) -> dict[str, FT]:
    """What changes on a card while the page is open, by the event that replaces it.

    Parts without anything to type into or to focus, which a replacement would disturb.
    """
    count = counted(view.site_count, "site")
    words = {"badge": _Badge(view), "count": count, "seen": _Seen(view, now)}
    blocks = {"problem": _Problem(view), "use": _Use(view, now)}
    return {
        # An empty part takes no room.
        _event(view, name): element(part, hidden=part is None, **replaced_by(_event(view, name)))
        for element, parts in ((Span, words), (Div, blocks))
        for name, part in parts.items()
    }


def _event(view: AccountView, part: str) -> str:
    return f"account-{view.account.id}-{part}"


def _Badge(view: AccountView) -> FT:
    if view.problem:
        return Span("Needs attention", cls="badge bad")
    return Span("Connected", cls="badge ok")


def _Problem(view: AccountView) -> FT | None:
    return P(Icon("alert"), Span(view.problem), cls="notice bad") if view.problem else None


def _Seen(view: AccountView, now: datetime) -> FT | None:
    if not view.is_remote:
        return None
    if view.seen_at is None:
        return Span(", not read yet")
    return Span(", read ", SeenAge(view.account.id, view.seen_at, now))


def _Use(view: AccountView, now: datetime) -> FT | None:
    if not view.budgets:
        return None
    label = view.account.label
    return Div(
        CallBudgets(view.budgets, label),
        CpuMeter(view.cpu, view.cpu_seen_at, now, label),
        cls="stack",
    )


def _Card(view: AccountView, now: datetime, role: Role) -> FT:
    account = view.account
    may_change = view.is_remote and role.includes(Role.ADMIN)
    live = live_parts(view, now)
    return Section(
        Div(
            Div(
                Span(Icon("cloud" if view.is_remote else "server"), cls="ico"),
                Div(H2(account.label), P(view.address, cls="hint")),
                cls="account-head",
            ),
            live[_event(view, "badge")],
            cls="card-head",
        ),
        Div(
            live[_event(view, "problem")],
            Dl(*_facts(view, live), cls="facts"),
            live[_event(view, "use")],
            _CheckInterval(view) if may_change else None,
            _ReplaceToken(account) if may_change else None,
            cls="card-body stack",
        ),
        _CardFoot(account, role) if view.is_remote and role.includes(Role.OPERATOR) else None,
        cls="card",
        aria_label=account.label,
    )


def _facts(view: AccountView, live: Mapping[str, FT]) -> list[FT]:
    account = view.account
    count = A(live[_event(view, "count")], href=urls.sites(account=account.id))
    sites = Span(count, live[_event(view, "seen")])
    facts = [Div(Dt("Sites"), Dd(sites))]
    if view.is_remote:
        token = Span(
            Span("••••••••", aria_hidden="true"),
            Span("ends with ", cls="sr-only"),
            account.token_end,
            cls="mono",
        )
        facts += [
            Div(Dt("User name"), Dd(account.username)),
            Div(Dt("API token"), Dd(token)),
        ]
    return facts


def _CheckInterval(view: AccountView) -> FT:
    """How often the sites are asked whether they answer."""
    if view.check_seconds is None:
        return P(
            "The configuration of this server has Sitedeck ask no sites whether they answer "
            "(SITEDECK_CHECK_SITES).",
            cls="hint",
        )
    field_id = f"check-{view.account.id}"
    options = [
        Option(words, value=str(seconds), selected=seconds == view.check_seconds)
        for seconds, words in CHECK_INTERVALS.items()
    ]
    return PageForm(
        urls.account_action(view.account.id, "checks"),
        Div(
            Label("Ask its sites whether they answer", _for=field_id),
            Div(
                Select(*options, id=field_id, name="seconds", cls="select"),
                Button("Set", cls="btn", aria_label="Set how often the sites are asked"),
                cls="row",
            ),
            cls="field",
        ),
    )


def _ReplaceToken(account: Account) -> FT:
    field_id = urls.token_field(account.id)
    return Details(
        Summary(Icon("key"), "Replace token", cls="row"),
        PageForm(
            urls.account_action(account.id, "token"),
            Div(
                Label("New API token", _for=field_id),
                Input(
                    id=field_id,
                    name="token",
                    type="password",
                    cls="input mono",
                    autocomplete="off",
                    required=True,
                ),
                cls="field",
            ),
            Button("Test and replace", cls="btn"),
            cls="stack-s",
        ),
        cls="address-help",
    )


def _CardFoot(account: Account, role: Role) -> FT:
    test = PageForm(
        urls.account_action(account.id, "test"),
        Button(Icon("reload"), "Test connection", cls="btn"),
    )
    remove = A(
        "Remove…", href=urls.remove_account(account.id), cls="btn btn-ghost btn-danger-quiet push"
    )
    return Div(test, remove if role.includes(Role.ADMIN) else None, cls="card-foot")
