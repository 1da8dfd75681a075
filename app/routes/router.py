"""Declares routes together with who may call them; what is not declared is refused by the gate.

Handlers take the request alone: FastHTML fills other parameters from cookies, headers and the
query as well, so a link could set what a form is meant to say.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from fasthtml.core import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.models import Role
from app.security.rules import RouteKind, Rule, auth_of

Handler = Callable[[Request], Awaitable[Any]]
Decorator = Callable[[Handler], Handler]


class Router:
    """Collects routes (`api_router`) and their rules. Each handler checks the role once more."""

    def __init__(self) -> None:
        self.api_router = APIRouter()
        self.rules: list[Rule] = []

    def page(self, path: str, role: Role = Role.VIEWER) -> Decorator:
        """A GET that is answered with a page; the unsigned are sent to sign-in."""
        return self._declare(Rule("GET", path, RouteKind.PAGE, role))

    def fragment(self, path: str, role: Role = Role.VIEWER) -> Decorator:
        """A GET for a part of a page."""
        return self._declare(Rule("GET", path, RouteKind.FRAGMENT, role))

    def stream(self, path: str, role: Role = Role.VIEWER) -> Decorator:
        """A GET that is answered with server-sent events."""
        return self._declare(Rule("GET", path, RouteKind.STREAM, role))

    def action(self, path: str, role: Role = Role.OPERATOR) -> Decorator:
        """A POST that changes something."""
        return self._declare(Rule("POST", path, RouteKind.ACTION, role))

    def public_page(self, path: str, *, in_setup: bool = False) -> Decorator:
        return self._declare(Rule("GET", path, RouteKind.PAGE, None, in_setup))

    def public_action(self, path: str, *, in_setup: bool = False) -> Decorator:
        return self._declare(Rule("POST", path, RouteKind.ACTION, None, in_setup))

    def _declare(self, rule: Rule) -> Decorator:
        def decorate(handler: Handler) -> Handler:
            self.rules.append(rule)
            guarded = _guard(handler, rule)
            self.api_router(rule.path, methods=[rule.method], name=handler.__name__)(guarded)
            return handler

        return decorate


def _guard(handler: Handler, rule: Rule) -> Handler:
    @wraps(handler)
    async def guarded(req: Request) -> Any:
        session = auth_of(req.scope)
        if rule.role is not None:
            if session is None:
                raise HTTPException(401)
            if not session.user.role.includes(rule.role):
                raise HTTPException(403)
        return await handler(req)

    return guarded
