"""The commands in the documentation are ones that work."""

import re
import shlex
from pathlib import Path

from app.cli import parse_arguments
from app.hosting.commands import check_command
from app.localhost.command import split_command
from app.settings import Settings
from tests.process import ROOT

SOCKET = "/var/sockets/deck-YOU.pythonanywhere.com/app.sock"


def code_lines(page: str) -> list[str]:
    """The lines of its code blocks, continued ones joined."""
    text = (ROOT / "docs" / page).read_text().replace("\\\n", " ")
    return re.findall(r"^ {4,}(\S.*)$", text, re.MULTILINE)


def command_of_the_site() -> str:
    (command,) = [line for line in code_lines("pythonanywhere.md") if "${DOMAIN_SOCKET}" in line]
    return command


def test_the_command_for_pythonanywhere_passes_the_check_of_the_create_form() -> None:
    assert check_command(command_of_the_site()) == command_of_the_site()


def test_the_command_for_pythonanywhere_configures_what_the_page_says() -> None:
    program, script, *arguments = split_command(command_of_the_site(), {"DOMAIN_SOCKET": SOCKET})
    assert (program, script) == (
        "/home/YOU/sitedeck/.venv/bin/python",
        "/home/YOU/sitedeck/main.py",
    )
    settings = Settings.from_env({}, vars(parse_arguments(arguments)))
    assert settings.listen.unix_path == SOCKET
    assert settings.is_https and settings.trusted_proxies == {"unix"}
    assert settings.allowed_hosts >= {"deck-YOU.pythonanywhere.com".lower()}
    assert settings.data == Path("/home/YOU/sitedeck-data")
    assert settings.network_disk is True and settings.socket_mode == 0o666
    assert settings.own_logs == {("YOU", "us"): Path("/var/log")}
    assert not settings.local_host and settings.may_be_site


def test_the_administrator_of_the_page_is_added_to_the_same_data_folder() -> None:
    (line,) = [line for line in code_lines("pythonanywhere.md") if "user add" in line]
    _, _, *arguments = shlex.split(line.replace("~/", "/home/YOU/"))
    settings = Settings.from_env({}, vars(parse_arguments(arguments)))
    assert settings.data == Path("/home/YOU/sitedeck-data")
    assert settings.network_disk is True
