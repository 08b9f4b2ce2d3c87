"""The days of a balance: every day has what came in, what was used and where it stood at its end."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.errors import Broken
from app.domain.money import MICROS, Credits
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services.balance import history
from app.services.balance.history import Day
from app.services.ledger import grants
from app.services.usage import recording

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ONE = timedelta(days=1)


def credit(units: int) -> Credits:
    return Credits(units * MICROS)


def moves(of: Customer, at: datetime, *, adds: int = 0, uses: int = 0) -> None:
    with clock.at(at):
        if adds:
            grants.give(of.customer_id, kind="promotional", credits=credit(adds), granted_by="test", reason="Test")
        if uses:
            recording.record(of.customer_id, key=f"{at}", credits=credit(uses), description="Test")


def test_a_day_without_a_movement_stands_where_the_last_one_ended(app: Flask, acme: Customer, globex: Customer) -> None:
    moves(acme, NOON, adds=10, uses=3)
    moves(acme, NOON + 2 * ONE, uses=1)
    moves(acme, NOON + 4 * ONE, adds=5)
    moves(globex, NOON - ONE, adds=70)
    moves(globex, NOON + ONE, adds=7)
    first = NOON.date()
    shown = [
        Day(first - ONE, credit(0), credit(0), credit(0)),
        Day(first, credit(10), credit(3), credit(7)),
        Day(first + ONE, credit(0), credit(0), credit(7)),
        Day(first + 2 * ONE, credit(0), credit(1), credit(6)),
        Day(first + 3 * ONE, credit(0), credit(0), credit(6)),
        Day(first + 4 * ONE, credit(5), credit(0), credit(11)),
        Day(first + 5 * ONE, credit(0), credit(0), credit(11)),
    ]
    with as_customer(acme.customer_id):
        for begin, end in ((0, 6), (1, 1), (2, 2), (2, 4), (3, 5), (4, 4), (6, 6), (0, 0)):
            assert history.days(shown[begin].day, shown[end].day) == shown[begin : end + 1]
        with pytest.raises(Broken, match="days that end before they begin"):
            history.days(date(2026, 11, 22), date(2026, 11, 21))


def test_what_is_booked_on_an_earlier_day_moves_the_later_ones_of_its_customer_alone(
    app: Flask, acme: Customer, globex: Customer
) -> None:
    later = NOON.date() + ONE
    for each in (acme, globex):
        moves(each, NOON + ONE, adds=10)
    moves(acme, NOON, uses=3)  # by a machine whose clock is behind
    for each, closing in ((acme, 7), (globex, 10)):
        with as_customer(each.customer_id):
            assert history.days(later, later) == [Day(later, credit(10), credit(0), credit(closing))]
