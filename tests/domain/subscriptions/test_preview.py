"""What a change comes to with its tax: the lines add up to what is charged, and the mark covers all of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.errors import Refused
from app.domain.invoices.lines import Rate
from app.domain.money import Money
from app.domain.subscriptions.change import Quote, quote
from app.domain.subscriptions.preview import Preview, minute, previewed, read, written
from app.domain.tax.prices import Price, Taxation
from app.domain.tax.treatment import Category, Reason, Treatment, tax_on
from tests.domain.subscriptions.test_change import AT_ONCE, BUSINESS, JUNE, PERSONAL, PLANS, TEAM, of, subscribed

VAT = Treatment(Category.STANDARD, Decimal(19), "VAT", "DE", Reason.STANDARD)
RATE = Rate("S", Decimal(19))
choices = st.one_of(
    st.builds(lambda each: of(PERSONAL, interval=each), st.sampled_from(["monthly", "annual"])),
    st.builds(lambda seats, each: of(TEAM, seats, each), st.integers(3, 25), st.sampled_from(["monthly", "annual"])),
    st.builds(lambda seats: of(BUSINESS, seats), st.integers(10, 200)),
)


def shown(has: object, wants: object, now: datetime, prices: str = "exclusive", version: int = 1) -> Preview:
    found = quote(AT_ONCE, subscribed(has), wants, minute(now), RATE)  # type: ignore[arg-type]  # choices
    return previewed(found, 1, VAT, prices, version, back(found, prices))  # type: ignore[arg-type]  # one of two words


def back(found: Quote, prices: str) -> Price | None:
    """Return what is given back, taxed as it was paid."""
    if found.net.amount_minor >= 0:
        return None
    size = Money(-found.net.amount_minor, found.net.currency)
    paid = Taxation(VAT, prices).price(size)  # type: ignore[arg-type]  # one of two words
    return Price(*(Money(-each.amount_minor, each.currency) for each in (paid.net, paid.tax)))


def check(has: object, wants: object, minutes: int, prices: str) -> None:
    try:
        seen = shown(has, wants, JUNE + timedelta(minutes=minutes), prices)
    except Refused:
        return
    assert sum(line.net.amount_minor for line in seen.lines) == seen.price.net.amount_minor
    assert read(written(seen.lines), RATE, "EUR") == seen.lines
    if prices == "inclusive":
        assert seen.price.total == seen.quote.net
    elif seen.price.net.amount_minor >= 0:
        assert seen.price.tax == tax_on(seen.price.net, VAT.percent)
    if seen.charged.amount_minor:
        assert seen.charged == seen.totals.payable == seen.price.total
    assert seen.given.amount_minor == max(0, -seen.price.total.amount_minor)
    assert shown(has, wants, JUNE + timedelta(minutes=minutes, seconds=59), prices).mark == seen.mark


STEP = {
    "has": choices,
    "wants": choices,
    "minutes": st.integers(0, 30 * 24 * 60 - 1),
    "prices": st.sampled_from(["exclusive", "inclusive"]),
}


@given(**STEP)
@settings(max_examples=50)
def test_the_lines_add_up_to_what_is_charged(has: object, wants: object, minutes: int, prices: str) -> None:
    check(has, wants, minutes, prices)


@pytest.mark.proof
@given(**STEP)
@settings(max_examples=10_000)
def test_ten_thousand_changes_add_up_to_what_is_charged(has: object, wants: object, minutes: int, prices: str) -> None:
    check(has, wants, minutes, prices)


def test_anything_that_is_shown_changes_the_mark() -> None:
    now, has, wants = datetime(2027, 6, 16, tzinfo=UTC), of(TEAM), of(TEAM, 5)
    seen = shown(has, wants, now)
    exempt = Treatment(Category.REVERSE_CHARGE, Decimal(0), "", "FR", Reason.REVERSE_CHARGE)
    found = quote(PLANS, subscribed(has), wants, now, RATE)
    others = {
        shown(has, of(TEAM, 6), now).mark,
        shown(has, wants, now + timedelta(hours=1)).mark,
        shown(has, wants, now, version=2).mark,
        shown(has, wants, now, "inclusive").mark,
        previewed(found, 2, VAT, "exclusive", 1).mark,
        previewed(found, 1, exempt, "exclusive", 1).mark,
        previewed(replace(found, is_now=False), 1, VAT, "exclusive", 1).mark,
    }
    assert seen.mark not in others
    assert len(others) == 7
