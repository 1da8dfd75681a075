"""Where tokens may be sent to, and that nobody else can listen."""

import subprocess
from pathlib import Path

import pytest

from app.errors import ConfigurationError, HostUnavailable
from app.hosting.client import HostingClient
from app.models import check_address
from app.settings import API_HOSTS
from tests.fakes.pythonanywhere import TOKEN, fake_pythonanywhere
from tests.hosting.conftest import REMOTE, client_of


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    files = folder / "certificate.pem", folder / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    paths = ["-out", str(files[0]), "-keyout", str(files[1])]
    subprocess.run([*command, *subject, *paths], check=True, capture_output=True)
    return files


@pytest.mark.anyio
async def test_tls_is_verified_and_a_private_authority_can_be_added(
    certificate: tuple[Path, Path],
) -> None:
    with fake_pythonanywhere(certificate) as fake:
        async with client_of(fake.address) as client:
            with pytest.raises(HostUnavailable, match="certificate"):
                await client.list_sites()
        assert fake.calls == []
        async with client_of(fake.address, ca_file=certificate[0]) as client:
            assert await client.list_sites() == []


def test_a_broken_ca_file_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "ca.pem"
    for text in (None, "no certificate"):
        if text is not None:
            broken.write_text(text)
        with pytest.raises(ConfigurationError, match=r"ca\.pem"):
            HostingClient.remote(REMOTE, API_HOSTS["us"], lambda: TOKEN, broken)


@pytest.mark.parametrize(
    "address",
    [*API_HOSTS.values(), "https://api.example.org:8443", "http://127.0.0.1:80", "http://[::1]:80"],
)
def test_an_address_over_tls_or_on_this_machine_is_taken(address: str) -> None:
    assert check_address(f"{address}/") == address


@pytest.mark.parametrize(
    "address",
    [
        "http://www.pythonanywhere.com",
        "http://127.0.0.1.example.org",
        "https://",
        "https://user:word@example.org",
        "https://example.org/path",
        "https://example.org?query",
        "ftp://example.org",
        "https://example.org:port",
        "example.org",
    ],
)
def test_any_other_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError):
        check_address(address)
