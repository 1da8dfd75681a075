"""The logs of a site: the page, lines as fragments, the live stream, one line whole, downloads."""

import asyncio
import json
from contextlib import aclosing
from datetime import datetime, timedelta

from anyio import to_thread
from fasthtml.common import FT, Safe
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)

from app import urls
from app.errors import HostingError, InvalidInput, NotFound
from app.logs.download import Download
from app.logs.entries import fold
from app.logs.files import Page, read_after, read_before, read_line, read_tail
from app.logs.identity import Cursor
from app.logs.sse import encode_event
from app.models import LogCopy, LogName, Role, Site, Toast
from app.routes.events import PageView
from app.routes.openoperations import operations_area
from app.routes.pages import account_labels, set_flash, shell_page
from app.routes.router import Router
from app.routes.services import Services, actor_of, role_of, services_of, session_of, utc_now
from app.routes.sites import SITE_PATH, find_site, host_notice
from app.routes.streaming import Events, EventStream, merged
from components.logtext import render_message
from components.logview import LogRows, LogView
from components.sitehead import SiteHead, SiteTabs

router = Router()
# How often a page is told how old its copy of a remote log is.
AGE_SECONDS = 2.0
LOG_PATH = SITE_PATH + "/logs/{name}"


@router.page(SITE_PATH + "/logs")
async def show_log(req: Request) -> FT:
    """The last lines; the page's stream goes on exactly behind them."""
    services = services_of(req)
    since = services.changes.sequence
    site = await find_site(req)
    name = LogName.parse(req.query_params.get("name", "error"))
    if name.index > 1:
        raise InvalidInput("A compressed log can only be downloaded.")
    label = (await to_thread.run_sync(account_labels, services)).get(site.account_id, "")
    files = services.log_files
    page = await to_thread.run_sync(
        lambda: read_tail(
            files.log(site.key, name),
            times=files.times(site.key, name),
            is_final=name.index > 0,
        )
    )
    before, after = str(page.before), str(page.after)
    is_live = name.index == 0
    now = utc_now()
    stream = urls.log_stream(*site.key, str(name), after, since)
    role = role_of(req)
    return await shell_page(
        req,
        f"{name} log of {site.domain_name}",
        SiteHead(site, label, role=role),
        host_notice(services),
        await operations_area(req, site.key),
        SiteTabs(site, "logs"),
        LogView(
            site.key,
            name,
            fold(page.lines),
            before,
            after,
            stream if is_live else "",
            has_file=page.has_file,
            may_clear=is_live and not site.is_gone and role.includes(Role.OPERATOR),
            copy=_copy(services, site, name, now) if is_live else None,
            now=now,
        ),
        account_id=site.account_id,
        stream_href=stream if is_live else urls.events("/".join(site.key), since),
    )


def _copy(services: Services, site: Site, name: LogName, now: datetime) -> LogCopy | None:
    """None for a log that is read where it is."""
    state = services.log_files.state(site.key, name.kind)
    if state is None:
        return None
    age, problem = state
    return LogCopy(None if age is None else now - timedelta(seconds=age), problem)


@router.fragment(LOG_PATH)
async def show_lines(req: Request) -> Safe:
    """Lines before or behind a cursor: what scrolling up or a gap asks for."""
    site = await find_site(req)
    name = _name_of(req)
    files = services_of(req).log_files
    before = req.query_params.get("before")
    read = read_after if before is None else read_before
    cursor = Cursor.parse(before or req.query_params.get("after", ""))

    def read_page() -> Page:
        return read(
            files.log(site.key, name),
            cursor,
            times=files.times(site.key, name),
        )

    page = await to_thread.run_sync(read_page)
    line_href = urls.log_line(*site.key, str(name))
    return LogRows(fold(page.lines), str(page.before), str(page.after), line_href)


@router.stream(LOG_PATH + "/stream")
async def follow_log(req: Request) -> Response:
    """New lines behind `after` (or the last event a browser saw), and the site's own changes."""
    services = services_of(req)
    site = await find_site(req)
    name = _name_of(req)
    if name.index:
        raise InvalidInput("A rotated log does not grow.")
    resume = req.headers.get("last-event-id") or req.query_params.get("after", "")
    cursor = Cursor.parse(resume) if resume else None
    view = PageView("/".join(site.key), session_of(req).id_hash, role_of(req))
    return EventStream(
        req,
        _lines(services, site, name, cursor),
        view.events(services, req.query_params.get("since", "")),
    )


async def _lines(services: Services, site: Site, name: LogName, cursor: Cursor | None) -> Events:
    """The log's own events; of a remote log, also how old its copy is."""
    files = services.log_files
    path, times = files.log(site.key, name), files.times(site.key, name)
    async with files.watch(site.key, name.kind):
        lines = services.hub.subscribe(path, times, cursor)
        async with aclosing(merged(lines, _ages(services, site, name))) as events:
            async for event in events:
                yield event


async def _ages(services: Services, site: Site, name: LogName) -> Events:
    while (state := services.log_files.state(site.key, name.kind)) is not None:
        age, problem = state
        yield encode_event(json.dumps({"age": age, "problem": problem}), event="source")
        await asyncio.sleep(AGE_SECONDS)
    await asyncio.Event().wait()  # a local log is never old


@router.fragment(LOG_PATH + "/line")
async def show_line(req: Request) -> Response:
    """One line in full, at most 2 MiB of it, with its escapes made visible."""
    site = await find_site(req)
    path = services_of(req).log_files.log(site.key, _name_of(req))
    cursor = Cursor.parse(req.query_params.get("at", ""))
    line = await to_thread.run_sync(read_line, path, cursor)
    return HTMLResponse(render_message(line.text + ("\n… cut here" if line.is_cut else "")))


@router.fragment(LOG_PATH + "/download")
async def download_log(req: Request) -> Response:
    site = await find_site(req)
    name = _name_of(req)
    path = services_of(req).log_files.log(site.key, name)
    try:
        download = await to_thread.run_sync(Download, path)
    except NotFound as error:
        # A browser saves what it gets: an error page would look like the log.
        return PlainTextResponse(f"{error}\n", 404)
    return StreamingResponse(
        download.chunks(),
        media_type="application/gzip" if path.suffix == ".gz" else "text/plain; charset=utf-8",
        headers={
            "content-disposition": f'attachment; filename="{name.file_name(site.domain_name)}"',
            "content-length": str(download.size),
        },
    )


@router.action(LOG_PATH + "/delete")
async def clear_log(req: Request) -> Response:
    """Deletes the file at the host, which begins a new one with the next line."""
    services = services_of(req)
    site, name, actor = await find_site(req), _name_of(req), actor_of(req)
    if name.index:
        raise InvalidInput("Only a live log can be cleared.")
    path = f"/var/log/{name.file_name(site.domain_name)}"
    try:
        await services.account_service.client(site.account_id).delete_file(path)
        await services.log_files.forget(site.key, name.kind)
        toast = Toast(f"The {name} log was cleared.", site_key=site.key)
        result = "done"
    except HostingError as error:
        toast = Toast("The log was not cleared.", str(error), is_error=True, site_key=site.key)
        result = f"failed: {error}"
    target = "/".join(site.key)
    await to_thread.run_sync(
        services.activity.record, actor.name, actor.address, "clear log", target, result
    )
    await to_thread.run_sync(set_flash, services, actor.session_id, toast)
    return RedirectResponse(urls.logs(*site.key, str(name)), 303)


def _name_of(req: Request) -> LogName:
    """Raises InvalidInput for a name that no log has."""
    return LogName.parse(req.path_params["name"])
