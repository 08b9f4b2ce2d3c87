"""The text of an EPC QR code, by EPC069-12: what a banking app reads, and what is said to none."""

import pytest

from app.domain.bank_transfers import epc
from app.domain.money import Money

IBAN = "DE89 3704 0044 0532 0130 00"


def text(name: str = "Harbour Cloud SAS", iban: str = IBAN, minor: int = 147858, currency: str = "EUR") -> str | None:
    return epc.text(name, iban, "COBA DEFF XXX", Money(minor, currency), "INV-2026-000123")


def test_it_says_the_transfer_line_by_line() -> None:
    assert text() == (
        "BCD\n002\n1\nSCT\nCOBADEFFXXX\nHarbour Cloud SAS\nDE89370400440532013000\nEUR1478.58\n\n\nINV-2026-000123"
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Łódź Świat Sp. z o.o.", "Lodz Swiat Sp. z o.o."),
        ("Müller & Söhne Straße", "Muller & Sohne Strasse"),
        ("Ærø Đà Nẵng", "AEro Da Nang"),
        ("Name\nEUR9999.00", "Name EUR9999.00"),
        ("Har\x00bour\x1b", "Harbour"),
        ("x" * 90, "x" * 70),
    ],
)
def test_names_are_ascii_in_one_line(name: str, said: str) -> None:
    assert str(text(name)).split("\n")[5] == said
    assert str(text(name)).isascii()


@pytest.mark.parametrize("name", ["株式会社", "", "Ελληνική"])
def test_a_name_that_is_nothing_in_ascii_gets_no_code(name: str) -> None:
    assert text(name) is None


@pytest.mark.parametrize(("minor", "said"), [(1, "EUR0.01"), (30, "EUR0.30"), (99_999_999_999, "EUR999999999.99")])
def test_amounts_are_plain_to_the_cent(minor: int, said: str) -> None:
    assert str(text(minor=minor)).split("\n")[7] == said


@pytest.mark.parametrize("minor", [0, 100_000_000_000])
def test_amounts_that_the_code_cannot_say_get_none(minor: int) -> None:
    assert text(minor=minor) is None


def test_only_euros_and_only_an_iban_whose_digits_check() -> None:
    assert text(currency="USD") is None
    for iban in ("DE88370400440532013000", "", "1234", "DE89", IBAN[:-1] + "ä"):
        assert text(iban=iban) is None, iban


def test_it_is_never_longer_than_the_code_may_be() -> None:
    longest = epc.text(
        "x" * 200, "MT84MALT011000012345MTLCAST001S", "MALTMTMTXXX", Money(99_999_999_999, "EUR"), "y" * 500
    )
    assert len(str(longest).encode()) <= epc.LONGEST
