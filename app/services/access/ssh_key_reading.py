"""What is in the text of an SSH key: read by `cryptography`, and named as `ssh-keygen -l` names it."""

import base64
import binascii
import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass

from app.domain.errors import Refused
from app.domain.people import ssh_key_pieces, ssh_keys, weak_keys

_ED25519_BITS = 256
_ARMOURED = re.compile(r"(-----BEGIN [^-\n]{1,60}-----)([0-9A-Za-z+/=\s]*)(?=-----END )")


@dataclass(frozen=True)
class Read:
    """A public key that can be used: as one line without a comment, and what is said of it."""

    kind: str
    bits: int
    fingerprint: str
    """Such as `SHA256:pbWoR/b8NlCBIy+vbAvR31OHG/X1HoQBbH8e4GnXhC8`."""
    public_key: str
    line: ssh_keys.Line


def read(text: str, name: str = "") -> Read:
    """Return the one public key in the text, or refuse (422): a private one above all, also in the name."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_public_key

    refuse_private(text, name)
    line = ssh_keys.line_of(ssh_keys.as_pasted(text))
    try:
        blob = base64.b64decode(line.body, validate=True)
        key = load_ssh_public_key(f"{line.kind} {line.body}".encode())
    except (ValueError, UnsupportedAlgorithm, binascii.Error, NotImplementedError):  # the last: points of other forms
        raise ssh_keys.broken() from None
    bits = _bits(key)
    if _is_weak(key):
        raise ssh_keys.weak()
    ssh_keys.check_bits(line.kind, bits)
    public_key = f"{line.kind} {base64.b64encode(blob).decode()}"
    if not line.kind.startswith("sk-"):  # cryptography writes no keys of hardware; theirs have one form only
        written = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
        if written != public_key:
            raise ssh_keys.broken()
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return Read(line.kind, bits, f"SHA256:{digest}", public_key, line)


def refuse_private(text: str, name: str = "", *, with_comments: bool = False) -> None:
    """Refuse (422) a private key and what may be a part of one, also as the name, and what is too long to look into.

    The comment of a public key is not refused: it is not taken where it may be a part of a secret. No page shows it
    again then, so a page asks `with_comments` before it does.
    """
    refuse_private_name(name)
    _refuse_too_long(text)
    text = ssh_keys.as_pasted(text)
    if is_private(text):
        raise ssh_keys.private()
    text = _without_armoured(text)
    beside, in_comment = ssh_key_pieces.found_in(text)
    if beside:
        raise ssh_keys.mistake(text) or ssh_keys.part_of_private()
    if with_comments and in_comment:
        raise ssh_keys.comment_not_shown()


def refuse_private_name(name: str) -> None:
    """Refuse (422) a name that may be a part of a private key."""
    _refuse_too_long(name)
    if ssh_key_pieces.may_be_secret(name):
        raise ssh_keys.secret_name()


def without_secret_comment(text: str) -> str:
    """Return the text as it is, or its one key where a comment may be a part of a secret: without that."""
    try:
        refuse_private(text, with_comments=True)
        return text
    except Refused:
        pasted = ssh_keys.as_pasted(text)
    try:
        line = ssh_keys.line_of(pasted)
    except Refused:  # several keys, or none: nothing of it is shown again
        return ""
    return f"{line.kind} {line.body} {'' if _is_secret(line) else line.comment}".strip()


def leaves_comment(text: str) -> bool:
    """Say whether the comment of the one key in the text may be a part of a secret, so that it is not the name."""
    try:
        return _is_secret(ssh_keys.line_of(ssh_keys.as_pasted(text)))
    except Refused:
        return False


def _is_secret(line: ssh_keys.Line) -> bool:
    return ssh_key_pieces.may_be_secret(line.comment)


def _refuse_too_long(text: str) -> None:
    if len(text) > ssh_keys.LONGEST_TEXT:  # it may hold a private key: it is treated as one, and not shown again
        raise ssh_keys.too_long(ssh_keys.PRIVATE)


def is_private(text: str) -> bool:
    """Say whether the text is a private key: by what stands in it or in its Base64, or as it can be read as one."""
    return ssh_keys.is_private(text) or _is_der(text) or ssh_keys.is_private(_within(text))


def _without_armoured(text: str) -> str:
    """Leave out what stands between BEGIN and END where it is a public key or a certificate: no label hides more."""
    return _ARMOURED.sub(lambda found: f"{found[1]}\n" if _is_public_der(found[2]) else found[0], text)


def _is_public_der(text: str) -> bool:
    try:
        raw = base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        return False
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_public_key
    from cryptography.x509 import load_der_x509_certificate

    for load in (load_der_public_key, load_der_x509_certificate):
        with suppress(ValueError, UnsupportedAlgorithm):
            load(raw)
            return True
    return False


def _within(text: str) -> str:
    """Return what the text is the Base64 of, also where its end is missing; nothing where it is none."""
    joined = _in_one_alphabet(text).rstrip("=")
    try:
        return base64.b64decode(joined[: len(joined) // 4 * 4], validate=True).decode("latin-1")
    except ValueError:
        return ""


def _in_one_alphabet(text: str) -> str:
    return "".join(text.split()).replace("-", "+").replace("_", "/")


def _is_der(text: str) -> bool:
    """Say whether the text is the Base64 of a private key without its first and last lines."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    try:
        load_der_private_key(base64.b64decode(_in_one_alphabet(text), validate=True), password=None)
    except TypeError:  # it is one, under a password
        return True
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True


def _is_weak(key: object) -> bool:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    match key:
        case RSAPublicKey():
            return weak_keys.is_weak_modulus(key.public_numbers().n)
        case Ed25519PublicKey():
            return weak_keys.is_weak_point(key.public_bytes_raw())
    return False


def _bits(key: object) -> int:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    match key:
        case RSAPublicKey() | EllipticCurvePublicKey():
            return key.key_size
        case Ed25519PublicKey():
            return _ED25519_BITS
        case _:
            raise ssh_keys.broken()
