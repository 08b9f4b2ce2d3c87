"""SSH keys between BEGIN and END: only what is a public key whole is left out, and all else may be a secret."""

import base64
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat, PublicFormat

from app.domain.errors import Refused
from app.services.access import ssh_key_reading
from tests.support.ssh_keys import ED25519, PRIVATE_OPENSSH, RSA

SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
KEY = ed25519.Ed25519PrivateKey.from_private_bytes(SEED)
UNDER_A_PASSWORD = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"harbour")).decode()
MATERIAL = "\n".join(UNDER_A_PASSWORD.splitlines()[1:-1])
OPENSSH = PRIVATE_OPENSSH.splitlines()
IN_BASE64 = base64.b64encode(SEED).decode()
JOINER, FULL_WIDTH = "\N{ZERO WIDTH JOINER}", str.maketrans({each: chr(ord(each) + 0xFEE0) for each in "PRIVATEKY"})


def armoured(label: str, material: str, end: str = "") -> str:
    return f"-----BEGIN {label}-----\n{material}\n-----END {end or label}-----\n"


HIDDEN = {
    "a head of two lines": armoured("ENCRYPTED PRIVATE\nKEY", MATERIAL, "ENCRYPTED PRIVATE\nKEY"),
    "a seed called public": armoured("PUBLIC KEY", IN_BASE64),
    "a seed called a public key of RSA": armoured("RSA PUBLIC KEY", IN_BASE64),
    "two spaces": armoured("ENCRYPTED PRIVATE  KEY", MATERIAL),
    "a tab": armoured("ENCRYPTED PRIVATE\tKEY", MATERIAL),
    "a joiner of no width": armoured(f"ENCRYPTED PRI{JOINER}VATE KEY", MATERIAL),
    "letters of full width": armoured("ENCRYPTED PRIVATE KEY".translate(FULL_WIDTH), MATERIAL),
    "a label without the word": armoured("OPENSSH KEY", "\n".join(OPENSSH[-4:-1])),
    "one line": f"-----BEGIN OPENSSH KEY----- {' '.join(OPENSSH[-4:-1])} -----END OPENSSH KEY-----",
    "two marks and words": f"--BEGIN my key\n{MATERIAL}\n",
    "no end": f"-----BEGIN PUBLIC KEY-----\n{IN_BASE64}\n",
    "as SSH2": f"---- BEGIN SSH2 PUBLIC KEY ----\nComment: laptop\n{IN_BASE64}\n---- END SSH2 PUBLIC KEY ----\n",
    "below a good key": f"{ED25519}\n{armoured('PUBLIC KEY', IN_BASE64)}",
}
PUBLIC = [
    KEY.public_key(),
    ec.derive_private_key(7, ec.SECP521R1()).public_key(),
    dsa.generate_parameters(1024).generate_private_key().public_key(),
]
NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "northwind.example")])
CERTIFICATE = (
    x509.CertificateBuilder(
        NAME, NAME, KEY.public_key(), 18, datetime(2026, 11, 30, tzinfo=UTC), datetime(2027, 11, 30, tzinfo=UTC)
    )
    .sign(KEY, None)
    .public_bytes(Encoding.PEM)
    .decode()
)
WIDE = rsa.generate_private_key(65537, 2048).public_key()


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN)
@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["lines", "lines of Windows"])
def test_no_armour_hides_a_secret(text: str, ends: str) -> None:
    with pytest.raises(Refused) as refused:
        ssh_key_reading.refuse_private(text.replace("\n", ends))
    assert refused.value.reason == "private_key"


@pytest.mark.parametrize(
    "label", ["PRIVATE\nKEY", "PRIVATE  KEY", f"PRI{JOINER}VATE KEY", "PRIVATE KEY".translate(FULL_WIDTH)]
)
def test_the_words_are_seen_however_they_are_written(label: str) -> None:
    assert ssh_key_reading.is_private(f"-----BEGIN {label}-----") and ssh_key_reading.is_private(f"BEGIN {label}")


@pytest.mark.parametrize(
    "text",
    [
        *(each.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode() for each in [*PUBLIC, WIDE]),
        WIDE.public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode(),
        CERTIFICATE,
        f"---- BEGIN SSH2 PUBLIC KEY ----\nComment: my laptop\n{RSA.split()[1]}\n---- END SSH2 PUBLIC KEY ----\n",
    ],
)
def test_a_public_key_in_another_format_is_called_one(text: str) -> None:
    for each in (text, text.replace("\n", "\r\n"), f"\n{text}"):
        with pytest.raises(Refused) as refused:
            ssh_key_reading.read(each)
        assert refused.value.reason == "key_format"
