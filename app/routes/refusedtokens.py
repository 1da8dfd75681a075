"""The accounts whose token was refused, drawn with the overview and again by its event stream."""

from anyio import to_thread
from fasthtml.common import FT

from app.models import Role
from app.routes.services import Services
from components.refusedtokens import RefusedToken, RefusedTokensArea


async def refused_tokens_area(services: Services, role: Role) -> FT:
    accounts = await to_thread.run_sync(services.accounts.all)
    refreshes = ((each, services.account_service.refresh_of(each.id)) for each in accounts)
    return RefusedTokensArea(
        [
            RefusedToken(account, refresh.problem)
            for account, refresh in refreshes
            if refresh is not None and refresh.is_refused
        ],
        may_replace=role.includes(Role.ADMIN),
    )
