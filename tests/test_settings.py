"""Settings: flags before variables before defaults, and refusals that say what to do."""

from pathlib import Path

import pytest

from app.errors import ConfigurationError
from app.settings import Listen, Settings


def test_the_defaults_are_safe_and_local() -> None:
    settings = Settings.from_env({}, {})
    assert settings.listen == Listen("127.0.0.1", 5001)
    assert settings.local_host
    assert settings.data == Path("data").absolute()
    assert settings.allowed_hosts == {"localhost", "127.0.0.1", "::1"}


def test_a_flag_wins_over_a_variable() -> None:
    settings = Settings.from_env({"SITEDECK_LISTEN": "127.0.0.1:1"}, {"listen": "127.0.0.1:2"})
    assert settings.listen.port == 2


def test_another_address_needs_a_public_origin_and_has_no_local_host() -> None:
    with pytest.raises(ConfigurationError, match="--public-origin"):
        Settings.from_env({"SITEDECK_LISTEN": "0.0.0.0:80"}, {})
    settings = Settings.from_env(
        {"SITEDECK_LISTEN": "0.0.0.0:80", "SITEDECK_PUBLIC_ORIGIN": "https://deck.example.org/"}, {}
    )
    assert settings.public_origin == "https://deck.example.org"
    assert settings.allowed_hosts == {"deck.example.org"}
    assert settings.is_https
    assert not settings.local_host


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("listen", "5001", "HOST:PORT"),
        ("listen", "127.0.0.1:99999", "HOST:PORT"),
        ("public_origin", "deck.example.org", "https://deck.example.org"),
        ("local_host", "maybe", "neither on nor off"),
        ("network_disk", "nfs", "neither on nor off"),
        ("socket_mode", "777", "none of 600"),
        ("streams", "0", "from 1"),
        ("sites_listen", "8800", "--sites-listen"),
        ("sites_listen", "0.0.0.0:8800", "loopback"),
        ("api_hosts", "test=http://api.example.org", "readable on its way"),
        ("api_hosts", "test=https://user:word@api.example.org", "--api-hosts, test: An API"),
        ("api_hosts", "test=https://api.example.org?query", "looks like https://host.name"),
        ("api_hosts", "test=https://[::1", "looks like https://host.name"),
        ("api_hosts", "https://api.example.org", "NAME=https://host"),
        ("own_logs", "/var/log", "is not USER@HOST=/FOLDER"),
        ("own_logs", "alice=/tmp", "is not USER@HOST=/FOLDER"),
        ("own_logs", "alice@mars=/tmp", "Hosts: us, eu"),
        ("own_logs", "alice@us=tmp", "is not USER@HOST=/FOLDER"),
        ("own_logs", "alice@us=/no/such/folder", "there is no folder"),
        ("name_server", "resolver.example.org:53", "is not IP:PORT"),
        ("name_server", "unix:/run/dns", "is not IP:PORT"),
        ("ca_file", "/no/such/file", "there is no file"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Settings.from_env({}, {name: value})


def test_the_entries_of_a_list_may_be_apart() -> None:
    settings = Settings.from_env({"SITEDECK_TRUSTED_PROXY": "10.0.0.1, 10.0.0.2,"}, {})
    assert settings.trusted_proxies == {"10.0.0.1", "10.0.0.2"}


def test_an_api_on_this_machine_needs_no_tls() -> None:
    settings = Settings.from_env({"SITEDECK_API_HOSTS": "Lab=http://127.0.0.2:8000/, "}, {})
    assert settings.api_hosts["lab"] == "http://127.0.0.2:8000"


def test_a_public_dashboard_runs_commands_only_if_told_to() -> None:
    public = {"public_origin": "https://deck.example.org"}
    assert not Settings.from_env({}, public).local_host
    assert Settings.from_env({}, public | {"local_host": "on"}).local_host


def test_a_unix_socket_counts_as_local() -> None:
    settings = Settings.from_env({}, {"listen": "unix:/run/deck.sock"})
    assert settings.listen.unix_path == "/run/deck.sock"
    assert settings.listen.is_loopback


def test_a_dashboard_on_a_socket_may_be_a_site_unless_it_runs_sites_itself() -> None:
    behind = {"listen": "unix:/run/deck.sock", "public_origin": "https://deck.example.org"}
    assert Settings.from_env({}, behind).may_be_site
    assert not Settings.from_env({}, behind | {"local_host": "on"}).may_be_site
    assert not Settings.from_env({}, behind | {"listen": "127.0.0.1:5001"}).may_be_site


def test_network_storage_is_looked_for_unless_it_is_told() -> None:
    assert Settings.from_env({}, {}).network_disk is None
    assert Settings.from_env({}, {"network_disk": "on"}).network_disk is True
    assert Settings.from_env({}, {"network_disk": "off"}).network_disk is False


def test_log_folders_belong_to_accounts(tmp_path: Path) -> None:
    text = f"alice@us={tmp_path}, bob@lab={tmp_path}"
    settings = Settings.from_env({}, {"own_logs": text, "api_hosts": "lab=https://api.lab.example"})
    assert settings.own_logs == {("alice", "us"): tmp_path, ("bob", "lab"): tmp_path}


def test_a_name_server_may_be_named() -> None:
    assert Settings.from_env({}, {}).name_server is None
    settings = Settings.from_env({"SITEDECK_NAME_SERVER": "[::1]:5353"}, {})
    assert settings.name_server == Listen("::1", 5353)


def test_ipv6_addresses_are_understood() -> None:
    assert Settings.from_env({}, {"listen": "[::1]:5001"}).listen.origin == "http://[::1]:5001"


def test_further_api_addresses_come_from_the_server_alone() -> None:
    hosts = Settings.from_env(
        {"SITEDECK_API_HOSTS": "lab=https://api.lab.example,x=http://127.0.0.1:9"}, {}
    ).api_hosts
    assert hosts["lab"] == "https://api.lab.example"
    assert hosts["x"] == "http://127.0.0.1:9"
    assert set(hosts) == {"us", "eu", "lab", "x"}
