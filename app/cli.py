"""The command line: run the dashboard, manage its users, manage the local host."""

import argparse
import errno
import logging
import os
import socket
import stat
import sys
from collections.abc import Sequence
from getpass import getpass
from pathlib import Path

from app import __version__
from app.errors import ConfigurationError, HostUnavailable, InvalidInput, SitedeckError
from app.localhost.ask import ask
from app.localhost.paths import HostPaths
from app.localhost.start import is_answering, start_daemon, stop_everything
from app.models import Role
from app.security.passwords import check_name, check_password, hash_password
from app.settings import SETTINGS, Settings
from app.store.database import Database
from app.store.disks import network_type
from app.store.users import Users


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    return _parser().parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command. Exit codes: 0 done, 1 not done, 2 wrong usage or configuration."""
    arguments = parse_arguments(argv)
    try:
        settings = Settings.from_env(os.environ, vars(arguments))
        return int(arguments.run(settings, arguments))
    except ConfigurationError as error:
        print(f"sitedeck: {error}", file=sys.stderr)
        return 2
    except SitedeckError as error:
        print(f"sitedeck: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    for name, (default, meaning) in SETTINGS.items():
        shown = f" (default {default})" if default else ""
        common.add_argument(
            f"--{name.replace('_', '-')}",
            metavar="VALUE",
            help=meaning + shown,
            default=argparse.SUPPRESS,
        )
    parser = argparse.ArgumentParser(
        prog="main.py",
        parents=[common],
        description="The dashboard for ASGI sites.",
        epilog="Each option can also be set by a variable: SITEDECK_DATA for --data and so on.",
    )
    parser.add_argument("--version", action="version", version=f"Sitedeck {__version__}")
    parser.set_defaults(run=_run_dashboard)
    commands = parser.add_subparsers(title="commands", metavar="")

    user = commands.add_parser("user", help="add, reset or list users").add_subparsers(
        required=True, metavar="add|reset|list"
    )
    add = user.add_parser("add", parents=[common], help="add a user")
    add.add_argument("--role", choices=[role.value for role in Role], default=Role.VIEWER.value)
    add.set_defaults(run=_add_user)
    reset = user.add_parser("reset", parents=[common], help="set a new password")
    reset.set_defaults(run=_reset_user)
    for command in (add, reset):
        command.add_argument("name")
        command.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )
    user.add_parser("list", parents=[common], help="list users").set_defaults(run=_list_users)

    host = commands.add_parser("host", help="start, stop or show the local host").add_subparsers(
        required=True, metavar="start|stop|status"
    )
    for name, run, text in (
        ("start", _start_host, "start the local host and its enabled sites"),
        ("stop", _stop_host, "end the local host and its sites"),
        ("status", _show_host, "list the local host's sites"),
    ):
        host.add_parser(name, parents=[common], help=text).set_defaults(run=run)
    return parser


def _run_dashboard(settings: Settings, arguments: argparse.Namespace) -> int:
    # FastHTML takes a quarter of a second to import; the other commands do without it.
    from app.serve import serve

    logging.basicConfig(level=logging.INFO, format="%(levelname)s: %(message)s", stream=sys.stderr)
    listening = open_listener(settings)
    database = open_database(settings)
    return serve(settings, database, listening)


def _add_user(settings: Settings, arguments: argparse.Namespace) -> int:
    name = check_name(arguments.name)
    password = _read_password(arguments, name)
    users = Users(open_database(settings))
    users.add(name, hash_password(password), Role(arguments.role))
    print(f"Added {name} as {arguments.role}.")
    return 0


def _reset_user(settings: Settings, arguments: argparse.Namespace) -> int:
    password = _read_password(arguments, arguments.name)
    users = Users(open_database(settings))
    if not users.set_password(arguments.name, hash_password(password)):
        names = ", ".join(user.name for user in users.all()) or "none yet"
        raise InvalidInput(f"There is no user called {arguments.name}. Users: {names}.")
    print(f"The password of {arguments.name} was changed and all sessions were ended.")
    return 0


def _list_users(settings: Settings, arguments: argparse.Namespace) -> int:
    for user in Users(open_database(settings)).all():
        print(f"{user.name}\t{user.role.value}")
    return 0


def _start_host(settings: Settings, arguments: argparse.Namespace) -> int:
    prepare_data(settings.data)
    paths = HostPaths(settings.data / "host")
    start_daemon(paths, str(settings.sites_listen))
    return _show_host(settings, arguments)


def _stop_host(settings: Settings, arguments: argparse.Namespace) -> int:
    was_running = stop_everything(HostPaths(settings.data / "host"), str(settings.sites_listen))
    ended = "The local host and its sites have ended."
    print(ended if was_running else "The local host does not run.")
    return 0


def _show_host(settings: Settings, arguments: argparse.Namespace) -> int:
    paths = HostPaths(settings.data / "host")
    try:
        info = ask(paths, "GET", "/api/host/")
        websites = ask(paths, "GET", "/api/v1/user/local/websites/")
    except HostUnavailable as error:
        print(error)
        return 1
    print(f"Local host {info['version']}, process {info['pid']}, sites at {info['sites_address']}")
    if info["sites_error"]:
        print(info["sites_error"])
    for website in websites:
        status = website["status"]
        print("\t".join([website["domain_name"], status["state"], status["reason"]]).rstrip())
    return 0


def prepare_data(folder: Path) -> None:
    """Makes the data folder, for its owner only. Raises ConfigurationError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ConfigurationError(
            f"The data folder {folder} cannot be written: {error.strerror}. Choose another with "
            "--data, or give this one to your user."
        ) from None


def open_database(settings: Settings) -> Database:
    """The database in the data folder, which is made if need be. Raises ConfigurationError."""
    prepare_data(settings.data)
    on_network = settings.network_disk
    if on_network is None and (kind := network_type(settings.data)):
        on_network = True
        print(
            f"sitedeck: the data folder {settings.data} is on network storage ({kind}): slower, "
            "and as safe as that storage's locks. Choose a folder of this machine with --data, or "
            "say --network-disk on if there is none.",
            file=sys.stderr,
        )
    return Database(settings.data / "sitedeck.db", on_network=on_network)


def open_listener(settings: Settings) -> socket.socket:
    """The bound socket of the dashboard. Raises ConfigurationError if it cannot be had."""
    listen = settings.listen
    try:
        if listen.unix_path:
            return _bind_unix(Path(listen.unix_path), settings.socket_mode)
        family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((listen.host, listen.port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigurationError(
                f"{listen} is already in use, perhaps by another Sitedeck. End that program, or "
                "choose another port with --listen 127.0.0.1:5002."
            ) from None
        raise ConfigurationError(f"Cannot listen on {listen}: {error.strerror}.") from None
    return listener


def _bind_unix(path: Path, mode: int) -> socket.socket:
    if path.exists() and stat.S_ISSOCK(path.stat().st_mode):
        if is_answering(path):
            raise OSError(errno.EADDRINUSE, "in use")
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    # The web server in front usually runs as another user.
    path.chmod(mode)
    return listener


def _read_password(arguments: argparse.Namespace, name: str) -> str:
    """From standard input or the terminal, never from an argument that others could see."""
    if arguments.password_stdin:
        password = sys.stdin.readline().rstrip("\n")
        again = password
    else:
        password, again = getpass("New password: "), getpass("Again: ")
    check_password(password, again, name)
    return password
