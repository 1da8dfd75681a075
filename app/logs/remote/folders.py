"""Log folders of remote accounts that lie on this machine: where the dashboard is itself a site."""

import logging
import os
from collections.abc import Mapping
from pathlib import Path

from app.errors import InvalidInput
from app.models import Account, LogKind, LogName, parse_domain

_log = logging.getLogger(__name__)


class LogFolders:
    """`folders` holds them by user name and API host, as the server's configuration names them.

    Looked at once: a folder without a single log that can be read is none. A host may keep its
    logs from the machine that a site runs on, and empty logs would say that all is well.
    """

    def __init__(self, folders: Mapping[tuple[str, str], Path]) -> None:
        self._folders = {name: folder for name, folder in folders.items() if _holds_logs(folder)}
        for (username, api_host), folder in folders.items():
            if (username, api_host) not in self._folders:
                _log.warning(
                    "%s holds no site's log that can be read, so the logs of %s at %s are "
                    "fetched through the API.",
                    folder,
                    username,
                    api_host,
                )

    def of(self, account: Account) -> Path | None:
        return self._folders.get((account.username, account.api_host))


def _holds_logs(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(
                entry.is_file() and _is_live_log(entry.name) and os.access(entry.path, os.R_OK)
                for entry in entries
            )
    except OSError:
        return False


def _is_live_log(file_name: str) -> bool:
    """Whether this is `DOMAIN.error.log` or that of another kind."""
    for kind in LogKind:
        domain = file_name.removesuffix(LogName(kind).file_name(""))
        if domain != file_name:
            try:
                return parse_domain(domain) == domain
            except InvalidInput:
                return False
    return False
