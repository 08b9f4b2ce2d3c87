"""SSH keys that are cut off: what stands behind the first white space is of no public key, unless it is whole."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from app.domain.errors import Refused
from app.domain.people import ssh_key_pieces, ssh_keys, weak_keys
from app.services.access import ssh_key_reading
from tests.support.ssh_keys import DSA, OTHER, SAID, blob

P256 = ec.derive_private_key(0x7A1F << 230 | 0x2B3C5D << 100 | 0x19E7, ec.SECP256R1())
P521 = ec.derive_private_key(0x1F3 << 500 | 0x5A6B7C << 300 | 0x2D4E, ec.SECP521R1())
ED = ed25519.Ed25519PrivateKey.from_private_bytes(
    bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
)
WIDE = rsa.generate_private_key(65537, 2048)
FILE = WIDE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode().splitlines()
Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def of(key: Key) -> tuple[str, str]:
    """Return the type and the Base64 of the public key."""
    kind, body = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode().split()
    return kind, body


def scalar(key: ec.EllipticCurvePrivateKey) -> str:
    drawn = bytes((each * 37 + 11) % 256 for each in range(32))
    size = -(-key.key_size // 8)
    secret = (drawn * 3)[:size]
    return base64.b64encode(b"\1" + secret[1:] if size == 66 else secret).decode()


SEED = base64.b64encode(ED.private_bytes_raw()).decode()
MIDDLE = "\n".join(FILE[8:13])
CUT = {
    "P-256 at 100": (of(P256), 100, scalar(P256)),
    "P-256 at 96": (of(P256), 96, scalar(P256)),
    "P-256 at 97 without =": (of(P256), 97, scalar(P256).rstrip("=")),
    "P-521 at 150": (of(P521), 150, scalar(P521)),
    "RSA and lines of its file": (of(WIDE), 64, MIDDLE),
    "ed25519 at 25": (of(ED), 25, SEED),
    "ed25519 at 25 without =": (of(ED), 25, SEED.rstrip("=")),
    "ed25519 at 40": (of(ED), 40, SEED),
}


@pytest.mark.parametrize(("key", "at", "secret"), CUT.values(), ids=CUT)
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\n\n  ", "\n> ", "\\\n"])
def test_a_cut_key_hides_no_secret_below_it(key: tuple[str, str], at: int, secret: str, ends: str) -> None:
    kind, body = key
    for text in (
        f"{kind} {body[:at]}{ends}{secret}",
        f"{kind} {body[:40]}\n{body[40:at]}{ends}{secret}",
        f"{kind} {body[:at]}{ends}{secret}\nnora@laptop",
        f"{kind} {body[:at]}{ends}{secret}\n{OTHER}",
    ):
        with pytest.raises(Refused) as refused:
            ssh_key_reading.refuse_private(text)
        assert refused.value.sentence == ssh_keys.part_of_private().sentence
        assert ssh_key_reading.without_secret_comment(text) == ""


@pytest.mark.parametrize(("key", "at", "secret"), CUT.values(), ids=CUT)
def test_a_cut_key_hides_no_secret_beside_it(key: tuple[str, str], at: int, secret: str) -> None:
    text = f"{key[0]} {key[1][:at]} {' '.join(secret.split())}"
    with pytest.raises(Refused):
        ssh_key_reading.refuse_private(text, with_comments=True)
    assert secret[:20] not in ssh_key_reading.without_secret_comment(text)


def test_a_cut_key_hides_no_secret_that_is_written_onto_it() -> None:
    for (kind, body), at, secret in (CUT["P-256 at 100"], CUT["ed25519 at 40"]):
        with pytest.raises(Refused):
            ssh_key_reading.refuse_private(f"{kind} {body[:at]}{secret}")


@pytest.mark.parametrize("key", [of(P256), of(P521), of(WIDE), *(tuple(each.split()[:2]) for each in SAID)])
@pytest.mark.parametrize("width", [64, 70, 76, 20])
def test_a_whole_key_in_lines_is_public(key: tuple[str, str], width: int) -> None:
    kind, body = key
    wrapped = "\n".join(body[at : at + width] for at in range(0, len(body), width))
    is_short = kind == "ssh-ed25519" and width == 20
    assert ssh_key_pieces.may_be_private(f"{kind} {wrapped} nora@laptop") is is_short
    assert ssh_key_pieces.may_be_private(f"{kind} {wrapped}\nnora@laptop") is is_short
    if not is_short and len(body) % width:
        assert ssh_key_pieces.may_be_private(f"{kind} {wrapped.rstrip('=')}{SEED}"), "something is left over"


def test_a_whole_key_is_one_whose_numbers_are_those_of_a_key() -> None:
    for line in (of(ED), of(P256), of(P521), of(WIDE), *(each.split()[:2] for each in SAID)):
        raw = base64.b64decode(line[1])
        assert weak_keys.is_whole(raw)
        assert not weak_keys.is_whole(raw[:-1]) and not weak_keys.is_whole(raw + b"\0")
    near = bytearray(base64.b64decode(of(P256)[1]))
    near[-1] ^= 1
    for raw in (
        bytes(near),
        b"",
        b"\xff\xff\xff\xff",
        *(
            base64.b64decode(each.split()[1])
            for each in (
                blob("ecdsa-sha2-nistp256", b"nistp384", b"\4" + bytes(64)),
                blob("ecdsa-sha2-nistp256", b"nistp256", b""),
                blob("ssh-rsa", b"\1\0\1", b"\0" + (2**2048 - 1).to_bytes(256)),
                blob("ssh-rsa", b"\1\0\1", b""),
                blob("ssh-ed25519", b"\2" + bytes(31)),
                DSA,
            )
        ),
    ):
        assert not weak_keys.is_whole(raw)
