"""The local host's process: `python -m app.localhost.daemon --data DIR/host --listen HOST:PORT`.

One per data folder. It may be killed at any time: sites go on, and the next daemon adopts them.
"""

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app import __version__
from app.errors import ConfigurationError
from app.localhost.api.app import ApiServer
from app.localhost.api.context import HostContext
from app.localhost.api.events import EventHub
from app.localhost.api.wire import website
from app.localhost.instance import bind_socket, only_instance, read_token, trim_log
from app.localhost.launch import Launcher
from app.localhost.logfiles import AccessLogs
from app.localhost.paths import HostPaths
from app.localhost.proxy.listener import SitesListener
from app.localhost.proxy.server import Proxy
from app.localhost.supervisor import Supervisor

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Options:
    """The command line. Seconds are those of `SiteSeams` and `Launcher`."""

    data: Path
    host: str
    port: int
    start_seconds: float
    stop_seconds: float


def main(argv: Sequence[str] | None = None, version: str = __version__) -> int:
    """Run until asked to end. Returns the exit code; 1 if it cannot start."""
    options = parse_options(argv)
    umask = os.umask(0o077)
    paths = HostPaths(options.data)
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s"
    )
    try:
        paths.prepare()
        with only_instance(paths):
            trim_log(paths.daemon_log)
            daemon = Daemon(paths, options, umask, version)
            with _runner() as runner:
                runner.run(daemon.run())
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def parse_options(argv: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(prog="python -m app.localhost.daemon", description=__doc__)
    parser.add_argument("--data", required=True, type=Path, help="folder of the local host")
    parser.add_argument("--listen", default="127.0.0.1:8800", help="HOST:PORT of the sites")
    parser.add_argument("--start-seconds", type=float, default=20.0, help="for a site to answer")
    parser.add_argument("--stop-seconds", type=float, default=10.0, help="for a site to end")
    given = parser.parse_args(argv)
    host, separator, port = given.listen.rpartition(":")
    if not separator or not port.isascii() or not port.isdigit() or int(port) > 65535:
        parser.error("--listen takes HOST:PORT, for example 127.0.0.1:8800")
    return Options(given.data, host.strip("[]"), int(port), given.start_seconds, given.stop_seconds)


class Daemon:
    """Puts the parts together, runs them, and takes them apart in order."""

    def __init__(self, paths: HostPaths, options: Options, umask: int, version: str) -> None:
        self._paths = paths
        self._access = AccessLogs(paths)
        self._events = EventHub(lambda site: website(site, self._listener.port))
        self._supervisor = Supervisor(
            Launcher(paths, options.stop_seconds, umask),
            options.start_seconds,
            self._events,
            self._access.forget,
        )
        proxy = Proxy(self._supervisor, self._access.record)
        self._listener = SitesListener(proxy, options.host, options.port)
        self._version = version
        self._ended = asyncio.Event()
        self._stops_sites = False

    async def run(self) -> None:
        """Serve until `end` is called or a signal comes."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self.end, False)
        server = ApiServer(self._context())
        self._supervisor.load()
        await self._listener.open()
        with bind_socket(self._paths.socket) as listening:
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            serving.add_done_callback(lambda _: self._ended.set())
            helpers = [
                asyncio.create_task(self._access.flush_forever()),
                asyncio.create_task(self._keep_listening()),
            ]
            await self._ended.wait()
            if self._stops_sites:
                await self._supervisor.stop_all()
            else:
                await self._supervisor.detach_all()
            self._events.close()
            server.should_exit = True
            await asyncio.gather(serving, self._listener.close())
        await _cancel(helpers)
        self._access.close()

    def end(self, stop_sites: bool) -> None:
        """Begin to end; sites keep running unless `stop_sites`."""
        self._stops_sites = self._stops_sites or stop_sites
        self._ended.set()

    async def _keep_listening(self) -> None:
        if self._listener.error:
            await self._listener.keep_trying()

    def _context(self) -> HostContext:
        return HostContext(
            paths=self._paths,
            supervisor=self._supervisor,
            events=self._events,
            listener=self._listener,
            token=read_token(self._paths.token),
            version=self._version,
            end=self.end,
        )


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


@contextlib.contextmanager
def _runner() -> Iterator[asyncio.Runner]:
    """With uvloop where it is installed: it halves the cost of a proxied request."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        new_event_loop = asyncio.new_event_loop
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        yield runner


if __name__ == "__main__":
    raise SystemExit(main())
