"""Templates at work: the file to start from, run by the filled command, shows a page."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.hosting.templates import fill_in, find_template
from app.localhost.ask import ask
from app.localhost.paths import HostPaths
from tests.support import eventually, get_from_site, local_host


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[HostPaths, str]]:
    data = tmp_path_factory.mktemp("host")
    with local_host(data) as address:
        yield HostPaths(data / "host"), address


# The others need packages that are no part of the tests.
@pytest.mark.parametrize("template_id", ["fasthtml", "starlette", "own"])
def test_the_starter_file_shows_a_page_with_the_filled_command(
    template_id: str, host: tuple[HostPaths, str], tmp_path: Path
) -> None:
    paths, address = host
    template = find_template(template_id)
    assert template is not None
    folder = tmp_path / "my site"
    folder.mkdir()
    (folder / template.starter_file).write_text(template.starter)
    command = fill_in(template, str(Path(sys.executable).parent.parent), str(folder), "")
    domain = f"{template_id}.localhost"
    website = {"domain_name": domain, "enabled": True, "webapp": {"command": command}}
    ask(paths, "POST", "/api/v1/user/local/websites/", website)
    eventually(lambda: get_from_site(address, domain)[0] == 200, f"{domain} answers", 30)
    assert "Hello" in get_from_site(address, domain)[1]
