"""Tokens at rest: bound to their account and field, unreadable without the key file."""

import copy
import json
import logging
import pickle
import stat
from pathlib import Path

import pytest

from app.errors import ConfigurationError
from app.models import Secret
from app.security.vault import CannotDecrypt, Vault, load_vault

TOKEN = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return load_vault(tmp_path / "keys.json")


def test_a_token_comes_back_only_for_its_account_and_field(vault: Vault) -> None:
    sealed = vault.encrypt(Secret(TOKEN), "acme", "token")
    assert TOKEN not in sealed
    assert vault.decrypt(sealed, "acme", "token").reveal() == TOKEN
    for account, field in (("demo", "token"), ("acme", "other"), ("acmetoken", "")):
        with pytest.raises(CannotDecrypt):
            vault.decrypt(sealed, account, field)


def test_a_cut_or_changed_ciphertext_is_refused(vault: Vault) -> None:
    sealed = vault.encrypt(Secret(TOKEN), "acme", "token")
    for damaged in (sealed[:-4], sealed[:-5] + "AAAA=", "", "v2" + sealed[2:], "v1:x:y", "::"):
        with pytest.raises(CannotDecrypt, match="Replace it"):
            vault.decrypt(damaged, "acme", "token")


def test_the_same_token_is_sealed_differently_each_time(vault: Vault) -> None:
    sealed = {vault.encrypt(Secret(TOKEN), "acme", "token") for _ in range(10)}
    assert len(sealed) == 10


def test_the_key_file_is_private_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    sealed = load_vault(path).encrypt(Secret(TOKEN), "acme", "token")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_vault(path).decrypt(sealed, "acme", "token").reveal() == TOKEN
    with pytest.raises(CannotDecrypt):
        load_vault(tmp_path / "other.json").decrypt(sealed, "acme", "token")


def test_a_new_first_key_encrypts_and_the_old_one_still_decrypts(tmp_path: Path) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    sealed = load_vault(old).encrypt(Secret(TOKEN), "acme", "token")
    load_vault(new)
    keys = json.loads(new.read_text())["keys"] + json.loads(old.read_text())["keys"]
    new.write_text(json.dumps({"keys": keys}))
    both = load_vault(new)
    assert both.decrypt(sealed, "acme", "token").reveal() == TOKEN
    assert both.encrypt(Secret(TOKEN), "acme", "token").split(":")[1] == keys[0]["id"]


@pytest.mark.parametrize("content", ["", "{}", '{"keys": []}', '{"keys": [{"id": "a"}]}', "[]"])
def test_a_damaged_key_file_is_refused_and_kept(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    load_vault(path)
    path.write_text(content)
    with pytest.raises(ConfigurationError, match="does not hold keys"):
        load_vault(path)
    assert path.read_text() == content


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    load_vault(path)
    path.chmod(0o640)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        load_vault(path)


def test_a_secret_shows_itself_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(TOKEN)
    logging.getLogger("test").error("%s %r %s", secret, [secret], {"token": secret})
    shown = f"{secret} {secret!r} {secret:>50}" + caplog.text + str((secret,))
    assert TOKEN not in shown and "***" in shown
    for take in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError):
            take(secret)
