"""What changes between the form's check and the order itself: the order looks again, under its lock."""

import pytest
from flask import Flask

from app import clock, ids
from app.domain.errors import Refused
from app.domain.money import Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer
from app.services.catalog import versions
from app.services.payments import top_ups
from app.services.tax import decision
from tests.support import shop
from tests.support.taxed import becomes, lives, registered, sold_from_france


def test_an_order_that_comes_to_something_else_than_was_previewed_is_refused(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    sold_from_france()
    lives(acme, "DE")
    number = registered(acme, "unverified")
    saved = shop.add_method(alice_actor)
    with as_customer(acme.customer_id):
        catalog = versions.of(acme)
        taxation = decision.taxation(db.session(), acme.customer_id, catalog, clock.now().date())
        seen = top_ups.priced(catalog, taxation, amount=Money(2500, "USD"), pack="").preview
    becomes(number, "verified")
    key = ids.new_form_key()

    def orders(previewed: str) -> None:
        with as_customer(acme.customer_id):
            top_ups.buy(
                alice_actor, form_key=key, amount=Money(2500, "USD"), pack="", method_id=saved.id,
                return_url="http://127.0.0.1/{}".format, previewed=previewed,
            )  # fmt: skip

    with pytest.raises(Refused, match=r"The total is now \$25\.00") as refused:
        orders(seen)
    assert (refused.value.status, refused.value.reason, shop.payments(acme)) == (409, "total_changed", [])
    orders("")
    orders(seen)  # the same form once more is the same order, whatever it had shown
    assert shop.charges(app) == [2500]
