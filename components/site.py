"""The overview of one site: what is known of it, and what to do about what is wrong."""

from datetime import datetime
from signal import Signals

from fasthtml.common import (
    FT,
    H2,
    A,
    Button,
    Code,
    Dd,
    Details,
    Div,
    Dl,
    Dt,
    P,
    Pre,
    Section,
    Span,
    Strong,
    Summary,
)

from app import urls
from app.models import Answer, Exit, LogKind, Role, Site, SiteStatus
from components.accounts import CHECK_INTERVALS
from components.feedback import CodeBox
from components.forms import FragmentForm
from components.icons import Icon
from components.live import replaced_by
from components.siterow import (
    ERRORS_COUNTED,
    response_time,
    row_id,
)
from components.terminal import visible_text
from components.times import Age, SeenAge


def overview_id(site: Site) -> str:
    """Also the name of the event that replaces the overview."""
    return f"overview-{row_id(site)}"


def SiteOverview(site: Site, account_label: str, now: datetime, *, role: Role) -> FT:
    """What is known of the site, and what to do about what is wrong."""
    identity = overview_id(site)
    return Div(
        _Problem(site, role),
        _Tiles(site, now),
        Div(
            Div(
                _LastExit(site, now) if site.is_local else _LastCheck(site, now, role),
                _AddressHelp(site),
                cls="stack",
            ),
            _Facts(site, account_label, now),
            cls="split",
        ),
        id=identity,
        cls="stack",
        **replaced_by(identity),
    )


def _Problem(site: Site, role: Role) -> FT | None:
    if site.status not in (SiteStatus.FAILING, SiteStatus.UNKNOWN):
        return None
    kind = "bad" if site.status is SiteStatus.FAILING else "warn"
    way: FT | None = A("Live log", href=urls.logs(*site.key), cls="btn")
    title = f"{site.domain_name} is not answering. "
    if site.status is SiteStatus.UNKNOWN:
        title = f"It is not known whether {site.domain_name} answers. "
    if site.is_gone:
        remove = A("Remove from the list", href=urls.delete_site(*site.key), cls="btn")
        way = remove if role.includes(Role.ADMIN) else None
        title = "Gone at PythonAnywhere. "
    traceback = site.check.traceback if site.check and kind == "bad" else ""
    return Section(
        Icon("alert"),
        Div(P(Strong(title), site.reason), _Lines(traceback, "Traceback") if traceback else None),
        Div(way, cls="row"),
        cls=f"notice {kind}",
        aria_label="Needs attention",
    )


def _Tiles(site: Site, now: datetime) -> FT:
    errors = Div(
        Dt("Errors, 24 h"),
        Dd(Span(_count(site.error_count), cls="bad" if site.error_count else None)),
        cls="tile",
        title=ERRORS_COUNTED,
    )
    first = _AnswerTile("First answer", site.answer, "after")
    if site.is_local:
        since = _Tile("Running since", Age(site.started_at, now))
        return Dl(
            errors, first, since, _Tile("Last reload", Age(site.reloaded_at, now)), cls="tiles"
        )
    check = site.check
    last = _AnswerTile("Last answer", check.answer if check else None, "in")
    return Dl(
        errors, first, last, _Tile("Asked", Age(check.at if check else None, now)), cls="tiles"
    )


def _AnswerTile(name: str, answer: Answer | None, word: str) -> FT:
    if answer is None:
        return _Tile(name, "–")
    return _Tile(name, answer.status, small=f"{word} {response_time(answer)}")


def _count(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"


def _Tile(name: str, value: object, small: str = "") -> FT:
    shown = value if isinstance(value, FT) else str(value)
    return Div(
        Dt(name),
        Dd(Span(shown), Span(small, cls="muted small") if small else None),
        cls="tile",
    )


def _last_seen(site: Site, now: datetime) -> FT:
    if site.is_gone:
        return Age(site.seen_at, now)
    return SeenAge(site.account_id, site.seen_at, now)


def _Facts(site: Site, account_label: str, now: datetime) -> FT:
    links: list[FT | str] = []
    for kind in LogKind:
        links += [A(kind.value, href=urls.logs(*site.key, kind.value)), " · "]
    facts = {
        "Account": A(account_label, href=urls.sites(account=site.account_id)),
        "Address": site.url if site.is_gone else A(site.url, href=site.url, rel="noreferrer"),
        "Command": CodeBox(site.command, "command"),
        **_folder(site),
        # The local host tells at once; a process elsewhere is not known.
        **(
            {"Process": f"pid {site.pid}" if site.pid else "–"}
            if site.is_local
            else {
                "Last seen": _last_seen(site, now),
                # Not those of others: the host does not tell.
                "Last reload": Age(site.reloaded_at, now),
            }
        ),
        "Logs": Span(*links[:-1]),
    }
    return Section(
        Div(H2("Details"), cls="card-head"),
        Div(
            Dl(*(Div(Dt(name), Dd(value)) for name, value in facts.items()), cls="facts"),
            cls="card-body",
        ),
        cls="card",
    )


def _folder(site: Site) -> dict[str, FT | str]:
    """Where its command is run, as far as its host tells."""
    if site.working_folder:
        return {"Folder": CodeBox(site.working_folder, "folder")}
    return {"Folder": "The home folder"} if site.is_local else {}


def _LastCheck(site: Site, now: datetime, role: Role) -> FT:
    """PythonAnywhere does not say whether a site runs; what Sitedeck found out itself."""
    check = site.check
    found: tuple[FT | str, ...] = ("It has not been asked yet.",)
    if check is not None and check.problem:
        found = (check.problem, " Asked ", Age(check.at, now), ".")
    elif check is not None and check.answer is not None:
        words = f"It answered {check.answer.status} in {response_time(check.answer)}, asked "
        found = (words, Age(check.at, now), ".")
    may_ask = site.check_seconds is not None and site.is_askable and role.includes(Role.OPERATOR)
    return Section(
        Div(H2("Does it answer?"), cls="card-head"),
        Div(
            P(*found),
            _AskForm(site) if may_ask else None,
            P(*_how_often(site), cls="hint"),
            cls="card-body stack-s",
        ),
        cls="card",
    )


def _AskForm(site: Site) -> FT:
    identity = overview_id(site)
    is_waited_for = not site.status.is_settled
    return FragmentForm(
        urls.site_action(*site.key, "check"),
        Button(
            "Ask now",
            cls="btn",
            id=f"{identity}-ask",
            disabled=is_waited_for,
            title="It is being asked" if is_waited_for else None,
        ),
        cls="row",
        hx_target=f"#{identity}",
        hx_swap="outerHTML",
    )


def _how_often(site: Site) -> tuple[FT | str, ...]:
    """Whether Sitedeck asks by itself, and where that is chosen."""
    account = A("account", href=urls.ACCOUNTS)
    if not site.is_askable:
        return (f"A site that is {'gone' if site.is_gone else 'disabled'} is not asked.",)
    if site.check_seconds is None:
        return (
            "The configuration of this server has Sitedeck ask no sites (SITEDECK_CHECK_SITES). "
            "After a click, its error log tells whether it crashes.",
        )
    if not site.check_seconds:
        return (
            "The host does not tell whether a site runs, and Sitedeck does not ask it by itself "
            "but only after a click: so it is chosen with its ",
            account,
            ".",
        )
    how_often = CHECK_INTERVALS.get(site.check_seconds, f"every {site.check_seconds} s").lower()
    return (
        "The host does not tell whether a site runs, so Sitedeck asks its address "
        f"{how_often}. How often is chosen with its ",
        account,
        ".",
    )


def _LastExit(site: Site, now: datetime) -> FT:
    head = Div(H2("Last exit"), cls="card-head")
    end = site.last_exit
    if end is None:
        body = Div(P("It has not ended by itself since the local host was started.", cls="soft"))
    else:
        body = Div(
            P(Strong(_exit_words(end)), " ", Age(end.at, now)),
            _Lines("\n".join(end.stderr), "Last lines of stderr before the exit")
            if end.stderr
            else P("It wrote nothing to stderr.", cls="soft"),
        )
    body.attrs["class"] = "card-body stack-s"
    return Section(head, body, cls="card")


def _Lines(text: str, label: str) -> FT:
    """What a program wrote, in a box of its own that scrolls."""
    shown = "\n".join(map(visible_text, text.split("\n")))
    return Pre(Code(shown), cls="codebox exit-lines", tabindex="0", role="region", aria_label=label)


def _exit_words(end: Exit) -> str:
    if end.signal is not None:
        known = {number.value: number.name for number in Signals}
        return f"Ended by signal {known.get(end.signal, end.signal)}."
    return f"Ended with exit code {end.code}."


def _AddressHelp(site: Site) -> FT | None:
    """What to try where a browser leaves `NAME.localhost` to a resolver that does not know it."""
    if not site.url.startswith("http://") or not site.domain_name.endswith(".localhost"):
        return None
    name = site.domain_name
    port = site.url.rpartition(":")[2] if site.url.count(":") > 1 else "80"
    return Details(
        Summary(Icon("help"), f"{name} does not open?", cls="row"),
        Div(
            P(
                "Chrome, Edge and Firefox take every name that ends in .localhost for this "
                "machine; some browsers and most command-line tools ask the system instead. Then "
                "add this line to the hosts file (/etc/hosts):"
            ),
            CodeBox(f"127.0.0.1 {name}", "line for the hosts file"),
            P("Or ask without the name, for example to check that the site answers:"),
            CodeBox(f"curl -H 'Host: {name}' http://127.0.0.1:{port}/", "command"),
            P(
                "From another computer, these addresses lead to that computer itself: open them on "
                "the machine that runs Sitedeck."
            ),
            cls="stack-s",
        ),
        cls="card card-body address-help",
    )
