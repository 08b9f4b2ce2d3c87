"""When the rule is asked: whatever brought credit below the threshold, once, and never because time alone goes by."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from app import clock
from app.config import Settings
from app.domain.money import MICROS, Credits, Money
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.auto_recharge import AutoRechargeSettings
from app.models.customers import Customer
from app.models.payments import Payment
from app.models.scope import as_customer, as_service
from app.models.usage import Spending
from app.services import jobs
from app.services.auto_recharge import trigger
from app.services.ledger import grants
from app.services.payment_methods import saved as saved_methods
from app.services.reversals import refunds
from app.services.transaction import transaction
from app.services.usage import recording
from app.services.verification.verify import verify
from tests.support import recharge, shop, spend
from tests.support.outcome import faults
from tests.support.rails import buys
from tests.support.restored import MANY
from tests.support.statements import counted

NOW = datetime.fromisoformat("2026-11-21T12:00:00Z")
CHECKS = ("notices_decided", "automatic_charges_made")


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.at(NOW):
        yield


class Falls:
    """A customer with $30 by hand and auto-recharge below $20, and what brings it below without any use."""

    def __init__(self, settings: Settings, acme: Customer, alice: Actor) -> None:
        self.settings, self.acme, self.alice = settings, acme, alice
        self.bought: Payment = buys(alice, shop.add_method(alice).id, 3000)

    def is_below_when_saved(self) -> None:
        recharge.on(self.alice, threshold="40", limit=5000)

    def is_refunded(self) -> None:
        refunds.refund(self.bought.id, reason="Not needed", requested_by="support")

    def is_disputed(self) -> None:
        controls.dispute(self.settings, self.bought.processor_id or "")

    def is_raised(self) -> None:
        recharge.chooses(self.alice, threshold=Credits(40 * MICROS))

    def is_taken_back(self) -> None:
        grants.void(self.given, by="support", reason="By mistake")

    def gives(self, days: int | None) -> None:
        with as_service("give"):
            self.given = grants.give(
                self.acme.customer_id, kind="promotional", credits=Credits(15 * MICROS), granted_by="support",
                reason="Welcome", expires_at=NOW + timedelta(days=days) if days else None,
            ).id  # fmt: skip


@pytest.mark.case("AC-5", "AC-76")
@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("falls", "is_lost"),
    [
        pytest.param(Falls.is_refunded, True, id="refunded, found by the sweep"),
        (Falls.is_refunded, False), (Falls.is_disputed, False), (Falls.is_taken_back, False),
        (Falls.is_raised, False), (Falls.is_below_when_saved, False),
    ],
)  # fmt: skip
def test_whatever_brings_credit_below_without_use_it_is_bought_once(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor, falls: Callable[[Falls], None], is_lost: bool
) -> None:
    world = Falls(settings, acme, alice_actor)
    if falls is Falls.is_taken_back:
        world.gives(None)
        recharge.on(alice_actor, threshold="40")
    elif falls is not Falls.is_below_when_saved:
        recharge.on(alice_actor)
    recharge.runs(app, times=2)
    assert recharge.states(acme) == []
    falls(world)
    with app.app_context():
        jobs.run_due(names=[each for each in jobs.JOBS if each not in CHECKS and each != "automatic_charges_swept"])
    if is_lost:  # the worker was killed at the wrong time
        with as_service("lose what was due"), transaction() as session:
            session.execute(update(AutoRechargeSettings).values(look_at=None))
            session.execute(update(Spending).values(dirty=False))
    recharge.runs(app, NOW + timedelta(minutes=5))
    recharge.runs(app, NOW + timedelta(minutes=30))
    (charge,) = recharge.automatic(acme)
    assert (charge.state, charge.created_at) == ("succeeded", NOW + timedelta(minutes=5))
    assert verify(acme.customer_id) == []


@pytest.mark.case("AC-5")
def test_nothing_is_asked_while_nothing_moves_and_once_when_something_did(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    shop.add_method(alice_actor)
    spend.gives(acme, "100")
    recharge.on(alice_actor)
    recharge.runs(app)
    for hours in (1, 24, 800):
        with clock.at(NOW + timedelta(hours=hours)):
            assert trigger.charge_due() == trigger.sweep_due() == 0
    spend.uses(acme, "10")
    assert jobs.run_due(names=CHECKS) == {"notices_decided": 1, "automatic_charges_made": 0}
    spend.uses(acme, "75")
    assert jobs.run_due(names=CHECKS) == {"notices_decided": 1, "automatic_charges_made": 2}  # again when it was paid
    assert jobs.run_due(names=CHECKS) == {"notices_decided": 1, "automatic_charges_made": 0}
    assert recharge.decisions(acme) == ["charge"]


@pytest.mark.both_databases
def test_a_posting_costs_no_statement_more_with_it_and_the_check_is_one(acme: Customer, alice_actor: Actor) -> None:
    spend.gives(acme, "100")
    posted = [_posted(acme, "warm"), _posted(acme, "off")]
    shop.add_method(alice_actor)
    recharge.on(alice_actor)
    posted.append(_posted(acme, "on"))
    assert len(posted[1]) == len(posted[2]) <= 18
    assert not [each for each in posted[2] if "auto_recharge" in each]
    with as_service("check"), counted() as check, transaction() as session:
        trigger.credit_moved(session, acme.customer_id, Credits(0), NOW)
    assert len(check) == 1


def _posted(customer: Customer, key: str) -> list[str]:
    with counted() as statements:
        recording.record(customer.customer_id, key=key, credits=Credits(1), description="Requests")
    return statements


@pytest.mark.case("AC-8")
def test_credit_that_begins_later_is_not_counted_on_and_none_is_bought_before_it_is_missed(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    shop.add_method(alice_actor)
    with as_service("give"):
        grants.give(
            acme.customer_id, kind="promotional", credits=Credits(50 * MICROS), granted_by="support", reason="Welcome",
            effective_at=NOW + timedelta(days=2),
        )  # fmt: skip
    recharge.on(alice_actor)
    recharge.runs(app)
    assert recharge.states(acme) == [(2500, "succeeded")]
    spend.uses(acme, "4", NOW + timedelta(days=1))
    recharge.runs(app, NOW + timedelta(days=3))
    assert (len(recharge.states(acme)), shop.remaining(acme)) == (1, 71 * MICROS)


@pytest.mark.case("AC-14")
def test_the_threshold_may_be_negative_where_an_overage_is_allowed(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    assert acme.overage_protection_micros >= 10 * MICROS
    shop.add_method(alice_actor)
    recharge.chooses(
        alice_actor, enabled=True, threshold=Credits(-5 * MICROS), amount=Money(2500, "USD"),
        period_limit=Money(5000, "USD"),
    )  # fmt: skip
    spend.uses(acme, "5")
    recharge.runs(app)
    assert recharge.states(acme) == []
    spend.uses(acme, "0.01")
    recharge.runs(app)
    assert (recharge.states(acme), shop.remaining(acme)) == ([(2500, "succeeded")], 19_990_000)


@pytest.mark.case("AC-15")
def test_a_charge_adds_to_the_balance_whatever_it_was(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    spend.gives(acme, "19.99")
    recharge.on(alice_actor)
    recharge.runs(app)
    assert shop.remaining(acme) == 44_990_000
    spend.uses(acme, "48")  # below zero
    recharge.runs(app, NOW + timedelta(minutes=5))
    assert (recharge.states(acme), shop.remaining(acme)) == ([(2500, "succeeded")] * 2, 21_990_000)


@pytest.mark.case("AC-15", "AC-75")
def test_off_it_stays_off_whatever_else_the_customer_does(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    buys(alice_actor, shop.add_method(alice_actor).id, 3000)
    other = shop.add_method(alice_actor, "pm_card_mastercard")
    with as_customer(acme.customer_id):
        saved_methods.make_default(alice_actor, other.id)
    spend.uses(acme, "35")
    for hours in (1, 24, 800):
        recharge.runs(app, NOW + timedelta(hours=hours), times=1)
    assert (recharge.terms(alice_actor).enabled, recharge.consents(acme), recharge.states(acme)) == (False, [], [])
    assert [payment.amount_minor for payment in shop.payments(acme)] == [3000]


@pytest.mark.case("AC-9", "AC-10")
def test_a_charge_without_an_answer_keeps_every_other_one_from_being_made(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    shop.add_method(alice_actor)
    recharge.on(alice_actor)
    with faults(app, ("confirm_intent", "timeout_after", MANY), ("fetch_intent", "reset_before", MANY)):
        for minutes in (0, 2, 20, 60):
            recharge.runs(app, NOW + timedelta(minutes=minutes), times=1)
        assert (recharge.states(acme), recharge.budget(acme)) == ([(2500, "confirming")], (2500, 0))
    recharge.runs(app, NOW + timedelta(hours=3))
    assert (recharge.states(acme), recharge.budget(acme)) == ([(2500, "succeeded")], (0, 2500))
    assert shop.charges(app) == [2500]
