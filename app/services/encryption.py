"""Secrets that must be read again are encrypted: with AES-GCM, under a key made from SECRET_KEY, which no table has.

The row's id is authenticated with the secret: moved to another row it cannot be decrypted.
"""

import base64
import os
from functools import lru_cache
from typing import TYPE_CHECKING

from app.extensions import settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = "s1."
_NONCE = 12


class CannotDecrypt(Exception):
    """It was encrypted under another SECRET_KEY, for another row, or it was changed."""


def encrypt(secret: str, owner: str) -> str:
    """Return the secret, encrypted for the row with this id."""
    nonce = os.urandom(_NONCE)
    return _VERSION + base64.b64encode(nonce + _cipher().encrypt(nonce, secret.encode(), owner.encode())).decode()


def decrypt(text: str, owner: str) -> str:
    """Return the secret that was encrypted for this row, or raise `CannotDecrypt`."""
    from cryptography.exceptions import InvalidTag  # few requests need a secret

    try:
        whole = base64.b64decode(text.removeprefix(_VERSION), validate=True)
        return _cipher().decrypt(whole[:_NONCE], whole[_NONCE:], owner.encode()).decode()
    except (InvalidTag, ValueError):
        raise CannotDecrypt from None


def _cipher() -> "AESGCM":
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(_key(settings().secret_key))


@lru_cache(maxsize=4)
def _key(secret_key: str) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), 32, salt=None, info=b"purser: sealed secrets").derive(secret_key.encode())
