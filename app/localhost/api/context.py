"""What the API's handlers work with."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from app.localhost.api.events import EventHub
from app.localhost.paths import HostPaths
from app.localhost.proxy.listener import SitesListener
from app.localhost.supervisor import Supervisor


@dataclass(frozen=True, slots=True)
class HostContext:
    """The parts of the running daemon. `end` asks it to end, with its sites if told True."""

    paths: HostPaths
    supervisor: Supervisor
    events: EventHub
    listener: SitesListener
    token: str
    version: str
    end: Callable[[bool], None]


def context_of(request: Request) -> HostContext:
    context = request.app.state.context
    assert isinstance(context, HostContext)
    return context
