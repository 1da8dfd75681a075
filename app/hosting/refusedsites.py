"""Why an account would not create a site, in plain words at the field that it is about."""

import re

from app.errors import HostRefused, HostThrottled, InvalidInput, TokenRefused
from app.models import Account, AccountKind

_PLAN = re.compile(r"\b(plan|limit|maximum|upgrade|quota|too many web)", re.IGNORECASE)
_CLASSIC = re.compile(r"\bweb ?app", re.IGNORECASE)
_FORBIDDEN = (
    "If a classic web app of this account has the domain, delete that one on PythonAnywhere’s Web "
    "page first. The plan may also be full."
)
_OWN_WORDS = "PythonAnywhere’s words:"


def explained(error: HostRefused, account: Account, domain_name: str) -> InvalidInput | None:
    """None if the answer is not about the site, or not known. What is said of plans and of classic
    web apps goes before a guess."""
    if isinstance(error, TokenRefused | HostThrottled) or error.status >= 500:
        return None
    if account.kind is AccountKind.PYTHONANYWHERE:
        said = _said_by_pythonanywhere(error, account, domain_name)
        if said is not None:
            return said
    if error.field in ("domain_name", "command", "working_directory"):
        field = error.field.replace("working_directory", "working_folder")
        return InvalidInput(_plain(error, domain_name), field)
    return None


def _said_by_pythonanywhere(
    error: HostRefused, account: Account, domain_name: str
) -> InvalidInput | None:
    if error.status == 402 or _PLAN.search(str(error)):
        text = (
            f"The plan of {account.label} has no room for another site. Delete one, or choose a "
            f"larger plan at PythonAnywhere. {_OWN_WORDS} {error}"
        )
        return InvalidInput(text, "domain_name")
    if _CLASSIC.search(str(error)):
        text = (
            f"A classic web app of this account has {domain_name}. Delete that one on "
            "PythonAnywhere’s Web page first; its code stays. "
            f"{_OWN_WORDS} {error}"
        )
        return InvalidInput(text, "domain_name")
    if error.status == 403:
        return InvalidInput(f"{error} {_FORBIDDEN}", "domain_name")
    return None


def _plain(error: HostRefused, domain_name: str) -> str:
    if "already exists" in str(error):
        return f"{domain_name} is taken: this account, or another one, already has such a site."
    return str(error)


def foreign_name_hint(account: Account, domain_name: str) -> str:
    """What names an account has below PythonAnywhere's own, if the domain is none of them."""
    own = account.username.lower()
    zone = "eu.pythonanywhere.com" if account.api_host == "eu" else "pythonanywhere.com"
    if account.kind is AccountKind.LOCAL or not domain_name.endswith(".pythonanywhere.com"):
        return ""
    if re.fullmatch(rf"([a-z0-9]+-)?{re.escape(own)}\.{re.escape(zone)}", domain_name):
        return ""
    return f"Of PythonAnywhere’s own names this account has {own}.{zone} and WORD-{own}.{zone}."
