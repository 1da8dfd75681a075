"""Error pages: what happened, what is now true, where to go. Never the text of an exception."""

from fasthtml.common import FT, H1, A, Div, P, Section

from app import urls
from components.feedback import CodeBox

TEXTS = {
    400: ("This address cannot be understood", "Go back and use the links of the page."),
    403: ("This is not for your role", "Ask an administrator of this Sitedeck to do it for you."),
    404: (
        "There is no such page",
        "The site may have been deleted, or the address has a typo.",
    ),
    405: ("This address takes other requests", "Go back and use the buttons of the page."),
    413: ("This is too large", "Nothing was changed. Send less in one go."),
    500: (
        "Sitedeck made a mistake",
        "Your sites are not affected. The error was written to Sitedeck's own log with the number "
        "below.",
    ),
}


def error_words(status: int) -> tuple[str, str]:
    """Title and explanation of an HTTP status."""
    return TEXTS.get(status, TEXTS[404 if status < 500 else 500])


def ErrorContent(status: int, reference: str = "") -> FT:
    """`reference` is the number under which the error stands in Sitedeck's log."""
    title, text = error_words(status)
    return Section(
        P(status, cls="bignum", aria_hidden="true"),
        Div(H1(title), P(text, cls="soft"), cls="stack-s"),
        Div(
            A("All sites", href=urls.SITES, cls="btn btn-primary"),
            A("Activity", href=urls.ACTIVITY, cls="btn") if status == 404 else None,
            cls="row",
        ),
        CodeBox(reference, "request number") if reference else None,
        cls="stack",
    )
