"""Random histories of purchases, usage, refunds and disputes come to what the paper says, and every invariant holds."""

import itertools
from datetime import UTC, datetime

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from sqlalchemy import select

from app import clock, ids
from app.demo.payment_methods import add_test_method
from app.domain.amounts import money_words
from app.domain.errors import Refused
from app.domain.money import Credits, Money
from app.domain.people.members import Actor, Role
from app.domain.reversals import DisputeState, ProcessorDispute, ProcessorRefund, RefundState
from app.models.database import db
from app.models.ledger import Account, Grant
from app.models.payments import Payment
from app.models.scope import as_customer, as_service
from app.services import jobs
from app.services.balance import history as balance_history
from app.services.customers import registration
from app.services.ledger import corrections, grants
from app.services.payments import top_ups
from app.services.reversals import disputes, refund_booking
from app.services.usage import recording
from app.services.verification.verify import verify
from tests.reference.history import Correct, Due, Give, ModelGrant, Use, Void, Wait
from tests.reference.reversal_history import (
    STEPS,
    Back,
    Bounce,
    Buy,
    Decide,
    Dispute,
    MoneyModel,
    Purchase,
    SendBack,
    Step,
)
from tests.services.ledger.test_histories import HOUR, lenient
from tests.support import tiers
from tests.support.second_path import differing
from tests.support.shop import GOOD

__all__ = ["lenient"]
DISPUTED = ("open", "won", "lost")
START = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
_numbers = itertools.count(1)


class MoneyHistory:
    """One customer with the same history twice: in the services and in the model."""

    def __init__(self, catalog: str) -> None:
        number = next(_numbers)
        customer = registration.create(
            name=f"Customer {number}",
            email=f"m{number}@example.com",
            catalog=catalog,
            external_id=f"m{number}",
            created_at=START,
            trial=False,
        )
        self.customer_id = customer.customer_id
        self.actor = Actor(ids.new("mem"), self.customer_id, Role.OWNER, "Ann", "ann@example.com", customer.name)
        self.model = MoneyModel(START, customer.overage_protection_micros)
        self.transfers: list[str] = []
        with clock.at(START), as_customer(self.customer_id):
            self.method = add_test_method(self.actor, GOOD).id

    def take(self, step: Step) -> None:
        """Do the step in both worlds and compare them."""
        with clock.at(self.model.now):
            match step:
                case Buy() | SendBack() | Bounce() | Dispute() | Decide():
                    self._pay(step)
                case Wait(hours):
                    self.model.wait(hours)
                case Due():
                    jobs.run_due()
                case _:
                    self._spend(step)
        with clock.at(self.model.now):
            self.compare()
            if isinstance(step, SendBack | Bounce | Dispute | Decide | Correct):
                assert differing(self.customer_id) == {}

    def _pay(self, step: Step) -> None:
        purchases, refunded, disputed = self.model.purchases, self._of("refunded", "bounced"), self._of(*DISPUTED)
        match step:
            case Buy(minor):
                self._buy(minor)
            case SendBack(which, minor) if which < len(purchases):
                self._send_back(purchases[which], minor)
            case Dispute(which, minor) if which < len(purchases):
                self._dispute(purchases[which], minor)
            case Bounce(which) if which < len(refunded):
                self._bounce(refunded[which])
            case Decide(which, won) if which < len(disputed):
                self._decide(disputed[which], won=won)

    def _spend(self, step: Step) -> None:
        match step:
            case Give():
                self._give(step)
            case Use(micros) if self.model.use(micros):
                key, words = f"k{len(self.transfers)}", "Requests"
                used = recording.record(self.customer_id, key=key, credits=Credits(micros), description=words)
                self.transfers.append(used.id)
            case Correct(which) if which < len(self.transfers):
                corrections.correct(self.transfers[which], by="support", reason="Counted twice")
                self.model.correct(which)
            case Void(which) if which < len(self.model.grants):
                grant = self.model.grants[which]
                if any(grant is purchase.grant for purchase in self.model.purchases):
                    with pytest.raises(Refused, match="was bought"):
                        grants.void(grant.id, by="support", reason="By mistake")
                    return
                grants.void(grant.id, by="support", reason="By mistake")
                self.model.void(grant)

    def compare(self) -> None:
        """Compare the numbers and the payments, and prove the ledger from its rows."""
        model = self.model
        with as_customer(self.customer_id):
            numbers = balance_history.numbers()
            owed = db.session.scalars(select(Account.debt).where(Account.name == "credits")).one()
            states = {row.id: (row.state, _left(row)) for row in db.session.scalars(select(Payment))}
            held = {row.id: row for row in db.session.scalars(select(Grant))}
        shown = [numbers.remaining_credits.micros, numbers.total_credits.micros, numbers.available_to_use.micros]
        room = max(0, model.overage - max(0, -model.balance))
        assert shown == [model.balance, model.granted, max(0, model.balance) + room]
        if all(held[grant.id].posted_at is not None for grant in model.grants if grant.begun):  # else a job is late
            assert owed == max(0, -model.overage - model.balance)
            assert {name: _remaining(row) for name, row in held.items()} == {
                grant.id: grant.left for grant in model.grants
            }
        assert states == {each.id: (each.state, each.left) for each in model.purchases}
        assert verify(self.customer_id) == []

    def _buy(self, minor: int) -> None:
        with as_customer(self.customer_id):
            paid = top_ups.buy(
                self.actor,
                form_key=ids.new_form_key(),
                amount=Money(minor, "USD"),
                pack="",
                method_id=self.method,
                return_url=str,
            )
            grant = db.session.scalars(select(Grant).where(Grant.payment_id == paid.id)).one()
        on_paper = ModelGrant(grant.id, minor * 10_000, 50, self.model.now, None)
        self.model.purchases.append(Purchase(paid.id, minor, on_paper))
        self.model.give(on_paper)

    def _send_back(self, purchase: Purchase, minor: int) -> None:
        refund = ProcessorRefund(
            f"re_{ids.new('ref')}", self._intent(purchase), Money(minor, "USD"), RefundState.SUCCEEDED, "", START
        )
        fits = minor <= purchase.left
        for _ in range(2):
            assert refund_booking.record(purchase.id, refund) == ("" if fits else refund_booking.NO_ROOM)
        if fits:
            self.model.take_back(purchase, refund.id, minor, "refunded")

    def _bounce(self, back: Back) -> None:
        purchase = self._purchase(back)
        refund = ProcessorRefund(
            back.id, self._intent(purchase), Money(back.minor, "USD"), RefundState.FAILED, "", START, "lost_card"
        )
        for _ in range(2):
            assert refund_booking.record(purchase.id, refund) == ""
        if back.state == "refunded":
            back.state = "bounced"
            self.model.undo(back)

    def _dispute(self, purchase: Purchase, minor: int) -> None:
        dispute = self._dispute_of(purchase, f"du_{ids.new('dsp')}", minor, DisputeState.OPEN)
        held = min(minor, purchase.left)
        for _ in range(2 if held == minor else 1):
            assert disputes.record(purchase.id, dispute) == ""
        if held:
            self.model.take_back(purchase, dispute.id, held, "open")

    def _decide(self, back: Back, *, won: bool) -> None:
        purchase = self._purchase(back)
        state = DisputeState.WON if won else DisputeState.LOST
        for _ in range(2):
            assert disputes.record(purchase.id, self._dispute_of(purchase, back.id, back.minor, state)) == ""
        if back.state == "won" or (back.state == "lost" and not won):
            return
        back.state = "won" if won else "lost"
        if won:
            self.model.undo(back)

    def _give(self, step: Give) -> None:
        begins = None if step.begins is None else self.model.now + step.begins * HOUR
        ends = None if step.lasts is None else (begins or self.model.now) + step.lasts * HOUR
        given = grants.give(
            self.customer_id,
            kind=step.kind,
            credits=Credits(step.micros),
            granted_by="support",
            reason="Welcome",
            effective_at=begins,
            expires_at=ends,
            priority=step.priority,
        )
        self.model.give(ModelGrant(given.id, step.micros, step.priority, begins or self.model.now, ends))

    def _of(self, *states: str) -> list[Back]:
        return [back for back in self.model.backs if back.state in states]

    def _purchase(self, back: Back) -> Purchase:
        return next(each for each in self.model.purchases if back in each.back)

    def _intent(self, purchase: Purchase) -> str:
        with as_service("look at a payment"):
            return db.session.scalars(select(Payment.processor_id).where(Payment.id == purchase.id)).one() or ""

    def _dispute_of(self, purchase: Purchase, name: str, minor: int, state: DisputeState) -> ProcessorDispute:
        claim = Money(minor, "USD")
        return ProcessorDispute(name, self._intent(purchase), claim, money_words(claim), state, "fraudulent", START)


def _gift(tenths: int) -> Give:
    return Give(tenths * 100_000, "promotional", 50, None, None)


def _remaining(row: Grant) -> int:
    over = row.expires_at is not None and row.expires_at <= clock.now()
    return 0 if over or row.voided_at is not None else row.remaining_micros


def _left(row: Payment) -> int:
    return row.received_minor - row.refunded_minor - row.disputed_minor


@pytest.mark.case("AC-34", "AC-38", "AC-41/42", "AC-70")
@given(steps=STEPS)
@example(steps=[Buy(1000), Use(8_000_000), Dispute(0, 1000), Decide(0, won=True), Use(2_000_000)])
@example(steps=[Buy(1000), Use(10_000_000), SendBack(0, 1000), Correct(0), Bounce(0)])
@example(steps=[Buy(1000), Void(0), SendBack(0, 1000), Bounce(0)])
@example(steps=[Buy(1000), Use(9_000_000), SendBack(0, 333), Void(0), Dispute(0, 1500), Decide(0, won=False)])
@example(steps=[Buy(1000), Dispute(0, 500), Decide(0, won=False), Decide(0, won=True), SendBack(0, 1000)])
@example(  # what the refund took of the purchase is not the usage's to give back
    steps=[Use(10_000_000), _gift(30), Buy(1000), SendBack(0, 1000), _gift(120), Correct(0)]
)
@hypothesis_settings(
    max_examples=tiers.sample_of(2, proof=12),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_history_of_money_going_back_comes_to_what_the_model_says(
    app: Flask,
    lenient: str,
    steps: list[Step],  # the fixture of that name
) -> None:
    history = MoneyHistory(lenient)
    for step in steps:
        history.take(step)
