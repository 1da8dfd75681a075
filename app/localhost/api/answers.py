"""JSON answers and errors of the API in the shapes that PythonAnywhere's clients read."""

import json
import logging
from typing import Any, NoReturn

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.errors import InvalidInput, NotFound
from app.localhost.site import SiteIsDisabled
from app.localhost.supervisor import TooManySites

MAX_BODY = 64 * 1024
logger = logging.getLogger(__name__)


class BadRequest(Exception):
    """Answered with 400 and `content`, most often field names with lists of messages."""

    def __init__(self, content: dict[str, Any]) -> None:
        super().__init__(content)
        self.content = content


def refuse_field(field: str, message: str) -> NoReturn:
    raise BadRequest({field: [message]})


async def read_object(request: Request) -> dict[str, Any]:
    """The request's JSON object; {} without a body. Raises BadRequest, HTTPException 413."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise HTTPException(413, f"The request is larger than {MAX_BODY} bytes.")
    if not body:
        return {}
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest({"detail": "JSON parse error"}) from None
    if not isinstance(content, dict):
        refuse_field("non_field_errors", "Invalid data. Expected a dictionary.")
    return content


def text_of(content: dict[str, Any], field: str, default: str | None = None) -> str:
    """A text field of a request. Raises BadRequest."""
    value = content.get(field, default)
    if value is None:
        refuse_field(field, "This field is required.")
    if not isinstance(value, str):
        refuse_field(field, "Not a valid string.")
    return value


def switch_of(content: dict[str, Any], field: str, default: bool) -> bool:
    """A true or false field of a request. Raises BadRequest."""
    value = content.get(field, default)
    if not isinstance(value, bool):
        refuse_field(field, "Must be a valid boolean.")
    return value


def detail(text: str, status: int, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"detail": text}, status, headers)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 404:
        return detail("Not found.", 404)
    if error.status_code == 405:
        return detail(f'Method "{request.method}" not allowed.', 405, headers)
    return detail(error.detail, error.status_code, headers)


async def _bad_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, BadRequest)
    return JSONResponse(error.content, 400)


async def _invalid_input(request: Request, error: Exception) -> Response:
    assert isinstance(error, InvalidInput)
    return JSONResponse({error.field or "non_field_errors": [str(error)]}, 400)


async def _not_found(request: Request, error: Exception) -> Response:
    return detail("Not found.", 404)


async def _conflict(request: Request, error: Exception) -> Response:
    return detail(str(error), 409)


async def _full(request: Request, error: Exception) -> Response:
    return detail(str(error), 403)


async def _not_saved(request: Request, error: Exception) -> Response:
    assert isinstance(error, OSError)
    logger.error("A request failed", exc_info=error)
    return detail(f"The disk refused: {error.strerror}. Nothing has changed.", 507)


async def _unexpected(request: Request, error: Exception) -> Response:
    return detail("The local host made a mistake; its daemon.log says more.", 500)


HANDLERS = {
    HTTPException: _http_error,
    BadRequest: _bad_request,
    InvalidInput: _invalid_input,
    NotFound: _not_found,
    SiteIsDisabled: _conflict,
    TooManySites: _full,
    OSError: _not_saved,
    Exception: _unexpected,
}
