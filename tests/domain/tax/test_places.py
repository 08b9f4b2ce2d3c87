"""Where a customer is, for tax: parts of countries that are taxed otherwise, countries that are part of another's tax."""

from datetime import date

import pytest

from app.domain.tax.places import MEMBERS, country_of, is_member, locate, prefix
from app.domain.tax.territories import TERRITORIES

TODAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("country", "postal_code", "region", "territory", "code"),
    [
        ("ES", "35001", "", "Canary Islands", "IC"),
        ("ES", "38003", "Madrid", "Canary Islands", "IC"),
        ("ES", "", "Santa Cruz de Tenerife", "Canary Islands", "IC"),
        ("ES", "28013", "Las Palmas", "", "ES"),  # the postal code is whole: it alone says where this is
        ("ES", "51001", "", "Ceuta", "EA"),
        ("ES", "52001", "", "Melilla", "EA"),
        ("FI", "AX-22100", "", "Åland", "AX"),
        ("FI", "", "Ahvenanmaa", "Åland", "AX"),
        ("FI", "00100", "", "", "FI"),
        ("DE", "D-78266", "", "Büsingen", "DE-BU"),
        ("DE", "27498", "", "Helgoland", "DE-HE"),
        ("DE", "27499", "", "", "DE"),
        ("IT", "23041", "", "Livigno", "IT-LI"),
        ("IT", "22061", "", "Campione d'Italia", "IT-CI"),
        ("IT", "22060", "", "", "IT"),  # its old code, which its neighbours still have
        ("IT", "", "Campione d'Italia", "Campione d'Italia", "IT-CI"),
        ("IT", "47890", "", "San Marino", "SM"),
        ("IT", "00120", "", "Vatican City", "VA"),
        ("IT", "00121", "", "", "IT"),
        ("GR", "630 86", "", "Mount Athos", "GR-69"),
        ("EL", "63087", "", "Mount Athos", "GR-69"),
        ("GR", "63085", "", "", "GR"),
        ("FR", "97110", "", "Guadeloupe", "GP"),
        ("FR", "97133", "", "Saint-Barthélemy", "BL"),
        ("FR", "97150", "", "Saint-Martin", "MF"),
        ("FR", "97200", "", "Martinique", "MQ"),
        ("FR", "97300", "", "French Guiana", "GF"),
        ("FR", "97400", "", "Réunion", "RE"),
        ("FR", "", "La Réunion", "Réunion", "RE"),
        ("FR", "97600", "", "Mayotte", "YT"),
        ("FR", "98714", "", "French Polynesia", "PF"),
        ("FR", "20000", "Corse", "", "FR"),
        ("DK", "3900", "", "Greenland", "GL"),
        ("DK", "FO-100", "", "Faroe Islands", "FO"),
        ("DK", "2100", "", "", "DK"),
        ("GB", "je2 3qa", "", "Jersey", "JE"),
        ("GB", "GY1 1WG", "", "Guernsey", "GG"),
        ("GB", "GX11 1AA", "", "Gibraltar", "GI"),
        ("GB", "SW1A 1AA", "Jersey", "", "GB"),
        ("PT", "9500-321", "", "Azores", "PT-20"),
        ("PT", "9000-001", "", "Madeira", "PT-30"),
        ("PT", "1000-001", "", "", "PT"),
        ("AT", "A-6691", "", "Jungholz and Mittelberg", "AT-JM"),
        ("AT", "6900", "", "", "AT"),
        ("MC", "98000", "", "", "FR"),
        ("IM", "IM1 1AA", "", "", "GB"),
        ("UK", "BT1 5GS", "", "", "GB"),
        ("US", "97400", "", "", "US"),
    ],
)
def test_a_place_is_recognised_by_country_and_code(
    country: str, postal_code: str, region: str, territory: str, code: str
) -> None:
    place = locate(country, postal_code, region, TODAY)
    assert (place.territory, place.country) == (territory, code)


def test_parts_outside_are_outside_and_parts_with_their_own_rate_are_in_the_union() -> None:
    assert not locate("ES", "35001", "", TODAY).in_union
    azores = locate("PT", "9500-321", "", TODAY)
    assert (azores.in_union, azores.codes, azores.state) == (True, ("PT-20", "PT"), "PT")
    assert locate("MC", "", "", TODAY).in_union
    assert not locate("IM", "", "", TODAY).in_union
    assert not locate("AX", "", "", TODAY).in_union


@pytest.mark.parametrize("country", sorted(MEMBERS))
def test_membership_has_a_first_and_a_last_day(country: str) -> None:
    since, until = MEMBERS[country]
    assert is_member(country, since)
    assert not is_member(country, since.replace(year=since.year - 1))
    assert is_member(country, TODAY) == (until is None)
    assert (country == "GB") == (until == date(2020, 12, 31))


def test_there_are_27_member_states() -> None:
    assert sum(is_member(country, TODAY) for country in MEMBERS) == 27


def test_greece_is_el_in_numbers_and_gr_in_addresses() -> None:
    assert [prefix("GR"), prefix("DE"), country_of("EL"), country_of("XI"), country_of("DE")] == [
        "EL",
        "DE",
        "GR",
        "GB",
        "DE",
    ]


def test_each_part_has_a_way_to_be_recognised_and_a_code_of_its_own_country() -> None:
    for each in TERRITORIES:
        assert each.postal_codes
        assert each.regions or each.code == "TF"
        assert "-" not in each.code or each.code.startswith(each.country)
        assert not each.holds_on(date(1900, 1, 1)) or each.since == date.min
