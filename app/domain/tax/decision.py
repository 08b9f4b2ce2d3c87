"""How a sale is taxed: a pure function of the seller, the catalog's terms, the customer and the day.

The order is: place, certificate, number, rate. docs/tax.md says the same in words.
"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from app.domain.catalog import Seller
from app.domain.catalog_terms import Percent, Tax, TaxRate
from app.domain.tax.places import Place, country_of, is_member, locate
from app.domain.tax.registrations import Kind, Registration, State
from app.domain.tax.treatment import Category, Reason, Treatment

_WAITS = {
    State.PENDING: Reason.NUMBER_PENDING,
    State.UNVERIFIED: Reason.NUMBER_UNVERIFIED,
    State.UNAVAILABLE: Reason.NUMBER_UNAVAILABLE,
}


@dataclass(frozen=True, slots=True)
class Buyer:
    """A customer as a decision on tax sees it; without a country where no address was given yet."""

    country: str = ""
    postal_code: str = ""
    region: str = ""
    registrations: tuple[Registration, ...] = ()


def decide(seller: Seller, terms: Tax, buyer: Buyer, on: date) -> Treatment:
    """Return how a sale of the seller to the buyer is taxed on that day."""
    home = locate(seller.country, "", "", on)
    if not buyer.country:
        return _taxed(_rate(terms, home, on), seller, Reason.NO_ADDRESS)
    place = locate(buyer.country, buyer.postal_code, buyer.region, on)
    rate = _rate(terms, place, on)
    if rate is None and place.in_union and home.in_union:
        rate = _rate(terms, home, on)  # until the seller collects the tax of the customer's country
    certificate = _certificate(buyer, place, on)
    if certificate and rate is not None:
        return _untaxed(Category.EXEMPT, Reason.EXEMPT_CERTIFICATE, seller, rate, certificate.value)
    why, number = (Reason.STANDARD, "") if not terms.reverse_charge else _numbers(buyer, place, home, on)
    if why is Reason.REVERSE_CHARGE:
        shown = rate or TaxRate(place.country, "VAT", Percent(0), on)
        return replace(_untaxed(Category.REVERSE_CHARGE, why, seller, shown, number), country=place.state)
    if rate is not None:
        return _taxed(rate, seller, why, number)
    return Treatment(Category.OUTSIDE, Decimal(0), "", "", _why_outside(place, home))


def rate_on(terms: Tax, country: str, on: date) -> TaxRate | None:
    """Return the country's rate in force on that day: the one that began last; one for a time gives way again."""
    in_force = [
        rate
        for rate in terms.rates
        if rate.country == country and rate.since <= on and (rate.until is None or on <= rate.until)
    ]
    return max(in_force, key=lambda rate: rate.since, default=None)


def _rate(terms: Tax, place: Place, on: date) -> TaxRate | None:
    return next((rate for code in place.codes if (rate := rate_on(terms, code, on))), None)


def _certificate(buyer: Buyer, place: Place, on: date) -> Registration | None:
    return next((each for each in buyer.registrations for code in place.codes if each.exempts(code, on)), None)


def _numbers(buyer: Buyer, place: Place, home: Place, on: date) -> tuple[Reason, str]:
    """Return what the buyer's European numbers come to, and which of them decided."""
    found = [_worth(each, place, home, on) for each in buyer.registrations if place.in_union]
    return min(found, key=lambda each: _STRENGTH.index(each[0]), default=(Reason.STANDARD, ""))


def _worth(number: Registration, place: Place, home: Place, on: date) -> tuple[Reason, str]:
    state = country_of(number.country)
    if number.kind is Kind.EU_OSS_VAT:
        return Reason.NUMBER_FOR_SHOPS, number.value
    if number.kind is not Kind.EU_VAT:
        return Reason.STANDARD, ""
    if number.country == "XI" or not is_member(state, on):
        return Reason.NUMBER_FOR_GOODS, number.value
    if place.state == home.state:
        return (Reason.STANDARD if state == home.state else Reason.SAME_COUNTRY), number.value
    if state == home.state:
        return Reason.NUMBER_OF_SELLERS_STATE, number.value
    return _WAITS.get(number.state, Reason.REVERSE_CHARGE), number.value


_STRENGTH = (
    Reason.REVERSE_CHARGE,
    Reason.NUMBER_PENDING,
    Reason.NUMBER_UNAVAILABLE,
    Reason.NUMBER_UNVERIFIED,
    Reason.SAME_COUNTRY,
    Reason.NUMBER_OF_SELLERS_STATE,
    Reason.NUMBER_FOR_GOODS,
    Reason.NUMBER_FOR_SHOPS,
    Reason.STANDARD,
)
"""Which of several numbers is spoken of: the one that helps, then the one that may yet."""


def _taxed(rate: TaxRate | None, seller: Seller, reason: Reason, number: str = "") -> Treatment:
    if rate is None:
        return Treatment(Category.OUTSIDE, Decimal(0), "", "", reason)
    if rate.kind == "exempt":
        return _untaxed(Category.EXEMPT, Reason.EXEMPT_RATE, seller, rate, number)
    if rate.percent.basis_points == 0:
        return _untaxed(Category.ZERO, Reason.ZERO_RATE, seller, rate, number)
    percent = Decimal(rate.percent.basis_points) / 100
    return Treatment(Category.STANDARD, percent, rate.name, rate.country, reason, number, rate.number or seller.tax_id)


def _untaxed(category: Category, reason: Reason, seller: Seller, rate: TaxRate, number: str) -> Treatment:
    return Treatment(category, Decimal(0), rate.name, rate.country, reason, number, rate.number or seller.tax_id)


def _why_outside(place: Place, home: Place) -> Reason:
    if place.territory:
        return Reason.TERRITORY
    at_home = place.state == home.state
    return Reason.NOT_REGISTERED if place.in_union or at_home else Reason.OUTSIDE
