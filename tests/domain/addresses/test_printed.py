"""How an address is printed: as it was typed, in its country's order, and nothing of it lost."""

import re

import pytest

from app.domain.addresses import formats
from app.domain.addresses.address import NAMES, Address

PRINTED = [
    (Address("Acme, Inc.", "1 Market St", "Suite 5", "San Jose", "95014", "CA", "US"),
     ("Acme, Inc.", "1 Market St", "Suite 5", "San Jose, CA 95014")),
    (Address("Muster GmbH", "Hauptstr. 1", "", "Berlin", "10115", "", "DE"), ("Muster GmbH", "Hauptstr. 1", "10115 Berlin")),
    (Address("Acme Ltd", "10 High Street", "", "London", "sw1a 2aa", "", "GB"), ("Acme Ltd", "10 High Street", "London", "sw1a 2aa")),
    (Address("Kft.", "Fő utca 1", "", "Budapest", "1011", "", "HU"), ("Kft.", "Budapest", "Fő utca 1", "1011")),
    # The library's own formats have no place for these.
    (Address("Acme K.K.", "1-2-3 Jinnan", "", "Shibuya-ku", "150-0041", "Tokyo", "JP"),
     ("Acme K.K.", "1-2-3 Jinnan, Shibuya-ku, Tokyo", "150-0041")),
    (Address("Falcon FZE", "PO Box 1", "", "Dubai", "", "dubai", "AE"), ("Falcon FZE", "PO Box 1", "dubai")),
    (Address("Falcon FZE", "PO Box 1", "", "Jebel Ali", "", "Dubai", "AE"), ("Falcon FZE", "PO Box 1", "Jebel Ali, Dubai")),
    (Address("Acme SA", "1 rue du Lac", "", "Paris", "75001", "Île-de-France", "FR"),
     ("Acme SA", "1 rue du Lac", "75001 Paris", "Île-de-France")),
    (Address("Acme Pte", "1 Raffles Place", "", "Singapore", "048616", "", "SG"), ("Acme Pte", "1 Raffles Place", "Singapore 048616")),
    # Latin text stays Latin, local text has the local order.
    (Address("Acme", "152 Teheran-ro", "", "Gangnam-gu", "06236", "Seoul", "KR"), ("Acme", "152 Teheran-ro", "Gangnam-gu", "Seoul", "06236")),
    (Address("会社", "神南1-2-3", "", "渋谷区", "150-0041", "東京都", "JP"), ("会社", "150-0041", "東京都渋谷区", "神南1-2-3")),
    (Address("شركة", "شارع 1", "", "جبل علي", "", "دبي", "AE"), ("شركة", "شارع 1", "جبل علي, دبي")),
    # What the format adds by itself is not printed twice, nor what nobody typed.
    (Address("Muster AG", "Bahnhofstr. 1", "", "Zürich", "CH-8001", "", "CH"), ("Muster AG", "Bahnhofstr. 1", "CH-8001 Zürich")),
    (Address("Muster AG", "Bahnhofstr. 1", "", "Zürich", "8001", "", "CH"), ("Muster AG", "Bahnhofstr. 1", "8001 Zürich")),
    (Address("Nobody", "Street 1", "", "Town", "9", "Region", ""), ("Nobody", "Street 1", "Town", "9", "Region")),
    (Address("Lda", "Rua 1", "", "", "", "SP", "BR"), ("Lda", "Rua 1", "SP")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("address", "lines"), PRINTED, ids=[f"{each.country}-{n}" for n, (each, _) in enumerate(PRINTED)]
)
def test_an_address_is_printed_as_typed_in_its_countrys_order(address: Address, lines: tuple[str, ...]) -> None:
    assert address.lines() == lines


def test_no_country_loses_a_field_or_prints_one_twice() -> None:
    for country in sorted(formats.countries()):
        address = Address("Qcompany", "Qone", "Qtwo", "Qcity", "Qcode", "Qregion", country)
        said = re.findall(r"Q[a-z]+", " | ".join(address.lines()))
        assert sorted(said) == ["Qcity", "Qcode", "Qcompany", "Qone", "Qregion", "Qtwo"], country
        assert said[0] == "Qcompany"


def test_what_is_kept_names_every_field() -> None:
    assert tuple(Address("a", "b", "c", "d", "e", "f", "DE").kept()) == NAMES
