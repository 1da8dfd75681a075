"""Cross-site requests are refused by what browsers say of themselves, with no tokens in forms.

`Sec-Fetch-Site` decides where it is sent (every current browser, over https or to localhost), else
`Origin`. A request with neither is refused: unlike an API client's, ours always carries a cookie.
"""

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FORM_TYPE = "application/x-www-form-urlencoded"


class SameOriginOnly:
    """Behind the host allow list, so that the Host header is one of ours."""

    def __init__(self, app: ASGIApp, *, public_origin: str) -> None:
        self.app = app
        self.public_origin = public_origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not self._is_same_origin(headers):
            refusal = PlainTextResponse(
                "This request came from another site and was not carried out.", 403
            )
        elif headers.get("content-type", FORM_TYPE).partition(";")[0].strip() != FORM_TYPE:
            refusal = PlainTextResponse("Only ordinary forms are accepted here.", 415)
        else:
            await self.app(scope, receive, send)
            return
        await refusal(scope, receive, send)

    def _is_same_origin(self, headers: Headers) -> bool:
        fetch_site = headers.get("sec-fetch-site")
        if fetch_site is not None:
            return fetch_site == "same-origin"
        origin = headers.get("origin")
        if origin is None:
            return False
        if self.public_origin and origin == self.public_origin:
            return True
        return not self.public_origin and origin == f"http://{headers.get('host', '')}"
