"""Random arrivals, orders, cancellations, returns, lost answers and days: nothing is lost and nothing is used twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import Random

import pytest
from flask import Flask

from app import clock
from app.domain.bank_transfers.allocation import Standing
from app.domain.errors import Refused
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services import jobs
from app.services.bank_transfers import cash, orders, returns
from tests.support import tiers
from tests.support.shop import payments
from tests.support.transfers import arrives, at_processor, movements, ordered, owner_of, sound, standing, unapplied

AMOUNTS = ("5.00", "10.00", "25.00", "25.01")
SUMS = (1, 499, 500, 1000, 2500, 2501, 3000, 6000)
CALLS = ("list_cash_movements", "confirm_intent", "apply_customer_balance", "create_intent", "fetch_intent")
LOST = ("reset_before", "reset_after", "500_after", "timeout_after")


@contextmanager
def allowed(reason: str) -> Iterator[None]:
    """It may be refused for this reason."""
    try:
        yield
    except Refused as refusal:
        if refusal.reason != reason:
            raise


def acts(app: Flask, actor: Actor, random: Random, made: list[str]) -> None:
    """One thing happens: an order, a transfer, a cancellation, a return, a fault, a look."""
    customer_id, settings = actor.customer_id, app.extensions["purser.settings"]
    match random.choice(
        ("order", "order", "arrive", "arrive", "arrive", "cancel", "return", "fault", "look", "recall")
    ):
        case "order":
            made.append(ordered(actor, random.choice(AMOUNTS)).id)
        case "arrive" if made:
            arrives(app, customer_id, random.choice(SUMS), random.choice(("USD", "USD", "USD", "EUR")))
        case "cancel" if made:
            with as_customer(customer_id), allowed("being_paid"):
                orders.give_up(actor, random.choice(made))
        case "return" if made and random.random() < 0.5:
            with allowed("nothing_left"):
                returns.send_back(customer_id, reason="Sent twice", requested_by="seller")
        case "fault":
            controls.plant(settings, random.choice(CALLS), random.choice(LOST))
        case "recall" if made and unapplied(customer_id) > 0 and random.random() < 0.2:
            controls.move_cash(settings, owner_of(customer_id), "return_initiated", -1, "USD")
            cash.look(customer_id)
        case _:
            jobs.run_due()


@pytest.mark.parametrize("seed", tiers.some(3, range(40)))
def test_whatever_arrives_is_used_once_or_still_there(
    app: Flask, alice_actor: Actor, acme: Customer, seed: int
) -> None:
    random, made = Random(seed), list[str]()  # noqa: S311  # the same history again
    now = clock.now()
    for step in range(25):
        with clock.at(now + timedelta(minutes=step)):
            acts(app, alice_actor, random, made)
    controls.clear_faults(app.extensions["purser.settings"])
    for hours in (1, 3, 26, 50):
        with clock.at(now + timedelta(hours=hours)):
            for _ in range(3):
                jobs.run_due()
    sound(app, acme.customer_id)
    paid = [each for each in payments(acme) if each.state == "succeeded"]
    moved = [each for each in movements(acme.customer_id) if each.currency == "USD"]
    assert sum(each.amount_minor for each in moved) == at_processor(app, acme.customer_id)
    assert sum(each.received_minor for each in paid) == -sum(
        each.amount_minor for each in moved if each.kind in {"applied_to_payment", "unapplied_from_payment"}
    )
    found = [standing(alice_actor, each) for each in made]
    done = {each.payment.id for each in found if each.standing is Standing.PAID and each.payment}
    assert done == {each.id for each in paid}, "each order was paid by one payment, and each payment paid one order"
    waiting = [each.pro_forma.amount_minor for each in found if each.standing is Standing.WAITING]
    assert not waiting or unapplied(acme.customer_id) < waiting[0], "the oldest is paid as soon as it is covered"
