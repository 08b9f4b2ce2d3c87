"""How a sale is taxed, as a table: seller, place, numbers, certificates, rates and days."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalog import Seller
from app.domain.catalog_terms import Percent, Tax, TaxRate
from app.domain.tax.decision import Buyer, decide, rate_on
from app.domain.tax.places import MEMBERS
from app.domain.tax.registrations import Kind, Registration, State
from app.domain.tax.territories import TERRITORIES
from app.domain.tax.treatment import Category, Treatment

TODAY = date(2026, 11, 28)


def rate(country: str, percent: int, since: date = date(2000, 1, 1), **more: object) -> TaxRate:
    return TaxRate(country, "VAT", Percent(percent * 100), since, **more)  # type: ignore[arg-type]


FRENCH = Seller("Harbour", country="FR", tax_id="FR40303265045")
AMERICAN = Seller("Relay", country="US")
TERMS = Tax(rates=(rate("FR", 20), rate("BE", 21), rate("RE", 8), rate("PT", 23), rate("PT-20", 16), rate("GB", 20)))


def number(value: str, state: State = State.VERIFIED, kind: Kind = Kind.EU_VAT) -> Registration:
    return Registration(kind, value[:2], value, state)


def certificate(*places: str, state: State = State.VERIFIED, until: date | None = None) -> Registration:
    return Registration(Kind.EXEMPTION, "", "EX-7", state, places, until)


def at(country: str, postal_code: str = "", *registrations: Registration, region: str = "") -> Buyer:
    return Buyer(country, postal_code, region, registrations)


def said(treatment: Treatment) -> str:
    """Return the treatment in short: `S 20 FR standard`."""
    parts = [treatment.category, f"{treatment.percent:f}", treatment.country, treatment.reason, treatment.buyer_number]
    return " ".join(each for each in parts if each)


DE, DE_2 = "DE136695976", "DE811907980"
PENDING, UNVERIFIED, UNAVAILABLE = State.PENDING, State.UNVERIFIED, State.UNAVAILABLE
OSS = Kind.EU_OSS_VAT


@pytest.mark.parametrize(
    ("buyer", "expected"),
    [
        (Buyer(), "S 20 FR no_address"),
        (at("FR", "75001"), "S 20 FR standard"),
        (at("MC", "98000"), "S 20 FR standard"),
        (at("FR", "75001", number(DE)), f"S 20 FR same_country {DE}"),
        (at("FR", "75001", number("FR40303265045")), "S 20 FR standard FR40303265045"),
        (at("BE", "1000"), "S 21 BE standard"),
        (at("DE", "10115"), "S 20 FR standard"),  # the seller collects no German tax: its own
        (at("DE", "10115", number(DE)), f"AE 0 DE reverse_charge {DE}"),
        (at("BE", "1000", number(DE)), f"AE 0 BE reverse_charge {DE}"),
        (at("DE", "10115", number(DE, PENDING)), f"S 20 FR number_pending {DE}"),
        (at("DE", "10115", number(DE, UNVERIFIED)), f"S 20 FR number_unverified {DE}"),
        (at("DE", "10115", number(DE, UNAVAILABLE)), f"S 20 FR number_unavailable {DE}"),
        (at("BE", "1000", number(DE, UNVERIFIED), number(DE_2)), f"AE 0 BE reverse_charge {DE_2}"),
        (at("BE", "1000", number(DE, UNVERIFIED), number(DE_2, PENDING)), f"S 21 BE number_pending {DE_2}"),
        (at("DE", "10115", number("FR40303265045")), "S 20 FR number_of_sellers_state FR40303265045"),
        (at("DE", "10115", number("EU372000041", kind=OSS)), "S 20 FR number_for_shops EU372000041"),
        (at("DE", "10115", number("XI123456789")), "S 20 FR number_for_goods XI123456789"),
        (at("GR", "10431", number("EL094259216")), "AE 0 GR reverse_charge EL094259216"),
        (at("GB", "BT1 5GS", number("XI123456789")), "S 20 GB standard"),
        (at("ES", "35001"), "O 0 territory"),
        (at("ES", "35001", number("ESB64717838")), "O 0 territory"),  # the place comes before any number
        (at("ES", "", number("ESB64717838"), region="Ceuta"), "O 0 territory"),
        (at("FR", "97400"), "S 8 RE standard"),
        (at("FR", "97200"), "O 0 territory"),
        (at("PT", "9500-321"), "S 16 PT-20 standard"),
        (at("PT", "9000-001"), "S 23 PT standard"),
        (at("PT", "9500-321", number("PT501964843")), "AE 0 PT reverse_charge PT501964843"),
        (at("US", "94103"), "O 0 outside"),
        (at("US", "94103", number(DE)), "O 0 outside"),
        (at("CH", "8001"), "O 0 outside"),
        (at("IM", "IM1 1AA"), "S 20 GB standard"),
        (at("FR", "75001", certificate("FR")), "E 0 FR exempt_certificate EX-7"),
        (at("BE", "1000", certificate("FR")), "S 21 BE standard"),
        (at("FR", "75001", certificate("FR", state=UNVERIFIED)), "S 20 FR standard"),
        (at("FR", "75001", certificate("FR", until=TODAY)), "E 0 FR exempt_certificate EX-7"),
        (at("FR", "75001", certificate("FR", until=date(2026, 11, 27))), "S 20 FR standard"),
        (at("PT", "9500-321", certificate("PT")), "E 0 PT-20 exempt_certificate EX-7"),
    ],
)  # fmt: skip
def test_a_french_sellers_sale(buyer: Buyer, expected: str) -> None:
    assert said(decide(FRENCH, TERMS, buyer, TODAY)) == expected


@pytest.mark.parametrize(
    ("buyer", "expected"),
    [
        (Buyer(), "O 0 no_address"),
        (at("US", "94103"), "O 0 not_registered"),
        (at("FR", "75001"), "S 20 FR standard"),
        (at("DE", "10115"), "O 0 not_registered"),
        (at("DE", "10115", number(DE)), f"AE 0 DE reverse_charge {DE}"),
        (at("FR", "75001", number("FR40303265045")), "AE 0 FR reverse_charge FR40303265045"),
        (at("FR", "75001", number("FR40303265045", PENDING)), "S 20 FR number_pending FR40303265045"),
        (
            at("DK", "2100", number("DK13585628", UNVERIFIED), number("EL094259216")),
            "AE 0 DK reverse_charge EL094259216",
        ),
        (at("JP", "100-0001"), "O 0 outside"),
    ],
)
def test_an_american_sellers_sale(buyer: Buyer, expected: str) -> None:
    assert said(decide(AMERICAN, TERMS, buyer, TODAY)) == expected


def test_reverse_charge_names_both_numbers() -> None:
    found = decide(FRENCH, TERMS, at("DE", "10115", number(DE)), TODAY)
    assert (found.seller_number, found.buyer_number, found.name) == ("FR40303265045", DE, "VAT")


def test_a_rate_may_have_its_own_number() -> None:
    terms = Tax(rates=(rate("FR", 20), rate("BE", 21, number="BE0428759497")))
    assert decide(FRENCH, terms, at("BE", "1000"), TODAY).seller_number == "BE0428759497"
    assert decide(FRENCH, terms, at("FR", "75001"), TODAY).seller_number == "FR40303265045"


def test_a_seller_may_do_without_reverse_charge() -> None:
    terms = replace(TERMS, reverse_charge=False)
    assert said(decide(FRENCH, terms, at("BE", "1000", number(DE)), TODAY)) == "S 21 BE standard"


def test_zero_and_exempt_rates_are_said_apart() -> None:
    terms = Tax(rates=(rate("FR", 0, kind="zero"), rate("BE", 0, kind="exempt"), rate("NL", 0)))
    assert [said(decide(FRENCH, terms, at(each), TODAY)) for each in ("FR", "BE", "NL")] == [
        "Z 0 FR zero_rate",
        "E 0 BE exempt_rate",
        "Z 0 NL zero_rate",  # a standard sale of 0 % is refused by EN 16931
    ]


def test_the_united_kingdom_left_the_union_on_a_day() -> None:
    buyer = at("GB", "SW1A 1AA", number("GB980780684"))
    assert said(decide(FRENCH, TERMS, buyer, date(2020, 12, 31))) == "AE 0 GB reverse_charge GB980780684"
    assert said(decide(FRENCH, TERMS, buyer, date(2021, 1, 1))) == "S 20 GB standard"


@pytest.mark.parametrize(
    ("day", "percent"),
    [("2006-12-31", None), ("2007-01-01", 19), ("2020-06-30", 19), ("2020-07-01", 16), ("2020-12-31", 16), ("2021-01-01", 19)],
)  # fmt: skip
def test_a_rate_for_a_time_gives_way_again(day: str, percent: int | None) -> None:
    german = (rate("DE", 19, date(2007, 1, 1)), rate("DE", 16, date(2020, 7, 1), until=date(2020, 12, 31)))
    found = rate_on(Tax(rates=german), "DE", date.fromisoformat(day))
    assert (found.percent.basis_points // 100 if found else None) == percent


NUMBERS = st.builds(
    number,
    st.sampled_from([DE, "FR40303265045", "EL094259216", "XI123456789", "GB980780684"]),
    st.sampled_from(State),
    st.sampled_from([Kind.EU_VAT, Kind.EU_OSS_VAT, Kind.GB_VAT]),
)
BUYERS = st.builds(
    Buyer,
    st.sampled_from(["", *sorted(MEMBERS), "US", "MC", "AX", "IM"]),
    st.sampled_from(["", "35001", "10115", "97400", "9500-321", "BT1 5GS"]),
    st.just(""),
    st.lists(NUMBERS, max_size=3).map(tuple),
)


@given(buyer=BUYERS, seller=st.sampled_from([FRENCH, AMERICAN]))
def test_no_tax_is_shifted_but_to_a_verified_number_of_another_member_state(buyer: Buyer, seller: Seller) -> None:
    found = decide(seller, TERMS, buyer, TODAY)
    if found.category is Category.REVERSE_CHARGE:
        (decided,) = {
            each
            for each in buyer.registrations
            if each.value == found.buyer_number and each.state is State.VERIFIED and each.kind is Kind.EU_VAT
        }
        assert decided.country not in {seller.country, "XI", "GB"}
        assert found.country in MEMBERS
        assert found.country != seller.country
    unverified = replace(buyer, registrations=tuple(replace(each, state=UNVERIFIED) for each in buyer.registrations))
    assert decide(seller, TERMS, unverified, TODAY).category is not Category.REVERSE_CHARGE


@given(buyer=BUYERS, order=st.randoms())
def test_the_order_of_registrations_changes_nothing_but_which_equal_number_is_named(
    buyer: Buyer, order: object
) -> None:
    shuffled = list(buyer.registrations)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    found, again = (
        decide(FRENCH, TERMS, each, TODAY) for each in (buyer, replace(buyer, registrations=tuple(shuffled)))
    )
    assert (found.category, found.percent, found.reason) == (again.category, again.percent, again.reason)


@pytest.mark.parametrize(
    "part", [each for each in TERRITORIES if each.standing == "outside"], ids=lambda part: part.name
)
def test_no_number_is_looked_at_in_a_part_that_is_outside(part: object) -> None:
    regions = part.regions  # type: ignore[attr-defined]
    buyer = at(part.country, "", number(DE), region=regions[0] if regions else "")  # type: ignore[attr-defined]
    found = decide(AMERICAN, Tax(), buyer, TODAY)
    assert not regions or said(found) == "O 0 territory"
    assert Decimal(0) == found.percent
