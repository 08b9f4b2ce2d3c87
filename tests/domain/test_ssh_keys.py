"""SSH keys: which text is one line that may be added, and what is said of every other one."""

import base64
import random

import pytest

from app.domain.errors import Refused
from app.domain.people import ssh_key_pieces, ssh_keys
from app.services.access import ssh_key_reading
from tests.support.ssh_keys import DSA, ED25519, OTHER, PRIVATES, RSA


def test_a_line_is_its_type_its_base64_and_its_comment() -> None:
    kind, body, comment = ED25519.split(" ")
    assert ssh_keys.line_of(f"  \n# mine\n{ED25519}  \r\n") == ssh_keys.Line(kind, body, comment)
    assert ssh_keys.line_of(f"{kind}  {body}").comment == ""
    assert ssh_keys.line_of(f"{kind} {body}  my  laptop ").comment == "my laptop"


@pytest.mark.parametrize(
    ("text", "reason", "words"),
    [
        (" \n", "key_missing", "Paste a public key."),
        (f"{ED25519}\n{OTHER}", "key_lines", "These are several keys. Add them one by one."),
        (f"{RSA[:100]}\n{RSA[100:]}", "key_lines", "This key is broken into several lines. Paste it as one line."),
        (f'from="10.0.0.0/8" {ED25519}', "key_options", "Options stand before this key, such as from= or command=. Paste it without: it begins with its type."),
        (f"cert-authority {ED25519}", "key_options", "Options stand before this key, such as from= or command=. Paste it without: it begins with its type."),
        (DSA, "key_weak", "This is a DSA key, which is no longer safe. Make an ed25519 key instead."),
        ("ssh-ed25519-cert-v01@openssh.com AAAA", "key_certificate", "This is a certificate. Paste the key that it was made for."),
        ("---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----", "key_format", "This is a public key in another format. Paste the one line that OpenSSH writes, such as ssh-ed25519 AAAA…"),
        ("-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----", "key_format", "This is a public key in another format. Paste the one line that OpenSSH writes, such as ssh-ed25519 AAAA…"),
        (f"ssh-rsa {'A' * 8_000}", "key_too_long", "This is longer than any SSH key. Paste the line of a .pub file."),
    ],
)  # fmt: skip
def test_what_is_no_line_is_refused_in_words_that_say_what_it_is(text: str, reason: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        ssh_keys.line_of(text)
    assert (refused.value.reason, refused.value.sentence, refused.value.status) == (reason, words, 422)
    assert refused.value.field == "public_key"


@pytest.mark.parametrize("text", [
    ED25519.replace(" ", "\t"),
    ED25519.replace(" ", "\N{NO-BREAK SPACE}"),
    ED25519.replace(" ", " \t "),
    f"\N{ZERO WIDTH NO-BREAK SPACE}{ED25519}",
    f"\N{ZERO WIDTH SPACE}{ED25519}\N{WORD JOINER}",
])  # fmt: skip
def test_what_a_program_puts_between_and_before_is_no_part_of_the_line(text: str) -> None:
    assert ssh_keys.line_of(ssh_keys.as_pasted(text)) == ssh_keys.line_of(ED25519)


def test_the_marks_of_private_keys_are_seen() -> None:
    assert [each for each in PRIVATES if ssh_keys.is_private(each)] == [*PRIVATES[:2], *PRIVATES[3:]]
    assert not ssh_keys.is_private(ED25519) and not ssh_keys.is_private("-----BEGIN PUBLIC KEY-----")


@pytest.mark.parametrize(("bits", "reason"), [(2047, "key_weak"), (2048, ""), (16384, ""), (16385, "key_too_long")])
def test_an_rsa_key_has_2048_bits_or_more(bits: int, reason: str) -> None:
    if not reason:
        ssh_keys.check_bits("ssh-rsa", bits)
        return
    with pytest.raises(Refused) as refused:
        ssh_keys.check_bits("ssh-rsa", bits)
    assert refused.value.reason == reason


def test_a_key_is_called_as_typed_or_by_its_comment_or_its_type() -> None:
    line = ssh_keys.line_of(ED25519)
    assert ssh_keys.name_of("  my   desk ", line) == "my desk"
    assert ssh_keys.name_of("", line) == "alice@laptop"
    assert ssh_keys.name_of("", ssh_keys.Line("ssh-rsa", "", "")) == "RSA key"
    for comment in ("c" * 101, "bell\x07"):
        assert ssh_keys.name_of("", ssh_keys.Line("ssh-rsa", "", comment)) == "RSA key", "what is no name is not kept"
    for typed in ("x" * 101, "bell\x07"):
        with pytest.raises(Refused, match="Enter a shorter name"):
            ssh_keys.name_of(typed, ssh_keys.Line("ssh-rsa", "", "c"))


def test_a_list_says_the_type_as_ssh_keygen_does() -> None:
    assert [ssh_keys.said(*each) for each in (("ssh-rsa", 3072), ("ssh-ed25519", 256), ("ecdsa-sha2-nistp521", 521))] == [
        "RSA 3072", "ED25519", "ECDSA 521",
    ]  # fmt: skip


LINES = PRIVATES[0].splitlines()[1:-1]
PIECES = [LINES[2][:30], LINES[2][30:60], LINES[3][:30], LINES[3][30:60]]


@pytest.mark.parametrize(("text", "may_be"), [
    ("".join(LINES[1:3]), True),
    ("\n".join(LINES[1:]), True),
    (f"ssh-ed25519 {'Zm9v' * 12}", True),
    ("0f" * 32, True),
    (f"{ED25519}\n{LINES[2]}\n{LINES[3]}", True),
    (f"{RSA}\n" + "\n".join(PIECES), True),
    (f"{LINES[2]}\n{ED25519}", True),
    (f"{RSA[:100]}\n{RSA[100:]}\n{LINES[3]}", True),
    (f"{ED25519.rpartition(' ')[0]}\n{LINES[2][:35]}\n{LINES[2][35:]}", True),
    ("\n".join(PIECES), True),
    ("AAAA" + LINES[2], True),
    (ED25519, False),
    (f"{ED25519}\n{OTHER}\n{RSA}", False),
    (f"{RSA[:100]}\n{RSA[100:]}", False),
    (f"{RSA[:100]}\n{RSA[100:200]}", True),
    (f"{ED25519}{'0f' * 20}", False),
    (f"{DSA}\n", False),
    (f"-----BEGIN PUBLIC KEY-----\n{'MCow' * 16}\n", True),
    (f"{RSA[:200]} {LINES[3]}\n", False),
    (f"{RSA[:200]}\n{LINES[3]}\n", True),
    ("Alice's laptop at home, the large one on the desk", False),
])  # fmt: skip
def test_a_long_piece_of_nothing_public_may_be_private(text: str, may_be: bool) -> None:
    assert ssh_key_pieces.may_be_private(text) is may_be


SEED = base64.urlsafe_b64encode(base64.b64decode(LINES[2] + LINES[3])[:64]).decode()
DRAWN = random.Random(17)  # noqa: S311  # the same pieces each time
SEEDS = [base64.urlsafe_b64encode(DRAWN.randbytes(32)).decode().rstrip("=") for _number in range(60)]


def test_the_alphabet_of_addresses_hides_no_private_key() -> None:
    """JWK and programs write Base64 with - and _."""
    assert any("-" in each or "_" in each for each in SEEDS)
    assert [each for each in SEEDS if not ssh_key_pieces.may_be_secret(f"laptop {each}")] == []
    assert [each for each in SEEDS if not ssh_key_pieces.may_be_private(each)] == []
    public = ED25519.replace("+", "-").replace("/", "_")
    assert public != ED25519 and not ssh_key_pieces.may_be_private(public), "a public one is none"


@pytest.mark.parametrize("whole", [PRIVATES[2], PRIVATES[3], PRIVATES[5], PRIVATES[1].splitlines()[1]])
def test_no_private_key_is_a_name_in_any_alphabet(whole: str) -> None:
    in_addresses = "".join(whole.split()).replace("+", "-").replace("/", "_")
    for text in (
        whole,
        in_addresses,
        in_addresses.rstrip("="),
        f"{in_addresses[:90]}\N{ZERO WIDTH SPACE}{in_addresses[90:]}",
    ):
        for refuse in (ssh_key_reading.refuse_private_name, ssh_key_reading.refuse_private):
            with pytest.raises(Refused, match="private key"):
                refuse(text)


@pytest.mark.parametrize(("words", "may"), [
    (LINES[2], True),
    (SEED, True),
    ("my-second-laptop_at-home_in-the_office-of_berlin_2026", False),
    ("a_b_c_d_e_f_g_h_i_j_k_l_m_n_o_p_q_r_s_t_u_v_w_x_y_z", True),
    ("-" * 60, False),
    ("key-550e8400-e29b-41d4-a716-446655440000-da39a3ee5e6b4b0d", True),
    (LINES[2][:40], True),
    (" ".join(PIECES), True),
    (f"laptop {LINES[3]} desk", True),
    ("x" * 60, True),
    ("AlexandersSecondWorkstationInTheOfficeOfBerlin2024", False),
    ("Donaudampfschifffahrtselektrizitaetenhauptbetriebswerk", False),
    ("da39a3ee5e6b4b0d3255bfef95601890afd80709", True),
    ("E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", True),
    ("deploy key of da39a3ee5e6b4b0d3255bfef95601890afd80709 for staging2", True),
    ("SHA256:pbWoR/b8NlCBIy+vbAvR31OHG/X1HoQBbH8e4GnXhC8", True),
    ("my laptop number 7 from the office in Berlin and 3 more of them", False),
])  # fmt: skip
def test_words_are_no_parts_of_secrets_and_hashes_may_be(words: str, may: bool) -> None:
    assert ssh_key_pieces.may_be_secret(words) is may
