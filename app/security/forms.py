"""Reads forms: only declared fields, each once, each of bounded length, from the body alone."""

from collections.abc import Mapping

from starlette.requests import Request

from app.errors import InvalidInput


async def read_form(request: Request, limits: Mapping[str, int]) -> dict[str, str]:
    """The fields named in `limits` (name -> most characters), empty where they were not sent.

    Query values never count, unlike in the framework's own binding. Raises InvalidInput.
    """
    form = await request.form()
    values = dict.fromkeys(limits, "")
    for name, value in form.multi_items():
        if name not in limits or not isinstance(value, str):
            raise InvalidInput(f"Unexpected field {name[:40]!r}.")
        if values[name] or len(form.getlist(name)) > 1:
            raise InvalidInput(f"The field {name!r} was sent twice.", name)
        if len(value) > limits[name]:
            raise InvalidInput(f"Use at most {limits[name]} characters.", name)
        values[name] = value
    return values


def safe_return_path(text: str) -> str:
    """The path to go to after signing in: one of ours, or the first page.

    One leading slash and plain characters only: browsers take `//host` for another site.
    """
    allowed = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~/?=&%-")
    is_safe = text.startswith("/") and not text.startswith("//") and set(text) <= allowed
    return text if is_safe and len(text) <= 500 else "/"
