"""What is taken off for time that is not used is what was billed for it, and did not go back."""

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.money import Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.services.reversals import refunds
from app.services.verification.verify import verify
from tests.support import plans, terms
from tests.support.plans import BEGIN, HALF, confirms, previews, target
from tests.support.shop import GOOD, add_method

IMMEDIATE = ('downgrade = "period_end"', 'downgrade = "immediate"')
AT_USE = ('credits = "at_purchase"', 'credits = "at_use"')
INCLUSIVE = ('prices = "exclusive"', 'prices = "inclusive"')
DOUBLED = ('monthly = "49.00"', 'monthly = "98.00"')
SOON = BEGIN + timedelta(hours=1)
YEAR = target("team", interval="annual")


def team(*words: tuple[str, str], seats: int = 3) -> tuple[Actor, Customer, str]:
    """Return a customer who has paid for a team of June, its manager and the payment."""
    acme = plans.customer(*words)
    alice = plans.manager(acme)
    order = confirms(alice, target("team", seats), add_method(alice, GOOD).id, at=BEGIN)
    return alice, acme, order.payment_id or ""


def taken_off(acme: Customer, wants: object = YEAR) -> int:
    """Return what is taken off for time that is not used."""
    lines = previews(acme, wants).quote.lines  # type: ignore[arg-type]  # a target
    return sum(line.net.amount_minor for line in lines if line.net.amount_minor < 0)


def moved(acme: Customer, *words: tuple[str, str]) -> None:
    """Let the seller move the customer to the team of the catalog's next version."""
    if words:
        plans.applies(*words)
    with clock.at(SOON):
        terms.gives(acme, "team")


def refunded(payment_id: str, part: int) -> None:
    """Let the seller refund a part of the payment."""
    with clock.at(HALF - timedelta(days=2)):
        size = Money(part, "USD") if part else None
        refunds.refund(payment_id, amount=size, reason="Asked for", requested_by="seller")


def test_what_nobody_paid_is_not_taken_off(app: Flask) -> None:
    acme = plans.customer()
    alice = plans.manager(acme)
    moved(acme)
    assert taken_off(acme) == 0
    seen = previews(acme, YEAR)
    assert [words for words, _net in plans_lines(seen)] == ["Team, 16 June 2027 – 31 May 2028"]
    order = confirms(alice, YEAR, add_method(alice, GOOD).id)
    assert (order.state, order.net_minor, verify()) == ("applied", seen.price.net.amount_minor, [])


def plans_lines(seen: object) -> list[tuple[str, int]]:
    return [(line.description, line.net.amount_minor) for line in seen.lines]  # type: ignore[attr-defined]  # a preview


@pytest.mark.parametrize("words", [(), (INCLUSIVE,), (IMMEDIATE,)])
def test_time_is_taken_off_at_the_price_that_was_billed(app: Flask, words: tuple[tuple[str, str], ...]) -> None:
    _alice, acme, _paid = team(*words)
    assert taken_off(acme) == -2450
    moved(acme, *words, DOUBLED)
    assert taken_off(acme) == -2450
    if IMMEDIATE in words:
        assert previews(acme, target("free")).given.amount_minor == 2450


@pytest.mark.parametrize("words", [(), (INCLUSIVE,), (IMMEDIATE,)])
def test_what_the_seller_made_cheaper_is_taken_off_at_the_price_that_was_billed(
    app: Flask, words: tuple[tuple[str, str], ...]
) -> None:
    _alice, acme, _paid = team(*words, DOUBLED)
    assert taken_off(acme) in {-4900, -4901}
    plans.applies(*words)
    moved(acme)
    assert taken_off(acme) == -4900
    if IMMEDIATE in words:
        assert previews(acme, target("free")).given.amount_minor == 4900


@pytest.mark.parametrize("words", [(), (INCLUSIVE,), (AT_USE,), (AT_USE, INCLUSIVE)])
def test_what_was_given_back_as_credit_is_not_taken_off_again(app: Flask, words: tuple[tuple[str, str], ...]) -> None:
    alice, acme, _paid = team(IMMEDIATE, *words, seats=5)
    confirms(alice, target(seats=3), "")
    assert taken_off(acme) in {-2450, -2451}
    confirms(alice, target("personal"), "")
    assert taken_off(acme, target("personal", interval="annual")) in {-600, -601}
    assert verify() == []


@pytest.mark.parametrize("words", [(), (INCLUSIVE,), (AT_USE,), (AT_USE, INCLUSIVE)])
def test_of_a_year_that_was_left_and_come_back_to_nothing_is_taken_off_twice(
    app: Flask, words: tuple[tuple[str, str], ...]
) -> None:
    alice, acme, _paid = team(IMMEDIATE, *words)
    way = add_method(alice, GOOD).id
    for day, wants in enumerate((YEAR, target("team", 3, "monthly"), target("team", 25, "annual"))):
        confirms(alice, wants, way, at=HALF + timedelta(days=day))
    left = previews(acme, target("team", 3), HALF + timedelta(days=2))
    assert [line.net.amount_minor for line in left.quote.lines] == [-round(22 * 15000 * 349 / 366)]
    assert verify() == []


@pytest.mark.parametrize("words", [(), (INCLUSIVE,), (AT_USE,), (AT_USE, INCLUSIVE)])
def test_of_a_month_that_a_year_was_left_for_its_own_price_is_taken_off(
    app: Flask, words: tuple[tuple[str, str], ...]
) -> None:
    alice, acme, _paid = team(IMMEDIATE, *words)
    confirms(alice, YEAR, add_method(alice, GOOD).id, at=BEGIN)
    confirms(alice, target("team", 3, "monthly"), "", at=HALF)
    assert taken_off(acme, target("free")) == -2450


def test_what_was_refunded_is_not_taken_off_again(app: Flask) -> None:
    _alice, acme, paid = team()
    refunded(paid, 0)
    assert taken_off(acme) == 0


def test_of_a_part_refunded_the_rest_is_taken_off(app: Flask) -> None:
    _alice, acme, paid = team()
    refunded(paid, 3025)  # half of 60.49
    assert taken_off(acme) == -1225
