"""What is asked about an address: whose real address the world's lists dislike is asked, and never locked out."""

import pytest

from app.domain.addresses import formats, questions
from app.domain.addresses.address import Address


def an(country: str, city: str, code: str = "", region: str = "") -> Address:
    return Address("Acme", "Street 1", "", city, code, region, country)


# Each was refused or changed by the library itself (3.1.1).
REAL = [
    an("NL", "Amsterdam", "1234 ab"),
    an("GB", "London", "sw1a 2aa"),
    an("IE", "Galway", "", "Galway"),
    an("IE", "Galway", "H91 E2K3", "County Galway"),
    an("BR", "São Paulo", "01310-100", "Sao Paulo"),
    an("IN", "Mumbai", "400001", "MH"),
    an("JP", "Shibuya-ku", "150-0041", "Tokyo"),
    an("AE", "Dubai", "", "Dubai"),
    an("CH", "Zürich", "CH-8001"),
    an("SE", "Stockholm", "SE-113 45"),
    an("LV", "Rīga", "1010"),
    an("ES", "Madrid", "28001", "Madrid"),
    an("US", "San Jose", "95014-1234", "California"),
    an("PT", "Lisboa", "1250-096", "Lisboa"),
]


@pytest.mark.parametrize("address", REAL, ids=[f"{each.country} {each.postal_code or each.region}" for each in REAL])
def test_a_real_address_is_taken_without_a_question(address: Address) -> None:
    assert questions.refusals(address) == []
    assert questions.questions(address) == []


@pytest.mark.parametrize(
    ("address", "field", "words"),
    [
        (an("DE", "Berlin", "1011"), "postal_code", "“1011” does not look like a postal code of this country, such as 26133. Is it right?"),
        (an("IN", "Pune", "1234", "MH"), "postal_code", "“1234” does not look like a PIN code of this country, such as 110034. Is it right?"),
        (an("US", "New York", "10001", "CA"), "postal_code", "ZIP code 10001 does not seem to be in California. Is it right?"),
        (an("US", "Nowhere", "10001", "Narnia"), "region", "“Narnia” is not a state that we know in this country. Is it right?"),
    ],
)  # fmt: skip
def test_what_looks_wrong_is_asked_about_and_refused_by_nobody(address: Address, field: str, words: str) -> None:
    assert questions.refusals(address) == []
    assert [(each.field, each.sentence) for each in questions.questions(address)] == [(field, words)]


@pytest.mark.parametrize(
    ("country", "missing"),
    [
        ("", ["company", "line1", "country"]),
        ("DE", ["company", "line1", "city", "postal_code"]),
        ("US", ["company", "line1", "city", "postal_code", "region"]),
        ("IE", ["company", "line1", "city"]),
        ("JP", ["company", "line1", "postal_code", "region"]),
        ("AE", ["company", "line1", "region"]),
        ("SG", ["company", "line1", "postal_code"]),
    ],
)
def test_only_what_the_country_requires_is_refused_when_it_is_empty(country: str, missing: list[str]) -> None:
    found = questions.refusals(Address(country=country))
    assert [each.field for each in found] == missing
    assert {(each.status, each.reason) for each in found} == {(422, "field_missing")}


def test_an_unknown_country_is_refused_and_what_no_paper_holds() -> None:
    found = questions.refusals(Address("A" * 201, "Street\x00", "", "", "", "", "XX"))
    assert [(each.field, each.reason) for each in found] == [
        ("company", "field_too_long"), ("line1", "field_unprintable"), ("country", "country_unknown"),
    ]  # fmt: skip


def test_what_was_pasted_unseen_is_not_kept_and_what_spells_a_word_is() -> None:
    typed = {"company": " Acme\u00a0\u200b  Ltd\n", "line1": "می\u200cخواهم", "country": "gb", "version": "3"}
    assert questions.read(typed) == Address(company="Acme Ltd", line1="می\u200cخواهم", country="GB")
    assert questions.refusals(Address("A", "می\u200cخواهم", "", "C", "AB1 2CD", "", "GB")) == []


@pytest.mark.parametrize(
    ("country", "labels"),
    [
        ("US", ("City", "ZIP code", "State")),
        ("GB", ("Town", "Postal code", "Region/Province")),
        ("IE", ("City", "Eircode", "County")),
        ("JP", ("City", "Postal code", "Prefecture")),
        ("AU", ("Suburb", "Postal code", "State")),
        ("", ("City", "Postal code", "Region/Province")),
    ],
)
def test_fields_are_called_what_they_are_called_there(country: str, labels: tuple[str, ...]) -> None:
    known = formats.of(country)
    assert tuple(known.label(each) for each in ("city", "postal_code", "region")) == labels


def test_every_country_has_a_format_whose_own_example_is_taken() -> None:
    for country in sorted(formats.countries()):
        known = formats.of(country)
        assert questions.questions(an(country, "City", known.example)) == [], country
        assert known.required - {"company", "country"} <= known.used, country
        assert all(formats.is_latin(each.written) for each in known.regions), country
        assert all(known.region(each.written) == each for each in known.regions), country
    assert len(formats.countries()) == 252
    assert {"DE", "XK", "GB"} <= formats.countries()
    assert not {"ZZ", "XI", "EL", "ALL"} & formats.countries()
