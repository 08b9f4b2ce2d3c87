"""People: which role may change anything, and which passwords are refused."""

import pytest

from app.domain.errors import Forbidden, NotFound, Refused
from app.domain.people import browsers
from app.domain.people.members import Actor, Role, whom
from app.domain.people.passwords import check_password


@pytest.mark.parametrize(("role", "may"), [(Role.OWNER, True), (Role.BILLING_MANAGER, True), (Role.VIEWER, False)])
def test_who_only_looks_may_change_nothing(role: Role, may: bool) -> None:
    assert role.may_manage is may
    assert Actor("mem_1", "cus_1", role, "Alice", "alice@acme.example", "Acme").may_manage is may


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], "an owner or billing manager"),
        (["Ada"], "Ada"),
        (["Ada", "Ben"], "Ada or Ben"),
        (["Ada", "Ben", "Cy"], "Ada, Ben or Cy"),
        (["Ada", "Ben", "Cy", "Di"], "Ada, Ben, Cy or another owner or billing manager"),
    ],
)
def test_whom_to_ask_names_three_at_most(names: list[str], words: str) -> None:
    assert whom(names) == words


@pytest.mark.parametrize("password", ["12345 78", "a" * 254 + "bc", "harbour lights"])
def test_asvs_6_2_1_a_password_of_8_to_256_characters_is_taken(password: str) -> None:
    check_password(password, "alice@acme.example")


@pytest.mark.parametrize(("length", "reason"), [(7, "password_short"), (257, "password_long")])
def test_asvs_6_2_1_a_password_of_7_or_257_characters_is_refused(length: int, reason: str) -> None:
    with pytest.raises(Refused) as refusal:
        check_password(("harbour lights at noon " * 12)[:length], "alice@acme.example")
    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    ("password", "reason", "sentence"),
    [
        ("1234 78", "password_short", "Choose a password of at least 8 characters."),
        ("ab c" * 64 + "d", "password_long", "Choose a password of at most 256 characters."),
        ("PASSWORD123", "password_common", "Choose another password: this one is too easy to guess."),
        ("Alice@acme.example", "password_common", "Choose another password: this one is too easy to guess."),
        ("ALICE.ARCHER", "password_common", "Choose another password: this one is too easy to guess."),
        ("abababab", "password_common", "Choose another password: this one is too easy to guess."),
        ("abcabcabc", "password_common", "Choose another password: this one is too easy to guess."),
        ("56789012", "password_common", "Choose another password: this one is too easy to guess."),
        ("hgfedcba", "password_common", "Choose another password: this one is too easy to guess."),
        ("P@ssw0rd", "password_common", "Choose another password: this one is too easy to guess."),
        ("Elizabeth", "password_common", "Choose another password: this one is too easy to guess."),
        ("Acme-2026", "password_common", "Choose another password: this one is too easy to guess."),
        ("Purser2026!", "password_common", "Choose another password: this one is too easy to guess."),
    ],
)
def test_asvs_6_2_4_a_password_that_anybody_would_try_is_refused(password: str, reason: str, sentence: str) -> None:
    email = "alice.archer@acme.example" if "." in password and "@" not in password else "alice@acme.example"
    with pytest.raises(Refused) as refusal:
        check_password(password, email)
    refused = refusal.value
    assert (refused.sentence, refused.reason, refused.status, refused.field) == (sentence, reason, 422, "password")


def test_three_different_characters_are_enough() -> None:
    check_password("abccbabc", "alice@acme.example")


def test_a_copied_refusal_says_the_same_and_is_another() -> None:
    kept = Refused("No.", "no", 422, "name")
    for _ in range(3):
        with pytest.raises(Refused) as raised:
            raise kept.copied()
        said = raised.value
        assert (said.sentence, said.reason, said.status, said.field) == ("No.", "no", 422, "name")
    assert kept.__traceback__ is None


def test_refusals_carry_their_sentence_and_their_status() -> None:
    assert str(Refused("No.", "no")) == "No."
    assert (Refused("No.", "no").status, Refused("No.", "no").field) == (409, "")
    assert (str(NotFound("grant")), NotFound().reason, NotFound().status) == (
        "There is no such grant.",
        "not_found",
        404,
    )
    assert str(NotFound()) == "There is no such page."
    assert (str(Forbidden("Not you.")), Forbidden().reason, Forbidden().status) == ("Not you.", "forbidden", 403)
    assert str(Forbidden()) == "Your role does not allow this. Ask an owner or billing manager."


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15", "Safari on macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/156.0 Mobile/15E148 Safari/604.1", "Chrome on iPhone"),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/156.0 Mobile Safari/537.36", "Samsung Internet on Android"),
        ("curl/8.5.0", "A browser"),
        ("", "A browser"),
    ],
)  # fmt: skip
def test_a_browser_is_said_in_words_and_fits_its_column(user_agent: str, words: str) -> None:
    assert browsers.in_words(user_agent) == words and len(words) <= browsers.LONGEST


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.x"),
        ("10.0.0.1", "10.0.0.x"),
        ("2001:db8:12:34:56::1", "2001:db8:12::…"),
        ("::ffff:203.0.113.77", "203.0.113.x"),
        ("", ""),
        ("a host", ""),
    ],
)
def test_of_an_address_the_network_is_kept(address: str, network: str) -> None:
    assert browsers.network_of(address) == network
