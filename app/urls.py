"""Every address of the dashboard as a function; segments are quoted here and nowhere else."""

from urllib.parse import quote, urlencode

SITES = "/"
SAMPLE_SITE = "/sites/sample"
SETUP = "/setup"
LOGIN = "/login"
LOGOUT = "/logout"
HEALTH = "/healthz"
EVENTS = "/events"


def static(path: str) -> str:
    return f"/static/{quote(path)}"


def icon(name: str) -> str:
    return f"/static/icons/sprite.svg#{quote(name)}"


def status_icon(status: str) -> str:
    return f"/static/icons/status.svg#{quote(status)}"


def login(return_to: str = "") -> str:
    return f"{LOGIN}?{urlencode({'next': return_to})}" if return_to else LOGIN


def sites(query: str = "", account: str = "", status: str = "") -> str:
    given = {"query": query, "account": account, "status": status}
    wanted = {name: value for name, value in given.items() if value}
    return f"{SITES}?{urlencode(wanted)}" if wanted else SITES


def events(view: str) -> str:
    return f"{EVENTS}?{urlencode({'view': view})}"


def account_action(account_id: str, action: str) -> str:
    return f"/accounts/{_segment(account_id)}/{_segment(action)}"


def site(account_id: str, domain_name: str) -> str:
    return f"/accounts/{_segment(account_id)}/sites/{_segment(domain_name)}"


def site_action(account_id: str, domain_name: str, action: str) -> str:
    return f"{site(account_id, domain_name)}/{_segment(action)}"


def logs(account_id: str, domain_name: str) -> str:
    return f"{site(account_id, domain_name)}/logs"


def log(account_id: str, domain_name: str, name: str) -> str:
    return f"{logs(account_id, domain_name)}/{_segment(name)}"


def log_stream(account_id: str, domain_name: str, name: str) -> str:
    return f"{log(account_id, domain_name, name)}/stream"


def log_download(account_id: str, domain_name: str, name: str) -> str:
    return f"{log(account_id, domain_name, name)}/download"


def log_line(account_id: str, domain_name: str, name: str) -> str:
    return f"{log(account_id, domain_name, name)}/line"


def _segment(text: str) -> str:
    return quote(text, safe="")
