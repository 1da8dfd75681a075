"""The overview while there is no site: the one next step, which follows from what there is."""

from collections.abc import Iterator
from itertools import chain, repeat

from fasthtml.common import FT, H2, A, Button, P, Section

from app import urls
from app.models import Role
from components.forms import PageForm
from components.icons import Icon
from components.sites import SiteFilter


def NoSites(shown: SiteFilter, sample_port: int | None, *, has_remote: bool, role: Role) -> FT:
    """The first page after setup: the next step, for a person of that role.

    `sample_port` is where the local host's sites answer, None without a local host; `has_remote`
    says whether there is an account elsewhere that sites can be made in.
    """
    title, words = _first_words(sample_port, has_remote=has_remote)
    steps = _first_steps(shown, sample_port, has_remote=has_remote)
    return Section(
        Icon("sites"),
        H2(title),
        P(
            "Sitedeck lists your ASGI sites, reloads them with one click and streams their error "
            f"logs. {words}"
        ),
        *(steps if role.includes(Role.ADMIN) else [P("An administrator can begin.", cls="hint")]),
        cls="card empty",
        aria_label="Get started",
    )


def _first_words(sample_port: int | None, *, has_remote: bool) -> tuple[str, str]:
    if sample_port is not None:
        sample = "The sample site is a small FastHTML program that runs on this machine."
        return "See it work within a minute", sample
    if has_remote:
        return "No sites yet", "None is in your accounts yet."
    return "Connect your account", "They run in an account at PythonAnywhere."


def _first_steps(shown: SiteFilter, sample_port: int | None, *, has_remote: bool) -> Iterator[FT]:
    """The first one is the primary button."""
    looks = chain(["btn btn-primary btn-lg"], repeat("btn btn-lg"))
    if sample_port is not None:
        sample = Button(Icon("server"), "Try the sample site", cls=next(looks), id="sample-site")
        yield PageForm(urls.SAMPLE_SITE, sample, cls="row")
    if has_remote:
        yield A(Icon("plus"), "New site", href=urls.new_site(shown.account), cls=next(looks))
    connect = "Add a PythonAnywhere account"
    yield A(Icon("plus"), connect, href=urls.NEW_ACCOUNT, cls=next(looks))
    if sample_port is not None:
        yield P(
            "The sample is written into the data folder and answers at "
            f"http://hello.localhost:{sample_port}. Nothing is sent anywhere.",
            cls="hint",
        )
