"""The private half of a public key, looked for exactly: whatever decodes to numbers that make that public key."""

import base64
import re
from collections.abc import Callable, Iterator
from itertools import islice

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey, derive_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from app.domain.people import ssh_key_pieces

LONGEST = 500
"""So much beside a public key is looked through: a name and a comment are shorter."""
_KEYS = 2
"""So many public keys of a text are compared: one is added, and the texts with more are refused."""
_ED25519_BYTES = 32
_LINE = 110
"""So long is what may be kept: a name."""
_LINES = 3
_MOST_SLOW = 450
"""So many scalars of the larger curves are tried of each line, and of all together: each takes a quarter of a
millisecond. A line that may be kept has fewer."""
_FAST_CURVE = "secp256r1"


def words_beside(text: str, name: str) -> tuple[str, list[str]]:
    """Return what stands beside the public keys in what was pasted, and those keys."""
    rest, comments, keys = ssh_key_pieces.parts_of(text)
    return "\n".join([rest, *comments, name]), keys


def gives_private(beside: str, keys: list[str]) -> bool:
    """Say whether the private half of one of the keys stands beside them: in Base64 or hex, with marks in it or not."""
    lines = [each for each in reversed(beside.split("\n")) if len(each) <= _LINE]
    texts = [_bytes_in(each) for each in dict.fromkeys([*lines[:_LINES], beside])]
    for each in keys[:_KEYS]:
        if (test := _test_of(each)) is None:
            continue
        size, most, is_its = test
        if any(is_its(part) for streams in texts for part in islice(_windows(streams, size), most)):
            return True
    return False


def _test_of(body: str) -> tuple[int, int | None, Callable[[bytes], bool]] | None:
    """Return how long a secret of the key is, how many may be tried, and what says that one is the secret."""
    match _read(body):
        case Ed25519PublicKey() as key:
            point = key.public_bytes_raw()
            return _ED25519_BYTES, None, lambda part: _ed25519_of(part) == point
        case EllipticCurvePublicKey() as key:
            numbers, curve = key.public_numbers(), key.curve
            most = None if curve.name == _FAST_CURVE else _MOST_SLOW
            return -(-curve.key_size // 8), most, lambda part: _is_scalar_of(part, key, numbers)
        case RSAPublicKey() as key:
            n = key.public_numbers().n
            return n.bit_length() // 16, None, lambda part: part[-1] & 1 == 1 and n % int.from_bytes(part) == 0
    return None


def _read(body: str) -> object:
    try:
        raw = base64.b64decode(body.replace("-", "+").replace("_", "/") + "==")
        kind = raw[4 : 4 + min(int.from_bytes(raw[:4]), 100)]
        return load_ssh_public_key(kind + b" " + base64.b64encode(raw))
    except (ValueError, UnsupportedAlgorithm, NotImplementedError):
        return None


def _ed25519_of(secret: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def _is_scalar_of(part: bytes, key: EllipticCurvePublicKey, numbers: object) -> bool:
    scalar = int.from_bytes(part)
    if not 0 < scalar >> 1 < 1 << key.curve.key_size - 1:
        return False
    try:
        return derive_private_key(scalar, key.curve).public_key().public_numbers() == numbers
    except ValueError:  # above the order of the curve
        return False


def _bytes_in(text: str) -> list[bytes]:
    """Return what the text decodes to with everything left out that is not of an alphabet, at each offset in it."""
    ours = [re.sub(rf"[^0-9A-Za-z{marks}]", "", text) for marks in ("+/", "_-", "+/_-")]
    hexes = re.sub(r"[^0-9A-Fa-f]", "", text)
    found = [bytes.fromhex(each[: len(each) // 2 * 2]) for each in (hexes, hexes[1:])]
    for each in dict.fromkeys(one.replace("-", "+").replace("_", "/") for one in ours):
        found += [base64.b64decode(_filled(each[offset:])) for offset in range(4)]
    return found


def _filled(text: str) -> str:
    return text + "A" * (-len(text) % 4)


def _windows(streams: list[bytes], size: int) -> Iterator[bytes]:
    for each in streams:
        for at in range(len(each) - size + 1):
            yield each[at : at + size]
