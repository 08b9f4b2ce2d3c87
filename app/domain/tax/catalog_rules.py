"""What of a catalog's tax could not be charged or invoiced rightly.

Asked of a catalog that is to be sold from. One that was sold from before is read as it is.
"""

from collections.abc import Iterator
from datetime import date

from app.domain.catalog import Catalog
from app.domain.catalog_problems import Path, Problem
from app.domain.catalog_terms import TaxRate
from app.domain.tax.places import TREATED_AS, country_of, is_member
from app.domain.tax.territories import TERRITORIES, Standing

_PARTS = {each.code: each for each in TERRITORIES}


def problems(catalog: Catalog) -> list[Problem]:
    """Return what is wrong with how tax is reckoned, and with paying invoices by credit beside it."""
    return [*_credits_first(catalog), *_named_unit(catalog), *_seller(catalog), *_rates(catalog.tax.rates)]


def _credits_first(catalog: Catalog) -> Iterator[Problem]:
    if catalog.invoices.credits_first and catalog.tax.credits == "at_purchase":
        yield Problem(
            ("invoices", "credits_first"),
            'is true, but tax.credits is "at_purchase": credit that was taxed when it was bought would pay an invoice '
            'that is taxed again; leave it away or set tax.credits to "at_use"',
        )


def _named_unit(catalog: Catalog) -> Iterator[Problem]:
    if catalog.tax.credits == "at_use" and catalog.credit_unit != catalog.currency:
        yield Problem(
            ("tax", "credits"),
            f'must not be "at_use" where credit is counted in {catalog.credit_unit}: its use is on no invoice, so that '
            'nobody would ever tax it; set "at_purchase", or leave credits.unit away',
        )


def _seller(catalog: Catalog) -> Iterator[Problem]:
    seller, tax = catalog.seller, catalog.tax
    if is_member(country_of(seller.country), date.max) and tax.rates and tax.reverse_charge and not seller.tax_id:
        yield Problem(
            ("seller", "tax_id"),
            "is missing: an invoice with reverse charge names the seller's VAT number; "
            "give it or set tax.reverse_charge to false",
        )


def _rates(rates: tuple[TaxRate, ...]) -> Iterator[Problem]:
    for index, rate in enumerate(rates):
        path: Path = ("tax", "rates", index)
        if rate.until is not None and rate.until < rate.since:
            yield Problem((*path, "until"), f"must not come before since ({rate.since})")
        if rate.kind in {"zero", "exempt"} and rate.percent.basis_points:
            yield Problem((*path, "percent"), f'must be "0" for a rate of kind {rate.kind}')
        if rate.kind in {"standard", "reduced"} and not rate.percent.basis_points:
            yield Problem((*path, "percent"), 'must be more than 0; a rate of nothing is of kind "zero" or "exempt"')
        yield from _country(path, rate.country)


def _country(path: Path, code: str) -> Iterator[Problem]:
    part = _PARTS.get(code)
    if country_of(code) != code:
        yield Problem((*path, "country"), f"must be {country_of(code)}, as ISO 3166 writes it, not {code}")
    elif code in TREATED_AS:
        yield Problem((*path, "country"), f"is taxed as {TREATED_AS[code]}, whose rate applies there")
    elif "-" in code and part is None:
        own = ", ".join(sorted(each.code for each in TERRITORIES if each.standing is Standing.OWN_RATE))
        yield Problem((*path, "country"), f"names no part of a country that has its own rate; there are {own}")
