"""The websites calls, `/api/v1/user/USER/websites/`: list, get, create, patch, reload, delete."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.errors import NotFound
from app.localhost.api.answers import read_object, refuse_field, switch_of, text_of
from app.localhost.api.context import HostContext, context_of
from app.localhost.api.wire import website
from app.localhost.site import ManagedSite
from app.localhost.specs import check_command


def draw(context: HostContext, site: ManagedSite) -> dict[str, Any]:
    return website(site, context.listener.port)


def draw_all(context: HostContext) -> list[dict[str, Any]]:
    return [draw(context, site) for site in context.supervisor.sites()]


async def list_sites(request: Request) -> Response:
    return JSONResponse(draw_all(context_of(request)))


async def create_site(request: Request) -> Response:
    context = context_of(request)
    content = await read_object(request)
    domain = text_of(content, "domain_name")
    webapp = content.get("webapp")
    if not isinstance(webapp, dict):
        refuse_field("webapp", "This field is required.")
    site = context.supervisor.create(
        domain,
        text_of(webapp, "command"),
        switch_of(content, "enabled", True),
        text_of(content, "working_directory", ""),
    )
    return JSONResponse(draw(context, site), 201)


async def get_site(request: Request) -> Response:
    context, site = _find(request)
    return JSONResponse(draw(context, site))


async def patch_site(request: Request) -> Response:
    context, site = _find(request)
    content = await read_object(request)
    enabled = switch_of(content, "enabled", True) if "enabled" in content else None
    webapp = content.get("webapp", {})
    if not isinstance(webapp, dict):
        refuse_field("webapp", "Not a valid object.")
    if "command" in webapp:
        # PythonAnywhere cannot change a command; here nobody has to delete a site for it.
        site.set_command(check_command(text_of(webapp, "command")))
    if enabled is not None:
        site.set_enabled(enabled)
    return JSONResponse(draw(context, site))


async def reload_site(request: Request) -> Response:
    _, site = _find(request)
    site.reload()
    return JSONResponse({"status": "OK"})


async def delete_site(request: Request) -> Response:
    context, site = _find(request)
    await context.supervisor.delete(site.domain_name)
    return Response(status_code=204)


def _find(request: Request) -> tuple[HostContext, ManagedSite]:
    context = context_of(request)
    site = context.supervisor.find(request.path_params["domain"].lower())
    if site is None:
        raise NotFound("site")
    return context, site
