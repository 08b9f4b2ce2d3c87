"""Whatever was changed before, the time that is left is worth what was paid for it: no more comes off, and no less."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.addresses.address import Address
from app.domain.errors import Refused
from app.domain.money import Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.ledger import Grant
from app.services.customers import address
from app.services.reversals import refunds
from app.services.subscriptions.preview import Target
from app.services.verification.verify import verify
from tests.support import months, plans, terms
from tests.support.corrections import OSLO
from tests.support.plans import BEGIN, HALF, confirms, previews, target
from tests.support.shop import GOOD, add_method

IMMEDIATE = ('downgrade = "period_end"', 'downgrade = "immediate"')
AT_USE = ('credits = "at_purchase"', 'credits = "at_use"')
INCLUSIVE = ('prices = "exclusive"', 'prices = "inclusive"')
STOCKHOLM = Address("Small AB", "Drottninggatan 1", "", "Stockholm", "111 51", "", "SE")
YEAR, MONTH = target("team", interval="annual"), target("team", interval="monthly")
WAYS = [(), (INCLUSIVE,), (AT_USE,), (AT_USE, INCLUSIVE)]


def customer(*words: tuple[str, str]) -> tuple[Actor, Customer, str]:
    """Return a customer with a card whose seller gives less at once, and its manager."""
    acme = plans.customer(IMMEDIATE, *words)
    alice = plans.manager(acme)
    return alice, acme, add_method(alice, GOOD).id


def kept(acme: Customer) -> int:
    """Return what the seller has kept of the customer's money: what was paid, less what is credit or went back."""
    paid = sum(each.received_minor - each.refunded_minor for each in plans.payment_rows(acme))
    return paid - sum(each.micros for each in plans.rows(Grant, acme) if each.kind == "proration") // 10_000


def off(acme: Customer, wants: Target, minutes: int = 0) -> int:
    """Return what a change takes off, as prices are listed."""
    lines = previews(acme, wants, HALF + timedelta(minutes=minutes)).quote.lines
    return -sum(line.net.amount_minor for line in lines if line.net.amount_minor < 0)


def lives(acme: Customer, where: Address, version: int) -> None:
    with clock.at(BEGIN):
        address.change(acme.customer_id, where, "", version, by="mem_alice", as_typed=True)


def refunded(payment_id: str | None, part: int = 0) -> None:
    with clock.at(HALF + timedelta(minutes=1)):
        size = Money(part, "USD") if part else None
        refunds.refund(payment_id or "", amount=size, reason="Asked for", requested_by="seller")


@pytest.mark.both_databases
@pytest.mark.parametrize("words", [(AT_USE,), (AT_USE, INCLUSIVE)], ids=["before tax", "with tax"])
@pytest.mark.parametrize("seconds", [10, 75])
def test_there_and_back_within_a_minute_costs_what_is_had_in_the_end(
    app: Flask, words: tuple[tuple[str, str], ...], seconds: int
) -> None:
    alice, acme, card = customer(*words)
    ways = (YEAR, MONTH, target("team", 25, "annual"), target("team", 3, "annual"))
    for place, wants in enumerate(ways):
        confirms(alice, wants, card, at=BEGIN + timedelta(seconds=seconds * place))
    once = plans.customer_in(acme.catalog)
    other = plans.manager_of(once)
    confirms(other, YEAR, add_method(other, GOOD).id, at=BEGIN)
    assert abs(kept(acme) - kept(once)) <= 25, "a few minutes of a year of 25 seats at most"
    assert off(acme, target("free")) in range(off(once, target("free")) - 3, off(once, target("free")) + 4)
    assert verify() == []


@pytest.mark.parametrize("words", WAYS)
def test_less_of_what_went_back_waits_and_is_given_once(app: Flask, words: tuple[tuple[str, str], ...]) -> None:
    alice, acme, card = customer(*words)
    confirms(alice, target("team"), card, at=BEGIN)
    assert confirms(alice, target("free"), "").state == "applied"
    after = kept(acme)
    again = confirms(alice, target("team"), card)
    refunded(again.payment_id)
    assert kept(acme) == after
    assert confirms(alice, target("free"), "", at=HALF + timedelta(minutes=2)).state == "scheduled"
    assert (kept(acme), verify()) == (after, [])


@pytest.mark.parametrize("words", WAYS)
def test_of_a_plan_that_was_paid_in_part_a_dearer_one_takes_the_part_off(
    app: Flask, words: tuple[tuple[str, str], ...]
) -> None:
    alice, acme, card = customer(*words)
    june = confirms(alice, target("team"), card, at=BEGIN)
    refunded(june.payment_id, june.total_minor // 2)
    assert confirms(alice, target("personal"), "", at=HALF + timedelta(minutes=2)).state == "scheduled"
    assert off(acme, target("team", 10), 3) == 0, "seats alone take nothing off"
    assert off(acme, YEAR, 3) in {1224, 1225}


@pytest.mark.parametrize("words", WAYS)
def test_what_paid_for_a_change_and_went_back_leaves_what_the_change_took_off(
    app: Flask, words: tuple[tuple[str, str], ...]
) -> None:
    alice, acme, card = customer(*words)
    confirms(alice, target("personal"), card, at=BEGIN)
    more = confirms(alice, target("team"), card)
    refunded(more.payment_id)
    assert off(acme, YEAR, 2) in {599, 600}, "half of the month that was paid before"


@pytest.mark.parametrize("words", [(INCLUSIVE,), (INCLUSIVE, AT_USE)])
@pytest.mark.parametrize(("before", "after"), [(STOCKHOLM, OSLO), (OSLO, STOCKHOLM)])
def test_where_prices_include_tax_its_rate_changes_nothing_of_what_is_taken_off(
    app: Flask, words: tuple[tuple[str, str], ...], before: Address, after: Address
) -> None:
    alice, acme, card = customer(*words)
    lives(acme, before, 0)
    confirms(alice, YEAR, card, at=BEGIN)
    lives(acme, after, 1)
    assert confirms(alice, MONTH, "").state == "applied"
    assert off(acme, target("team", 25, "annual")) in {2449, 2450, 2451}
    more = confirms(alice, target("team", 25, "annual"), card)
    assert (more.state, verify()) == ("applied", [])


@pytest.mark.parametrize("words", WAYS)
def test_a_change_that_comes_to_nothing_forgets_nothing(app: Flask, words: tuple[tuple[str, str], ...]) -> None:
    alice, acme, card = customer(('annual = "490.00"', 'annual = "25.55"'), *words)
    confirms(alice, YEAR, card, at=BEGIN)
    month = confirms(alice, MONTH, "")
    assert (month.state, month.total_minor, month.lines) == ("applied", 0, "[]")
    assert off(acme, target("free")) in {2449, 2450, 2451}
    assert confirms(alice, target("free"), "").state == "applied"
    assert verify() == []


@pytest.mark.parametrize("words", WAYS)
def test_seats_that_were_added_are_worth_what_they_cost_beside_the_rest(
    app: Flask, words: tuple[tuple[str, str], ...]
) -> None:
    alice, acme, card = customer(*words)
    confirms(alice, target("team"), card, at=BEGIN)
    confirms(alice, target(seats=5), card)
    confirms(alice, target(seats=4), "")
    more = confirms(alice, target(seats=6), card)
    assert off(acme, YEAR, 1) in range(4698, 4703), "half of 49.00 and of three seats for 15.00"
    refunded(more.payment_id)
    assert off(acme, YEAR, 2) in range(3198, 3203), "and of one seat"
    assert verify() == []


def test_a_year_that_was_left_before_the_month_was_renewed_counts_no_more(app: Flask) -> None:
    alice, acme, card = customer(AT_USE, ('annual = "490.00"', 'annual = "90.00"'))
    confirms(alice, target("team", 18, "annual"), card, at=BEGIN)
    confirms(alice, target("team", 25, "monthly"), "")
    july = datetime(2027, 7, 1, tzinfo=UTC)
    assert months.runs(july) == 1
    back = confirms(alice, target("team", 3, "annual"), "", at=july + timedelta(days=1))
    assert (back.state, back.total_minor < 0) == ("applied", True)
    seen = previews(acme, target("free"), july + timedelta(days=2))
    assert seen.quote.net.amount_minor == -round(9000 * 364 / 366)
    assert verify() == []


@pytest.mark.parametrize("words", WAYS)
def test_where_an_upgrade_and_what_it_was_made_from_went_back_nothing_is_taken_off(
    app: Flask, words: tuple[tuple[str, str], ...]
) -> None:
    alice, acme, card = customer(*words)
    june = confirms(alice, target("personal"), card, at=BEGIN)
    more = confirms(alice, target("team"), card)
    refunded(more.payment_id)
    refunded(june.payment_id)
    assert off(acme, YEAR, 2) == 0
    assert verify() == []


@pytest.mark.parametrize("words", WAYS)
@pytest.mark.parametrize("price", ["98.00", "24.00"])
def test_seats_of_a_plan_that_the_seller_has_moved_wait_for_the_end_of_the_period(
    app: Flask, words: tuple[tuple[str, str], ...], price: str
) -> None:
    alice, acme, card = customer(*words)
    confirms(alice, target("team"), card, at=BEGIN)
    plans.applies(IMMEDIATE, *words, ('monthly = "49.00"', f'monthly = "{price}"'))
    with clock.at(HALF):
        terms.gives(acme, "team")
    confirms(alice, target(seats=5), card)
    paid = kept(acme)
    assert confirms(alice, target(seats=3), "").state == "scheduled"
    assert (kept(acme), off(acme, target("free")) in range(3949, 3952)) == (paid, True), "24.50 and 15.00 were billed"
    assert verify() == []


def test_who_was_moved_has_the_seats_of_the_other_plan(app: Flask) -> None:
    alice, acme, card = customer(AT_USE)
    confirms(alice, target("team", 12), card, at=BEGIN)
    with clock.at(HALF):
        terms.gives(acme, "personal")
    with pytest.raises(Refused) as refused:
        previews(acme, target("personal"))
    assert refused.value.reason == "nothing_changes"
    assert previews(acme, target("personal", interval="annual")).wants.seats == 1


@pytest.mark.parametrize(("before", "after", "listed"), [(STOCKHOLM, OSLO, 3063), (OSLO, STOCKHOLM, 1960)])
def test_what_comes_off_bears_its_tax_also_where_the_seller_made_the_plan_dearer(
    app: Flask, before: Address, after: Address, listed: int
) -> None:
    alice, acme, card = customer(AT_USE)
    lives(acme, before, 0)
    confirms(alice, target("team"), card, at=BEGIN)
    lives(acme, after, 1)
    dearer = ('monthly = "49.00"', 'monthly = "999.00"'), ('annual = "490.00"', 'annual = "499.00"')
    plans.applies(IMMEDIATE, AT_USE, *dearer)
    with clock.at(HALF):
        terms.gives(acme, "team")
    seen = previews(acme, YEAR)
    assert off(acme, YEAR) in {listed, listed + 1, listed - 1}
    assert seen.quote.is_now and seen.charged.amount_minor > 0
    assert (confirms(alice, YEAR, card).state, verify()) == ("applied", [])
