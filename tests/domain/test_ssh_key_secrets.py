"""No secret is a name: neither half of a key nor half of that half, in whatever letters; names of words are names."""

import base64
import random
from collections.abc import Callable, Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.domain.errors import Refused
from app.domain.people import ssh_key_pieces, ssh_keys
from app.services.access import ssh_key_reading
from tests.support.ssh_keys import ED25519

DRAWN = random.Random(18)  # noqa: S311  # the same keys each time
CURVES = [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()]
SOFT = "\N{SOFT HYPHEN}"


def cut(text: str, size: int, mark: str) -> str:
    return mark.join(text[at : at + size] for at in range(0, len(text), size))


FORMS: list[Callable[[bytes], str]] = [
    lambda raw: base64.b64encode(raw).decode(),
    lambda raw: base64.b64encode(raw).decode().rstrip("="),
    lambda raw: base64.urlsafe_b64encode(raw).decode(),
    lambda raw: f"d={base64.urlsafe_b64encode(raw).decode()}",
    lambda raw: f'laptop "{base64.b64encode(raw).decode()}",',
    lambda raw: f"laptop of Nora{base64.b64encode(raw).decode()}",
    lambda raw: SOFT.join(base64.b64encode(raw).decode()),
    lambda raw: cut(base64.b64encode(raw).decode(), 4, "."),
    lambda raw: cut(base64.b64encode(raw).decode(), 5, "-"),
    lambda raw: cut(base64.b64encode(raw).decode(), 8, " "),
    lambda raw: base64.b64encode(b"\0" + raw + b"\0").decode(),
    lambda raw: base64.b32encode(raw).decode(),
    lambda raw: raw.hex(),
    lambda raw: raw.hex().upper(),
    lambda raw: raw.hex(":"),
    lambda raw: raw.hex(" ", 2),
    lambda raw: raw.hex("-", 4),
    lambda raw: f"0x{raw.hex(':').upper()}",
    lambda raw: f"0x{raw.hex()}",
    lambda raw: str(int.from_bytes(raw)),
    lambda raw: f"{int.from_bytes(raw):,}",
    lambda raw: cut(str(int.from_bytes(raw)), 4, " "),
]


def halves() -> Iterator[tuple[str, str, bytes]]:
    """Yield the kind of a key, its line, and what of it is secret."""
    seed = DRAWN.randbytes(32)
    yield "ed25519", line_of(ed25519.Ed25519PrivateKey.from_private_bytes(seed)), seed
    for curve in CURVES:
        size = -(-curve.key_size // 8)
        scalar = int.from_bytes(DRAWN.randbytes(size)) >> (8 * size - curve.key_size + 1)
        yield curve.name, line_of(ec.derive_private_key(scalar, curve)), scalar.to_bytes(size)
    key = rsa.generate_private_key(65537, 2048)
    numbers = key.private_numbers()
    secrets = {each: getattr(numbers, each) for each in ("d", "dmp1", "dmq1", "p", "q", "iqmp")}
    for name, number in secrets.items():
        yield f"rsa-{name}", line_of(key), number.to_bytes(-(-number.bit_length() // 8))


def line_of(key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


HALVES = list(halves())


def refuses(text: str, name: str = "") -> bool:
    try:
        ssh_key_reading.refuse_private(text, name)
    except Refused as refusal:
        return refusal.reason == "private_key"
    return False


@pytest.mark.parametrize(("line", "raw"), [each[1:] for each in HALVES], ids=[each[0] for each in HALVES])
def test_the_private_half_beside_its_key_is_no_name_in_any_form(line: str, raw: bytes) -> None:
    for form in FORMS:
        secret = form(raw)
        assert refuses(line, secret), secret
        assert refuses(line, secret[: len(secret) // 2]) and refuses(line, secret[len(secret) // 2 :]), secret
        assert refuses(f"{line} laptop\n{secret}") and refuses(f"{secret}\n{line}") and refuses(line + secret), secret
        assert not refuses(f"{line} {secret}"), "a comment is not taken, and nothing is refused for it"
        read = ssh_key_reading.read(f"{line} {secret}")
        assert ssh_keys.name_of("", read.line) == f"{ssh_keys.KINDS[read.kind]} key", secret
        assert ssh_key_reading.without_secret_comment(f"{line} {secret}") == line
        with pytest.raises(Refused):
            ssh_key_reading.refuse_private(f"{line} {secret}\n{ED25519}", with_comments=True)


def test_other_text_beside_it_hides_no_secret() -> None:
    _kind, line, raw = HALVES[3]
    words, secret = "a-long/comment+with_marks of a laptop " * 40, raw.hex()
    assert refuses(f"{line} {words}", f"{words}{secret}") and refuses(f"{line}\n{words}\n{secret}\n{words}")
    with pytest.raises(Refused):
        ssh_key_reading.refuse_private(f"{line} {words}{secret}", with_comments=True)


@pytest.mark.parametrize("size", [21, 22, 32, 43], ids=lambda size: f"{size} characters")
def test_drawn_secrets_are_no_names(size: int) -> None:
    """One in fifty halves passes: those with a - or _ among few digits. In the other alphabet about one in a thousand."""
    drawn = random.Random(size)  # noqa: S311  # the same ones each time
    secrets = [drawn.randbytes(33) for _number in range(500)]
    for encoded, most in ((base64.b64encode, 2), (base64.urlsafe_b64encode, 20 if size < 32 else 2)):
        passed = [each for each in secrets if not ssh_key_pieces.may_be_secret(encoded(each).decode()[:size])]
        assert len(passed) <= most, passed


NAMES = [
    "Work laptop 2026",
    "nora@build-7f3a.northwind.example",
    "GitHub-Actions-Deploy-Key-Northwind-Web-App-2026",
    "Key-for-Nora-North-MacBook-Pro-16-inch-2026-Work",
    "DE-FRA1-K8S-Node-07-Nora-North-Laptop-Key-2026",
    "nora_North_MacBook_Pro_2026_Deploy_To_EU_West_1",
    "Nora-Norths-MacBook-Pro-M3-Max-16-Zoll-Buero-HH",
    "JIRA-1234-Deploy-Key-For-GitHub-Actions-Runner-EU-West-1",
    "NoraNorthMacBookProSixteenInchTwentyTwentySix",
    "AlexandersSecondWorkstationInTheOfficeOfBerlin2024",
    "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerk",
    "ubuntu@ip-10-0-12-34.eu-central-1.compute.internal",
    "K8S-PRD-EU1-DB01-SRV07-NW-HH-VPN-GW2-SSH-KEY-NN-2026",
    "Schlüssel für den Büro-Rechner von Nora Nørth, Größe 16 Zoll",
    "ключ-от-рабочего-ноутбука-Норы-Норт-2026-Берлин-офис",
    "诺拉的笔记本电脑 2026",
    "नोरा का लैपटॉप 2026",
    "המחשב הנייד של נורה 2026",
    "nora@DESKTOP-7K3M9QX",
    "root@3f2a1b4c5d6e",
    "rsa-key-20261130",
    "eddsa-key-20261130",
    "imported-openssh-key",
    "cardno:000612345678",
    "YubiKey 5C NFC #12345678",
    "my private key of the laptop at home",
    "staging/production",
    "Hamburg/Headquarters",
    "Claire (Berlin/Hamburg/Bremen)",
    "nora+production@northwind.example",
    "https://github.com/northwind/portal",
    "git@github.com:northwind-labs/billing-portal-2026.git",
    "AzureAD+NoraHansen@DESKTOP-1A2B3C4",
    "ec2-user@i-0abc123def4567890",
    "nora 2026-11-30T09:24:20Z",
    "LAPTOP-8H3K9PQ1 2026-11-30",
    'google-ssh {"userName":"nora@northwind.example","expireOn":"2026-11-30T09:24:20+0000"}',
]
"""Comments that `ssh-keygen`, PuTTY, gpg-agent and clouds write are among them."""


@pytest.mark.parametrize(
    "words",
    [
        "2026-11-30 2026-11-29 2026-11-28",
        "i-0abc123def4567890 i-0abc123def4567891",
        f"i-{'0abc123def456789' * 2}",
        "2026-11-30-0abc123def456789",
        "staging/pZ7kQ2xW9vLm4TfR8/production",
        "wgXqzKfLpTRnJv/production",
        "production+pZkQxWvLmTfRsNdB",
    ],
)
def test_a_date_and_a_machine_are_words_once_and_marks_of_base64_divide_only_words(words: str) -> None:
    assert refuses(ED25519, words)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_words_is_a_name(name: str) -> None:
    assert not refuses(ED25519, name) and not refuses(f"{ED25519}\n{name}")
    assert ssh_keys.name_of("", ssh_key_reading.read(f"{ED25519.rpartition(' ')[0]} {name}").line) == name


@pytest.mark.parametrize(
    "words",
    [
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "SHA256:pbWoR/b8NlCBIy+vbAvR31OHG/X1HoQBbH8e4GnXhC8",
        "MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48",
        "550e8400-e29b-41d4-a716-446655440000",
        "a_b_c_d_e_f_g_h_i_j_k_l_m_n_o_p_q_r_s_t_u_v_w_x_y_z",
    ],
)
def test_a_hash_or_a_fingerprint_is_no_name_and_does_no_harm_as_a_comment(words: str) -> None:
    """In hex half of a secret looks the same, and the list shows the fingerprint anyhow."""
    assert refuses(ED25519, words)
    assert ssh_keys.name_of("", ssh_key_reading.read(f"{ED25519.rpartition(' ')[0]} {words}").line) == "ED25519 key"


@pytest.mark.parametrize("wrapped", [f"{'x' * offset}openssh-key-v1\0" for offset in range(3)])
def test_the_first_word_of_openssh_is_known_at_each_offset(wrapped: str) -> None:
    assert ssh_key_reading.is_private(f"'{base64.b64encode(wrapped.encode()).decode()}'")
