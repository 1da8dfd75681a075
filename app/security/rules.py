"""What is declared about each route. The gate refuses whatever no rule names."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from starlette.routing import compile_path
from starlette.types import Scope

from app.models import Role
from app.store.sessions import SessionRow


class RouteKind(StrEnum):
    """What an unsigned request gets instead: a page redirects to sign-in, the rest answer 401."""

    PAGE = "page"
    FRAGMENT = "fragment"
    STREAM = "stream"
    ACTION = "action"


@dataclass(frozen=True, slots=True)
class Rule:
    """One method and path. `role` None makes it public; `in_setup` opens it before the setup."""

    method: str
    path: str
    kind: RouteKind
    role: Role | None
    in_setup: bool = False


class RouteTable:
    """Finds the rule of a request. `scope["path"]` alone decides, as it does for the router."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self._compiled = [(compile_path(rule.path)[0], rule) for rule in self.rules]

    def find(self, method: str, path: str) -> Rule | None:
        for pattern, rule in self._compiled:
            if rule.method == method and pattern.match(path):
                return rule
        return None

    def methods(self, path: str) -> list[str]:
        return sorted({rule.method for pattern, rule in self._compiled if pattern.match(path)})


def auth_of(scope: Scope) -> SessionRow | None:
    """The session that the gate found for this request."""
    session: SessionRow | None = scope.get("auth")
    return session
