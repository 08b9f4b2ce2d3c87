"""One payment buys one grant, whoever asks for it again (I9)."""

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.errors import Broken
from app.domain.money import MICROS, Credits
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Grant
from app.models.scope import as_customer, as_service
from app.services.ledger import grants, posting
from app.services.transaction import transaction
from tests.support.reversals import buys


def test_a_payment_that_is_given_again_gives_the_grant_that_is_there(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)

    def again(units: int) -> str:
        with as_service("give it again"), transaction() as session:
            return grants.add(
                posting.lock(session, acme.customer_id),
                kind="purchased",
                credits=Credits(units * MICROS),
                now=clock.now(),
                description="Again",
                payment_id=payment.id,
            ).id

    with as_customer(acme.customer_id):
        (bought,) = db.session.scalars(select(Grant.id)).all()
    assert again(25) == bought
    with pytest.raises(Broken, match="has bought another amount"):
        again(26)
    with as_customer(acme.customer_id):
        assert db.session.scalars(select(Grant.id)).all() == [bought]
