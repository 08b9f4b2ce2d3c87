"""The process dies (kill -9) on the ways of a bank transfer: nothing is lost, and nothing is used twice.

What must hold after each line is written in docs/decisions/0032-cash-is-applied-by-us.md.
"""

import signal
from datetime import timedelta

import pytest
from flask import Flask

from app import clock, ids
from app.config import Settings
from app.domain.bank_transfers.allocation import Standing
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services import jobs
from app.services.bank_transfers import orders, returns
from tests.support import programs, tiers
from tests.support.databases import environment
from tests.support.outcome import recover
from tests.support.shop import payments
from tests.support.transfers import arrives, at_processor, ordered, sent, sound, standing, unapplied

LOOKS = (
    ("before cash_movements", 1),
    ("after cash_movements", 1),
    ("insert into cash_movements", 1),
    ("insert into transfers", 1),
    ("insert into payments", 1),
    ("before commit", 1),
    ("after commit", 1),
    ("before create_intent", 1),
    ("after create_intent", 1),
    ("insert into attempts", 1),
    ("before pay_from_cash", 1),
    ("after pay_from_cash", 1),
    ("after fetch_intent", 1),
    ("insert into grants", 1),
)
ORDERS = (
    ("insert into pro_formas", 1),
    ("after commit", 1),
    ("after create_customer", 1),
    ("before bank_account", 1),
    ("after bank_account", 1),
)
RETURNS = (("after commit", 1), ("before return_cash", 1), ("after return_cash", 1), ("after cash_movements", 1))


def dies(settings: Settings, do: str, actor: Actor, point: tuple[str, int], *more: str) -> None:
    """Do it in a process of its own, which is killed there."""
    words = (do, actor.customer_id, actor.member_id, point[0], str(point[1]), *more)
    ended = programs.run("tests.programs.cash_mover", *words, env=environment(settings), timeout=60)
    assert ended.returncode == -signal.SIGKILL, (point, ended.said[-2000:])


@pytest.mark.parametrize("point", tiers.some(2, LOOKS, ids=[what for what, _ in LOOKS]))
def test_killed_while_a_transfer_is_seen_and_used(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer, point: tuple[str, int]
) -> None:
    order = ordered(alice_actor)
    arrives(app, acme.customer_id, 2600)
    dies(settings, "look", alice_actor, point)
    recover(app, waits=(timedelta(seconds=1), timedelta(minutes=3), timedelta(minutes=10), timedelta(hours=2)))
    assert standing(alice_actor, order).standing is Standing.PAID
    assert [each.received_minor for each in payments(acme) if each.state == "succeeded"] == [2500]
    assert unapplied(acme.customer_id) == 100
    sound(app, acme.customer_id)


@pytest.mark.parametrize("point", tiers.some(2, ORDERS, ids=[what for what, _ in ORDERS]))
def test_killed_while_it_is_ordered_the_same_form_orders_it_once(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer, point: tuple[str, int]
) -> None:
    key = ids.new_form_key()
    dies(settings, "order", alice_actor, point, key)
    order = ordered(alice_actor, form_key=key)
    with as_customer(acme.customer_id):
        assert [each.pro_forma.id for each in orders.latest()] == [order.id]
    sent(app, acme.customer_id, 2500)
    assert standing(alice_actor, order).standing is Standing.PAID
    sound(app, acme.customer_id)


@pytest.mark.parametrize("point", tiers.some(1, RETURNS, ids=[what for what, _ in RETURNS]))
def test_killed_while_cash_is_sent_back_it_goes_back_once(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer, point: tuple[str, int]
) -> None:
    ordered(alice_actor, "90.00")
    sent(app, acme.customer_id, 700)
    dies(settings, "return", alice_actor, point)
    assert unapplied(acme.customer_id) == 0, "what is going back is not used meanwhile"
    with clock.at(clock.now() + timedelta(minutes=5)):
        jobs.run_due()
    assert (at_processor(app, acme.customer_id), unapplied(acme.customer_id)) == (0, 0)
    sound(app, acme.customer_id)
    with pytest.raises(Exception, match="no unapplied money"):
        returns.send_back(acme.customer_id, reason="Sent twice", requested_by="seller")
