"""Only known host names are answered: a page of another name cannot reach a dashboard on
localhost by pointing that name here (DNS rebinding)."""

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class AllowedHosts:
    def __init__(self, app: ASGIApp, *, names: frozenset[str]) -> None:
        self.app = app
        self.names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or host_name(scope) in self.names:
            await self.app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        response = PlainTextResponse(
            "Sitedeck does not answer to this host name. Set --public-origin to the address that "
            "people open.",
            421,
        )
        await response(scope, receive, send)


def host_name(scope: Scope) -> str:
    """The host of the Host header in lower case, without port; empty unless there is just one."""
    values = Headers(scope=scope).getlist("host")
    if len(values) != 1:
        return ""
    host = values[0].strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
