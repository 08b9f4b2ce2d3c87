"""What of a catalog's tax is refused when it is applied: each rule just kept, and just broken."""

from dataclasses import replace
from datetime import date

import pytest

from app.domain.catalog import Catalog
from app.domain.catalog_problems import dotted
from app.domain.catalog_terms import Invoices, Percent, Tax, TaxRate
from app.domain.tax.catalog_rules import problems
from app.services.catalog import versions
from tests.support.small_catalogs import SMALL

GOOD: Catalog = versions.parse(SMALL)
DAY = date(2026, 1, 1)


def rated(*rates: TaxRate, tax_id: str = "DE811907980", country: str = "DE", reverse_charge: bool = True) -> Catalog:
    seller = replace(GOOD.seller, country=country, tax_id=tax_id)
    return replace(GOOD, seller=seller, tax=Tax(rates=rates, reverse_charge=reverse_charge))


def rate(country: str = "DE", percent: int = 1900, **more: object) -> TaxRate:
    return TaxRate(country, "VAT", Percent(percent), DAY, **more)  # type: ignore[arg-type]


def paid(first: bool | None, credits: str) -> Catalog:  # noqa: A002  # the product's word; a value of the table
    return replace(GOOD, invoices=Invoices(credits_first=first), tax=Tax(credits=credits))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("catalog", "found"),
    [
        (GOOD, {}),
        (paid(True, "at_purchase"), {"invoices.credits_first": 'is true, but tax.credits is "at_purchase": credit that was taxed when it was bought would pay an invoice that is taxed again; leave it away or set tax.credits to "at_use"'}),
        (paid(None, "at_purchase"), {}),
        (paid(False, "at_purchase"), {}),
        (paid(True, "at_use"), {}),
        (paid(False, "at_use"), {}),
        (rated(rate()), {}),
        (rated(rate(), tax_id=""), {"seller.tax_id": "is missing: an invoice with reverse charge names the seller's VAT number; give it or set tax.reverse_charge to false"}),
        (rated(rate(), tax_id="", reverse_charge=False), {}),
        (rated(rate(), tax_id="", country="US"), {}),
        (rated(tax_id=""), {}),
        (rated(rate(until=DAY)), {}),
        (rated(rate(until=date(2025, 12, 31))), {"tax.rates[1].until": "must not come before since (2026-01-01)"}),
        (rated(rate(kind="zero")), {"tax.rates[1].percent": 'must be "0" for a rate of kind zero'}),
        (rated(rate(kind="exempt")), {"tax.rates[1].percent": 'must be "0" for a rate of kind exempt'}),
        (rated(rate(percent=0)), {"tax.rates[1].percent": 'must be more than 0; a rate of nothing is of kind "zero" or "exempt"'}),
        (rated(rate(percent=0, kind="zero"), rate("AT", 0, kind="exempt")), {}),
        (rated(rate("EL")), {"tax.rates[1].country": "must be GR, as ISO 3166 writes it, not EL"}),
        (rated(rate("UK")), {"tax.rates[1].country": "must be GB, as ISO 3166 writes it, not UK"}),
        (rated(rate("MC")), {"tax.rates[1].country": "is taxed as FR, whose rate applies there"}),
        (rated(rate("PT-20"), rate("IC"), rate("RE")), {}),
        (rated(rate(), rate("PT-99")), {"tax.rates[2].country": "names no part of a country that has its own rate; there are AT-JM, PT-20, PT-30"}),
    ],
)  # fmt: skip
def test_what_is_refused_is_said_with_its_key(catalog: Catalog, found: dict[str, str]) -> None:
    assert {dotted(each.path): each.reason for each in problems(catalog)} == found


@pytest.mark.parametrize(
    ("first", "credits", "pays"),
    [(None, "at_purchase", False), (True, "at_purchase", False), (None, "at_use", True), (True, "at_use", True), (False, "at_use", False)],
)  # fmt: skip
def test_credit_pays_invoices_where_it_was_not_taxed_before(first: bool | None, credits: str, pays: bool) -> None:  # noqa: A002
    assert paid(first, credits).credit_pays_invoices is pays
