"""Every address of the dashboard as a function; segments are quoted here and nowhere else."""

import hashlib
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlencode

STATIC_FOLDER = Path(__file__).parent.parent / "static"

SITES = "/"
SAMPLE_SITE = "/sites/sample"
SETUP = "/setup"
LOGIN = "/login"
LOGOUT = "/logout"
HEALTH = "/healthz"
ACCOUNTS = "/accounts"
NEW_ACCOUNT = "/accounts/new"
NEW_SITE = "/sites/new"
CREATE_SITE = "/sites"
ACTIVITY = "/activity"
EVENTS = "/events"
EVENTS_CHECK = "/events/check"
DELETE_DIALOG = "delete-site"


@cache
def static(path: str) -> str:
    """A static file's address with its fingerprint, so that browsers may keep it for ever."""
    digest = hashlib.sha256((STATIC_FOLDER / path).read_bytes()).hexdigest()
    return f"/static/{quote(path)}?v={digest[:12]}"


def icon(name: str) -> str:
    return f"{static('icons/sprite.svg')}#{quote(name)}"


def status_icon(status: str) -> str:
    return f"{static('icons/status.svg')}#{quote(status)}"


def login(return_to: str = "") -> str:
    return f"{LOGIN}?{urlencode({'next': return_to})}" if return_to else LOGIN


def sites(query: str = "", account: str = "", status: str = "") -> str:
    given = {"query": query, "account": account, "status": status}
    wanted = {name: value for name, value in given.items() if value}
    return f"{SITES}?{urlencode(wanted)}" if wanted else SITES


def events(view: str, since: int) -> str:
    """The stream of a page drawn at the change number `since`."""
    return f"{EVENTS}?{urlencode({'view': view, 'since': since})}"


def replace_token(account_id: str) -> str:
    """The field for another token on the account's card, which a browser opens for it."""
    return f"{ACCOUNTS}#{token_field(account_id)}"


def token_field(account_id: str) -> str:
    return f"token-{account_id}"


def remove_account(account_id: str) -> str:
    """The page that asks before an account is removed."""
    return f"/accounts/{_segment(account_id)}/delete"


def new_site(account_id: str = "") -> str:
    """The form of a new site, in that account if it is known which."""
    return f"{NEW_SITE}?{urlencode({'account': account_id})}" if account_id else NEW_SITE


def activity(query: str = "", before: int = 0) -> str:
    given = {"query": query, "before": str(before) if before else ""}
    wanted = {name: value for name, value in given.items() if value}
    return f"{ACTIVITY}?{urlencode(wanted)}" if wanted else ACTIVITY


def account_action(account_id: str, action: str) -> str:
    return f"/accounts/{_segment(account_id)}/{_segment(action)}"


def site(account_id: str, domain_name: str) -> str:
    return f"/accounts/{_segment(account_id)}/sites/{_segment(domain_name)}"


def site_action(account_id: str, domain_name: str, action: str) -> str:
    return f"{site(account_id, domain_name)}/{_segment(action)}"


def delete_site(account_id: str, domain_name: str) -> str:
    """The dialog that asks before a site is deleted."""
    return f"{site_settings(account_id, domain_name)}#{DELETE_DIALOG}"


def operation_action(operation_id: int, action: str) -> str:
    return f"/operations/{operation_id}/{_segment(action)}"


def site_settings(account_id: str, domain_name: str) -> str:
    return f"{site(account_id, domain_name)}/settings"


def site_activity(account_id: str, domain_name: str) -> str:
    return f"{site(account_id, domain_name)}/activity"


def logs(account_id: str, domain_name: str, name: str = "") -> str:
    """The page of a site's logs; the error log unless `name` says otherwise."""
    query = f"?{urlencode({'name': name})}" if name else ""
    return f"{site(account_id, domain_name)}/logs{query}"


def log(account_id: str, domain_name: str, name: str) -> str:
    """Lines of one log file as a fragment."""
    return f"{site(account_id, domain_name)}/logs/{_segment(name)}"


def log_stream(
    account_id: str, domain_name: str, name: str, after: str = "", since: int = 0
) -> str:
    """The lines behind the cursor `after`, and the site's changes after the change `since`."""
    query = urlencode({"after": after, "since": since})
    return f"{log(account_id, domain_name, name)}/stream?{query}"


def log_download(account_id: str, domain_name: str, name: str) -> str:
    return f"{log(account_id, domain_name, name)}/download"


def log_delete(account_id: str, domain_name: str, name: str) -> str:
    return f"{log(account_id, domain_name, name)}/delete"


def log_line(account_id: str, domain_name: str, name: str) -> str:
    return f"{log(account_id, domain_name, name)}/line"


def _segment(text: str) -> str:
    return quote(text, safe="")
