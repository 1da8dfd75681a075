"""API tokens at rest: AES-256-GCM, bound to the account and field they belong to.

A ciphertext moved to another account or field is refused, which Fernet could not do. The keys lie
in a file of their own, so a stolen database or backup alone opens nothing; somebody with the rights
of this user can read both.
"""

import base64
import binascii
import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.errors import ConfigurationError, SitedeckError
from app.models import Secret
from app.security.private_file import read_private, write_private

VERSION = "v1"
KEY_BYTES = 32
NONCE_BYTES = 12


class CannotDecrypt(SitedeckError):
    """The ciphertext is damaged, belongs elsewhere, or its key is missing."""


@dataclass(frozen=True, slots=True)
class Key:
    id: str
    value: bytes


class Vault:
    """Encrypts with the first of its keys and decrypts with all of them.

    A ciphertext reads `v1:<key id>:<base64 of nonce and sealed bytes>`.
    """

    def __init__(self, keys: list[Key]) -> None:
        self._keys = keys

    def encrypt(self, secret: Secret, account_id: str, field: str) -> str:
        key = self._keys[0]
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = AESGCM(key.value).encrypt(
            nonce, secret.reveal().encode(), _bound_to(account_id, field)
        )
        return f"{VERSION}:{key.id}:{base64.b64encode(nonce + sealed).decode()}"

    def decrypt(self, ciphertext: str, account_id: str, field: str) -> Secret:
        """Raises CannotDecrypt."""
        try:
            version, key_id, encoded = ciphertext.split(":")
            key = next(key for key in self._keys if key.id == key_id and version == VERSION)
            sealed = base64.b64decode(encoded, validate=True)
            opened = AESGCM(key.value).decrypt(
                sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound_to(account_id, field)
            )
            return Secret(opened.decode())
        except (ValueError, StopIteration, binascii.Error, InvalidTag):
            raise CannotDecrypt(
                "The stored token cannot be read with the keys of this installation. Replace it."
            ) from None


def load_vault(path: Path) -> Vault:
    """The keys in the file at `path`, made on first use. Raises ConfigurationError."""
    if not path.exists():
        write_private(path, _first_key())
    try:
        entries = json.loads(read_private(path))["keys"]
        keys = [
            Key(entry["id"], base64.b64decode(entry["key"], validate=True)) for entry in entries
        ]
    except (ValueError, KeyError, TypeError):
        keys = []
    if not keys or any(len(key.value) != KEY_BYTES for key in keys):
        raise ConfigurationError(f"{path} does not hold keys. Restore it from your backup of it.")
    return Vault(keys)


def _first_key() -> bytes:
    key = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    return json.dumps({"keys": [{"id": secrets.token_hex(4), "key": key}]}).encode()


def _bound_to(account_id: str, field: str) -> bytes:
    return json.dumps([account_id, field]).encode()
