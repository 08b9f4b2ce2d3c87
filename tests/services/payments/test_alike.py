"""A second purchase like the last one, soon after it, is asked about first: it may be a page sent again."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app import clock, ids
from app.domain.errors import Refused
from app.domain.money import Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.payments import Payment
from app.models.scope import as_customer
from app.services.payments import top_ups
from tests.support import rails, shop

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def orders(actor: Actor, card: str, after: timedelta, minor: int = 2500, *, repeat: bool = False) -> Payment:
    """Buy with a form of its own, so long after noon; `repeat` says that it shall be bought again."""
    with clock.at(NOON + after), as_customer(actor.customer_id):
        return top_ups.buy(
            actor,
            form_key=ids.new_form_key(),
            amount=Money(minor, "USD"),
            pack="",
            method_id=card,
            return_url=rails.BACK,
            repeat=repeat,
        )


@pytest.mark.case("AC-2")
def test_the_same_is_asked_about_for_ten_minutes(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    with clock.at(NOON):
        card = shop.add_method(alice_actor).id
    assert orders(alice_actor, card, timedelta(0)).state == "succeeded"
    for after in (timedelta(seconds=1), timedelta(minutes=6), timedelta(minutes=10) - timedelta(microseconds=1)):
        with pytest.raises(Refused) as refused:
            orders(alice_actor, card, after)
        assert (refused.value.reason, refused.value.status) == ("bought_just_now", 409)
        assert refused.value.sentence == "You bought the same credits a few minutes ago, for $25.00."
    assert orders(alice_actor, card, timedelta(minutes=5), minor=2600).state == "succeeded", "another amount is not it"
    assert orders(alice_actor, card, timedelta(minutes=10)).state == "succeeded"


def test_of_two_just_like_it_the_later_one_is_said(acme: Customer, alice_actor: Actor) -> None:
    with clock.at(NOON):
        card = shop.add_method(alice_actor).id
    assert orders(alice_actor, card, timedelta(0)).state == "succeeded"
    assert orders(alice_actor, "paypal", timedelta(minutes=1), repeat=True).state == "requires_action"
    with pytest.raises(Refused) as refused:
        orders(alice_actor, "paypal", timedelta(minutes=2))
    assert refused.value.reason == "waits_already"
