"""Accounts, and the people who sign in."""

from dataclasses import dataclass
from enum import StrEnum


class AccountKind(StrEnum):
    """Where an account's sites live."""

    LOCAL = "local"
    PYTHONANYWHERE = "pythonanywhere"


@dataclass(frozen=True, slots=True)
class Account:
    """One place where sites live. `username` is the user in the API's addresses.

    `api_host` names the API address (`us`, `eu`, or one that the server's configuration adds),
    `token_end` the last characters of the token; both are empty for the local host.
    """

    id: str
    kind: AccountKind
    label: str
    username: str
    api_host: str = ""
    token_end: str = ""


class Secret:
    """A text that shows itself only to who asks for it by name: never in a page, log or repr."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "***"

    def __reduce__(self) -> str:
        raise TypeError("A secret is not to be copied or stored.")


LOCAL_ID = "local"
"""The id of the local host's account; no other account has it."""


class Role(StrEnum):
    """What a signed-in person may do; each role may do all that the ones before it may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def includes(self, needed: "Role") -> bool:
        order = list(Role)
        return order.index(self) >= order.index(needed)
