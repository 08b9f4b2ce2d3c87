"""What terms would have done, from the rows: the terms that were in force come to what really happened."""

from datetime import datetime, timedelta
from random import Random

import pytest
from flask import Flask

from app import clock
from app.config import Settings
from app.domain.auto_recharge.caution import Brake, Caution
from app.domain.auto_recharge.decision import LOOK_AGAIN
from app.domain.auto_recharge.retries import WAITS
from app.domain.auto_recharge.simulation import Simulation
from app.domain.auto_recharge.terms import Terms
from app.domain.money import MICROS, Credits, Money
from app.domain.payments import PaymentState
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer, as_service
from app.services.auto_recharge import questions, record, simulation
from app.services.catalog import versions
from app.services.ledger import grants
from app.services.payment_methods import saved as saved_methods
from app.services.payments import collection
from app.services.reversals import refunds
from tests.support import recharge, shop, spend
from tests.support.rails import BACK, buys
from tests.support.statements import counted

NOW = datetime.fromisoformat("2026-08-21T12:00:00Z")
STEPS = 14
KEPT = (15, 22)
"""In the one a card is declined until it is stopped, in the other the bank is not answered; cards are removed in both."""
DAYS = timedelta(days=4)
MOST_STATEMENTS = 14
"""The customer, the catalog and the tax on a purchase, then the record with eleven."""
OTHER = "pm_card_mastercard"


@pytest.fixture(autouse=True)
def noon() -> object:
    with clock.at(NOW):
        yield


def simulated(actor: Actor, wanted: Terms, begins: datetime, ends: datetime) -> Simulation:
    with as_customer(actor.customer_id):
        customer = db.session.get_one(Customer, actor.customer_id)
        return simulation.between(db.session(), customer, versions.of(customer), wanted, begins, ends)


def previewed(actor: Actor, wanted: Terms, at: datetime) -> Simulation | None:
    with clock.at(at), as_customer(actor.customer_id):
        customer = db.session.get_one(Customer, actor.customer_id)
        return simulation.of(customer, versions.of(customer), wanted)


class History:
    """A customer with auto-recharge on, to whom anything happens; the worker is there a little later, each time."""

    def __init__(self, app: Flask, customer: Customer, actor: Actor, seed: int) -> None:
        self.app, self.customer, self.actor = app, customer, actor
        self.dice = Random(seed)  # noqa: S311
        self.settings: Settings = app.extensions["purser.settings"]
        self.at, self.seen = NOW, list[str]()

    def goes_on(self) -> None:
        """Let the worker do what is due until something happens, and then once more."""
        until = self.at + self.dice.choice((timedelta(minutes=7), timedelta(hours=3), timedelta(hours=30), DAYS))
        does = self.dice.choice(
            (self.uses, self.uses, self.uses, self.is_given, self.buys, self.adds, self.removes, self.answers)
        )
        self.waits(until)
        self.at = until
        self.seen.append(f"{self.at:%d %H:%M} {does.__name__}")
        with clock.at(self.at):
            does()
        self.at += timedelta(seconds=20)
        recharge.runs(self.app, self.at, times=2)

    def waits(self, until: datetime) -> None:
        """Let the worker look when it wants to, but for looks at what only a retry's time or a member's step changes."""
        due = recharge.row(self.customer).look_at
        while due is not None and due < until:
            self.at = max(due, self.at + timedelta(seconds=1))
            recharge.runs(self.app, self.at, times=1)
            due = recharge.row(self.customer).look_at
            if due is not None and due - self.at == LOOK_AGAIN:
                failed = [each for each in recharge.automatic(self.customer) if each.state == PaymentState.FAILED]
                retries = {each.updated_at + wait for each in failed for wait in WAITS}
                due = min((at for at in retries if at > self.at), default=None)

    def uses(self) -> None:
        spend.uses(self.customer, str(self.dice.choice((3, 11, 24, 60))))

    def is_given(self) -> None:
        with as_service("give"):
            grants.give(
                self.customer.customer_id,
                kind="promotional",
                credits=Credits(15 * MICROS),
                granted_by="support",
                reason="Welcome",
                expires_at=self.dice.choice((None, self.at + timedelta(days=2))),
            )

    def buys(self) -> None:
        with as_customer(self.customer.customer_id):
            methods = saved_methods.saved()
        if methods:
            buys(self.actor, self.dice.choice(methods).id, 1000)

    def adds(self) -> None:
        added = shop.add_method(self.actor, self.dice.choice((shop.GOOD, OTHER, shop.BROKE, shop.ASKS, shop.ASKS)))
        with as_customer(self.customer.customer_id):
            saved_methods.make_default(self.actor, added.id)

    def removes(self) -> None:
        with as_customer(self.customer.customer_id):
            methods = saved_methods.saved()
            if methods:
                saved_methods.remove(self.actor, methods[0].id)

    def answers(self) -> None:
        """Answer the bank, or the question whether a charge may be made; else have money of a charge go back."""
        with as_customer(self.customer.customer_id):
            asked = questions.standing(self.customer.customer_id)
        if asked is not None and asked.state == "open":
            questions.answer(self.customer.customer_id, asked.id, is_yes=self.dice.random() < 0.7, by="x")
            return
        for payment in recharge.automatic(self.customer):
            if payment.state == PaymentState.REQUIRES_ACTION:
                collection.resume(payment.id, BACK(payment.id))
                controls.answer_challenge(self.settings, payment.processor_id or "", approved=self.dice.random() < 0.7)
                collection.resume(payment.id, BACK(payment.id))
                return
            if payment.state == PaymentState.SUCCEEDED and self.dice.random() < 0.1:
                refunds.refund(payment.id, reason="Wrong customer", requested_by="support")
                return


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=() if seed in KEPT else pytest.mark.proof) for seed in range(60)]
)
def test_the_terms_that_were_in_force_come_to_what_really_happened(
    app: Flask, acme: Customer, alice_actor: Actor, seed: int
) -> None:
    history = History(app, acme, alice_actor, seed)
    shop.add_method(alice_actor)
    spend.gives(acme, "30")
    caution = history.dice.choice((Caution(Brake.OFF), Caution(Brake.NARROW), Caution(ask_above=Money(2500, "USD"))))
    chosen = history.dice.choice(({"limit": 5000}, {"limit": 20000, "other_methods": True}))
    terms = recharge.on(alice_actor, caution=caution, **chosen)
    recharge.runs(app)
    for _ in range(STEPS):
        history.goes_on()
    found = simulated(alice_actor, terms, NOW, history.at + timedelta(minutes=10))
    really = [(each.created_at, each.amount_minor, each.id) for each in recharge.automatic(acme)]
    assert [(each.at, each.amount.amount_minor, each.payment_id) for each in found.charges] == really, (
        history.seen,
        [(each.created_at, each.state, each.problem) for each in recharge.automatic(acme)],
        found.charges,
    )
    assert found.total.amount_minor == recharge.budget(acme)[1]


def test_other_terms_are_tried_on_the_whole_days_with_few_statements(acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    assert previewed(alice_actor, recharge.terms(alice_actor), NOW + timedelta(hours=9)) is None
    spend.gives(acme, "50")
    for day, dollars in enumerate(("31", "3", "22", "1", "1", "1", "1", "40")):
        spend.uses(acme, dollars, NOW + timedelta(days=day, hours=1))
    wanted = recharge.terms(alice_actor)
    with counted() as statements:
        found = previewed(alice_actor, wanted, NOW + timedelta(days=9))
    assert found is not None
    assert [((each.at - NOW) / timedelta(hours=1), each.amount.amount_minor) for each in found.charges] == [
        (1, 2500),
        (24 * 2 + 1, 2500),
    ]
    assert found.limits == ((NOW + timedelta(days=7, hours=1), None),)
    assert found.days == 9
    assert len(statements) <= MOST_STATEMENTS, statements
    much_later = previewed(alice_actor, wanted, NOW + timedelta(days=400))
    assert much_later is not None and much_later.days == 90


def test_a_busy_customer_is_previewed_on_fewer_days_and_days_with_enough_are_not_read(
    acme: Customer, alice_actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.add_method(alice_actor)
    spend.gives(acme, "100")
    for day in range(6):
        for hour in (1, 2):
            spend.uses(acme, "8", NOW + timedelta(days=day, hours=hour))
    later, wanted = NOW + timedelta(days=7), recharge.terms(alice_actor)
    whole = previewed(alice_actor, wanted, later)
    monkeypatch.setattr(
        record, "MOST_EVENTS", 2
    )  # enough for the one day on which credit could fall below, not for the first
    short = previewed(alice_actor, wanted, later)
    assert whole is not None and short is not None
    assert [each.at - NOW for each in whole.charges] == [timedelta(days=5, hours=1)]
    assert (short.begins.date(), [each.at for each in short.charges]) == (
        (NOW + timedelta(days=1)).date(),
        [each.at for each in whole.charges],
    )
