"""What is kept of each call that charges: how it ended, by which code, and when."""

from datetime import UTC, datetime

from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.payments import Attempt
from app.models.scope import as_customer
from tests.support import shop
from tests.support.reversals import buys

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_an_attempt_ends_with_its_payment_and_keeps_the_code_of_a_decline_alone(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    with clock.at(NOON):
        paid, declined = buys(app, alice_actor, 2500), buys(app, alice_actor, 2600, shop.BROKE)
    with as_customer(acme.customer_id):
        found = {row.payment_id: row for row in db.session.scalars(select(Attempt))}
    assert [(each.payment_id, each.number, each.state, each.code, each.finished_at) for each in found.values()] == [
        (paid.id, 1, "succeeded", "", NOON),
        (declined.id, 1, "declined", "insufficient_funds", NOON),
    ]
