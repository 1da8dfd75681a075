"""The open operations as pages show them, drawn with the page and again by its event stream."""

from collections.abc import Iterable

from anyio import to_thread
from fasthtml.common import FT
from starlette.requests import Request

from app.models import Operation, Role, SiteKey
from app.routes.services import role_of, services_of, utc_now
from components.operations import OperationsArea


async def operations_area(req: Request, key: SiteKey | None = None) -> FT:
    """What is open on the site, or everywhere."""
    operations = await to_thread.run_sync(services_of(req).operations.open)
    return draw_operations(operations, key, role_of(req))


def draw_operations(operations: Iterable[Operation], key: SiteKey | None, role: Role) -> FT:
    """Those on the site, or all of them, with what the role may do about them."""
    return OperationsArea(
        [each for each in operations if each.is_shown and key in (None, each.key)],
        utc_now(),
        may_act=role.includes(Role.OPERATOR),
        may_stop=role.includes(Role.ADMIN),
    )
