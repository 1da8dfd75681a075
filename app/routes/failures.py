"""How errors are answered: a page or a toast, a reference number, never an exception's own text."""

import logging
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from fasthtml.common import to_xml
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import urls
from app.errors import InvalidInput, NotFound
from app.models import Toast
from app.routes.pages import theme_of
from components.errors import ErrorContent, error_words
from components.feedback import ToastOutOfBand
from components.layout import BarePage

_log = logging.getLogger(__name__)

ExceptionHandler = Callable[[Request, Exception], Awaitable[Response]]


def error_response(scope: Scope, status: int, reference: str = "") -> Response:
    """A page, or for htmx a toast that leaves the page as it is."""
    title, text = error_words(status)
    if "hx-request" in Headers(scope=scope):
        detail = f"{text} {reference}".strip()
        content = ToastOutOfBand(Toast(title, detail, is_error=True))
        return _html(content, status, {"hx-reswap": "none"})
    page = BarePage(title, theme_of(scope), ErrorContent(status, reference))
    return _html(page, status, {})


async def answer_http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    if status == 401:
        return Response("Sign in again.", 401, {"hx-redirect": urls.LOGIN})
    return error_response(request.scope, status)


async def answer_not_found(request: Request, error: Exception) -> Response:
    return error_response(request.scope, 404)


async def answer_invalid_input(request: Request, error: Exception) -> Response:
    """Input that no form catches itself: a query or an address that was made up."""
    return error_response(request.scope, 400)


class Mistakes:
    """Answers what nobody expected: the traceback goes to the log under a number, the number to
    the page. A layer of its own, because the framework's handler stands outside all layers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_started = False

        async def send_and_note(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        except Exception:
            if scope["type"] != "http":
                raise
            reference = f"req_{secrets.token_hex(4)}"
            _log.exception("%s %s %s", reference, scope["method"], scope["path"])
            if has_started:
                # Only a broken connection tells the client that the answer is not whole.
                raise
            at = datetime.now(UTC)
            words = f"{reference} · {at:%Y-%m-%d %H:%M:%S} UTC"
            await error_response(scope, 500, words)(scope, receive, send)


HANDLERS: dict[Any, ExceptionHandler] = {
    HTTPException: answer_http_error,
    404: answer_http_error,
    NotFound: answer_not_found,
    InvalidInput: answer_invalid_input,
}


def _html(content: object, status: int, headers: dict[str, str]) -> Response:
    return HTMLResponse(f"<!doctype html>\n{to_xml(content, indent=False)}", status, headers)
