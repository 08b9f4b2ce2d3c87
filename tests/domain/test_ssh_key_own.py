"""The private half of a public key is found wherever it stands beside it, and long names of words are names."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.domain.errors import Refused
from app.domain.people import ssh_key_pieces
from app.services.access import ssh_key_own, ssh_key_reading
from tests.support.ssh_keys import ED25519, PRIVATE_OPENSSH

RAW = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = ed25519.Ed25519PrivateKey.from_private_bytes(RAW).public_key()
LINE = PUBLIC.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
SEED = base64.urlsafe_b64encode(RAW).decode().rstrip("=")
SOFT = "\N{SOFT HYPHEN}"
FORMS = [
    SEED,
    f"d={SEED}",
    f'"{SEED}"',
    f"seed: {SEED},",
    f"({SEED})",
    ".".join(SEED[at : at + 4] for at in range(0, len(SEED), 4)),
    "-".join(base64.b64encode(RAW).decode()[at : at + 5] for at in range(0, 44, 5)),
    f"{SEED[:20]}{SOFT}{SEED[20:]}",
    RAW.hex(),
    f"0x{RAW.hex(':').upper()}",
    base64.b64encode(b"\0" + RAW + b"\0").decode(),
    base64.b64encode(b"\0\0" + RAW).decode(),
]


def refuses(text: str, name: str = "") -> bool:
    try:
        ssh_key_reading.refuse_private_words(name)
        ssh_key_reading.read(text, name)
    except Refused as refusal:
        return refusal.reason == "private_key"
    return False


@pytest.mark.parametrize("form", FORMS)
def test_the_half_of_an_ed25519_key_is_found_with_whatever_is_around_it(form: str) -> None:
    assert refuses(f"{LINE} {form}"), "a comment"
    assert refuses(LINE, form), "a name"
    assert refuses(f"{LINE} laptop\n{form}") and refuses(f"{form}\n{LINE}"), "a line of its own"
    assert refuses(f"{LINE} {form}\n{ED25519}"), "the comment of one of several"


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f'"{each}",' for each in PRIVATE_OPENSSH.splitlines()[2:-1]),
        f'"{PRIVATE_OPENSSH.splitlines()[4]}",',
        f"d:{SEED},",
        f"-----BEGIN PUBLIC KEY-----\nd: {SEED}\n-----END PUBLIC KEY-----",
    ],
)
def test_lines_of_private_keys_in_marks_are_not_shown_again(text: str) -> None:
    assert refuses(text)


@pytest.mark.parametrize("wrapped", [f"{'x' * offset}openssh-key-v1\0" for offset in range(3)])
def test_the_first_word_of_openssh_is_known_at_each_offset(wrapped: str) -> None:
    assert ssh_key_reading.is_private(f"'{base64.b64encode(wrapped.encode()).decode()}'")


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()], ids=lambda each: each.name)
def test_the_scalar_of_a_curve_is_found(curve: ec.EllipticCurve) -> None:
    size = -(-curve.key_size // 8)
    scalar = int.from_bytes(b"\1" + bytes(range(7, 6 + size)))
    public = ec.derive_private_key(scalar, curve).public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    line = public.decode()
    written = base64.b64encode(scalar.to_bytes(size)).decode()
    cut = ".".join(written[at : at + 4] for at in range(0, len(written), 4))
    assert refuses(f"{line} {cut}") and refuses(line, f"d={written}"[:100])
    assert not refuses(f"{line} nora@laptop")


@pytest.mark.parametrize("curve", [ec.SECP384R1(), ec.SECP521R1()], ids=lambda each: each.name)
@pytest.mark.parametrize(
    "comment", ["nora@laptop", "a-long/comment+with_marks of a laptop " * 9], ids=["short", "long"]
)
def test_the_scalar_of_a_large_curve_is_found_as_a_name_whatever_the_comment_says(
    curve: ec.EllipticCurve, comment: str
) -> None:
    size = -(-curve.key_size // 8)
    scalar = int.from_bytes(b"\1" + bytes(range(7, 6 + size)))
    public = ec.derive_private_key(scalar, curve).public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    line, raw = public.decode(), scalar.to_bytes(size)
    written = base64.b64encode(raw).decode()
    assert refuses(f"{line} {comment}", "-".join(written[at : at + 6] for at in range(0, len(written), 6))[:120])
    if size == 48:
        assert refuses(f"{line} {comment}", raw.hex())
        assert refuses(f"{line} {raw.hex()}"), "the comment, which would be its name"


def test_a_prime_of_an_rsa_key_is_found() -> None:
    key = rsa.generate_private_key(65537, 2048)
    line = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    beside, keys = ssh_key_own.words_beside(f"{line} p={key.private_numbers().p.to_bytes(128).hex(' ')}", "")
    assert ssh_key_own.gives_private(beside, keys) and not ssh_key_own.gives_private("nora@laptop", keys)


NAMES = [
    "GitHub-Actions-Deploy-Key-Northwind-Web-App-2026",
    "Key-for-Nora-North-MacBook-Pro-16-inch-2026-Work",
    "Deploy-Key-GitHub-Actions-Runner-EU-West-1-Prod",
    "DE-FRA1-K8S-Node-07-Nora-North-Laptop-Key-2026",
    "nora_North_MacBook_Pro_2026_Deploy_To_EU_West_1",
    "Nora-Norths-MacBook-Pro-M3-Max-16-Zoll-Buero-HH",
    "JIRA-1234-Deploy-Key-For-GitHub-Actions-Runner-EU-West-1",
    "NoraNorthMacBookProSixteenInchTwentyTwentySix",
    "ubuntu@ip-10-0-12-34.eu-central-1.compute.internal",
    "K8S-PRD-EU1-DB01-SRV07-NW-HH-VPN-GW2-SSH-KEY-NN-2026",
    "Schlüssel für den Büro-Rechner von Nora Nørth, Größe 16 Zoll",
    "ключ-от-рабочего-ноутбука-Норы-Норт-2026-Берлин-офис",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_long_name_of_words_is_a_name(name: str) -> None:
    for refuse in (ssh_key_pieces.may_hide_private, ssh_key_pieces.may_be_private):
        assert not refuse(f"{name}"), refuse
    assert not refuses(LINE, name) and not refuses(f"{LINE} {name}")
    assert not ssh_key_pieces.may_be_private(f"{LINE} {name}\n{ED25519}")


def test_a_key_with_much_beside_it_is_not_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_given: object) -> bool:
        raise AssertionError

    monkeypatch.setattr(ssh_key_own, "gives_private", none)
    with pytest.raises(Refused, match="longer than any SSH key"):
        ssh_key_reading.refuse_private(f"{LINE} {'of my laptop ' * 60}")
