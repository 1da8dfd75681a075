"""What the owner asked for, one JSON file per site, written so that a crash leaves old or new."""

import json
import logging
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from types import UnionType

from app.errors import InvalidInput
from app.localhost.command import split_command
from app.localhost.paths import MAX_DOMAIN, HostPaths
from app.models import parse_domain

MAX_FOLDER = 4096
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SiteSpec:
    """One site as its owner set it.

    `working_directory` "" means the home folder. `generation` counts starts asked for;
    `reloaded_at` is the Unix time of the last reload.
    """

    id: int
    domain_name: str
    command: str
    enabled: bool = True
    working_directory: str = ""
    generation: int = 0
    reloaded_at: float | None = None


_TYPES: dict[str, type | UnionType] = {
    "id": int,
    "domain_name": str,
    "command": str,
    "enabled": bool,
    "working_directory": str,
    "generation": int,
    "reloaded_at": float | None,
}


class SpecStore:
    """Reads and writes the specs below `paths.sites`."""

    def __init__(self, paths: HostPaths) -> None:
        self._paths = paths

    def load_all(self) -> list[SiteSpec]:
        """Every readable spec, by id. One that is damaged is left alone and logged."""
        specs = []
        for path in self._paths.sites.glob("*.json"):
            try:
                specs.append(_parse(path))
            except (OSError, ValueError, KeyError, TypeError, InvalidInput) as error:
                logger.error("%s is not a site this version can read: %s", path.name, error)
        return sorted(specs, key=lambda spec: spec.id)

    def domains(self) -> set[str]:
        """Every domain that has a spec, a damaged one too."""
        return {path.stem for path in self._paths.sites.glob("*.json")}

    def save(self, spec: SiteSpec) -> None:
        """Replace the site's file. Raises OSError."""
        path = self._paths.spec_file(spec.domain_name)
        unfinished = path.with_suffix(".new")
        with open(unfinished, "w", encoding="utf-8") as file:
            json.dump(asdict(spec), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
        self._sync_folder()

    def delete(self, domain: str) -> None:
        self._paths.spec_file(domain).unlink(missing_ok=True)
        self._sync_folder()

    def _sync_folder(self) -> None:
        folder = os.open(self._paths.sites, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def check_domain(text: str) -> str:
    """The domain in lower case. Raises InvalidInput for names the local host cannot have."""
    domain = parse_domain(text)
    if len(domain) > MAX_DOMAIN:
        raise InvalidInput(
            f"The local host takes names of at most {MAX_DOMAIN} characters.", "domain_name"
        )
    return domain


def check_command(command: str) -> str:
    """The command, if it can be split. Raises InvalidInput."""
    split_command(command, {"DOMAIN_SOCKET": "/socket", "HOME": "/home"})
    return command


def check_folder(text: str) -> str:
    """A working folder: empty for the home folder, else a whole path. Raises InvalidInput."""
    if text and (not text.startswith("/") or len(text) > MAX_FOLDER or not text.isprintable()):
        raise InvalidInput(
            "Type the whole path of the folder, beginning with /, or leave it empty for the "
            "home folder.",
            "working_directory",
        )
    return text


def check_folder_exists(folder: str) -> str:
    """Apart from `check_folder`, because a site is kept when its folder goes.

    Raises InvalidInput for a folder that no program can be started in.
    """
    if folder and not (os.path.isdir(folder) and os.access(folder, os.X_OK)):
        raise InvalidInput(
            f"There is no folder {folder} on this machine that Sitedeck may open. Make it first, "
            "or leave this empty for the home folder.",
            "working_directory",
        )
    return folder


def _parse(path: Path) -> SiteSpec:
    """Fields of a later version are ignored."""
    content = json.loads(path.read_bytes())
    spec = SiteSpec(**{name: content[name] for name in _TYPES if name in content})
    for name, kind in _TYPES.items():
        if not isinstance(getattr(spec, name), kind):
            raise ValueError(f"its {name} is of the wrong kind")
    if check_domain(spec.domain_name) != path.stem:
        raise ValueError("its content does not belong to its name")
    check_folder(spec.working_directory)
    return spec
