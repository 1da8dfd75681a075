"""The notices on the overview for accounts whose token was refused: nothing is read of their sites
until somebody acts."""

from collections.abc import Sequence
from dataclasses import dataclass

from fasthtml.common import FT, A, Div, P, Section, Strong

from app import urls
from app.models import Account
from components.icons import Icon
from components.live import replaced_by

TOKENS_EVENT = "tokens"


@dataclass(frozen=True, slots=True)
class RefusedToken:
    """`words` are what was said to a call with the token, and what may be behind it."""

    account: Account
    words: str


def RefusedTokensArea(refused: Sequence[RefusedToken], *, may_replace: bool) -> FT:
    """One notice for each account; empty if all tokens are good."""
    return Div(
        *(_Notice(each, may_replace=may_replace) for each in refused),
        id="refused-tokens",
        cls="contents",
        **replaced_by(TOKENS_EVENT),
    )


def _Notice(refused: RefusedToken, *, may_replace: bool) -> FT:
    account = refused.account
    replace = A("Replace token", href=urls.replace_token(account.id), cls="btn")
    return Section(
        Icon("key"),
        P(
            Strong(f"{account.label} cannot be read. "),
            f"{refused.words} Nothing is asked of it until the token is replaced or tested again.",
            None if may_replace else " An administrator can replace it.",
        ),
        Div(replace, cls="row") if may_replace else None,
        cls="notice bad",
        aria_label=f"Token of {account.label}",
    )
