"""Whatever becomes of what the invited pay, the inviter's share is counted from the money that the processor kept."""

from fractions import Fraction
from random import Random

import pytest
from flask import Flask

from app import clock
from app.config import Settings
from app.domain.errors import Refused
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.documents import Document
from app.models.payments import Payment
from app.models.reversals import Refund
from app.services import jobs
from app.services.referrals import counting
from app.services.reversals import refunds
from app.services.verification.verify import verify
from tests.support import referred, tiers
from tests.support.corrections import OSLO, at, corrects
from tests.support.documents import documents_of
from tests.support.referred import referral, rows
from tests.support.reversals import buys, payment_of, sends_back

STEPS = tiers.sample_of(10, proof=25)
SEEDS = tiers.some(3, range(30))
"""Of these the sample takes the first, one in the middle, and the last."""


class History:
    """An invited customer under `at_purchase`, and what a person would write down of its payments."""

    taxed = "at_purchase"

    def __init__(self, app: Flask, settings: Settings, seed: int) -> None:
        self.app, self.settings, self.random = app, settings, Random(seed)  # noqa: S311  # no secret
        self.ours = referred.inviter(self.taxed)
        self.theirs: Customer = referred.invited(self.ours)
        self.actor: Actor = referred.manager(self.theirs, "Mallory")
        self.payments: list[Payment] = []
        self.untaxed = set[str]()
        self.refunds: list[Refund] = []
        self.disputes: list[str] = []

    def buy(self) -> None:
        """Buy for some dollars."""
        self.payments.append(buys(self.app, self.actor, 100 * self.random.randint(5, 90)))

    def refund(self) -> None:
        """Refund a part of a payment, or all that is left."""
        payment = self.random.choice(self.payments)
        part = self.random.choice([None, self.random.randint(1, 900)])
        try:
            self.refunds.append(sends_back(payment, part, repeat=True))
        except Refused:
            return  # so much is not left

    def bounce(self) -> None:
        """Let a refund come back."""
        if self.refunds:
            refund = self.refunds.pop(self.random.randrange(len(self.refunds)))
            controls.end_refund(self.settings, refunds.settle(refund.id).processor_id or "", succeeded=False)

    def dispute(self) -> None:
        """Let a bank dispute what is left of a payment."""
        payment = payment_of(self.random.choice(self.payments))
        left = payment.received_minor - payment.refunded_minor - payment.disputed_minor - payment.corrected_minor
        if left > 0 and not payment.disputed_minor:
            self.disputes.append(controls.dispute(self.settings, payment.processor_id or "", amount=left))

    def decide(self) -> None:
        """Let the bank decide one."""
        if self.disputes:
            dispute = self.disputes.pop(self.random.randrange(len(self.disputes)))
            controls.close_dispute(self.settings, dispute, won=self.random.random() < 0.5)

    def correct(self) -> None:
        """Correct an invoice so that no tax is due."""
        invoices = [each for each in documents_of(self.theirs) if each.kind == "invoice" and not each.is_corrected]
        document: Document = self.random.choice(invoices)
        try:
            corrects(self.theirs, document, at(OSLO))
        except Refused:
            return  # a part went back, or it is disputed
        self.untaxed.add(document.payment_id or "")

    def hears(self) -> None:
        """Let the processor's events arrive."""
        controls.deliver_due(self.settings, self.app.wsgi_app)
        jobs.run_due(names=["webhooks_worked", "refunds_checked"])

    def naive(self) -> Fraction:
        """Return what the processor kept of each payment, without its tax."""
        charges = controls.objects(self.settings, "charge")
        lost = {each["payment_intent"]: each["amount"] for each in controls.objects(self.settings, "dispute")
                if each["status"] == "lost"}  # fmt: skip
        whole = Fraction(0)
        for payment in self.payments:
            (charge,) = [each for each in charges if each["payment_intent"] == payment.processor_id]
            kept = charge["amount"] - charge["amount_refunded"] - lost.get(payment.processor_id, 0)
            whole += Fraction(kept) / (1 if payment.id in self.untaxed else Fraction(5, 4))
        return whole


@pytest.mark.parametrize("seed", SEEDS)
def test_each_dollar_that_is_kept_earns_once(app: Flask, settings: Settings, seed: int) -> None:
    history = History(app, settings, seed)
    history.buy()
    steps = [
        history.buy,
        history.refund,
        history.refund,
        history.bounce,
        history.dispute,
        history.decide,
        history.correct,
    ]
    for _step in range(STEPS):
        history.random.choice(steps)()
        history.hears()
    while history.disputes:
        history.decide()
        history.hears()
    for _twice in range(2):
        with clock.at(clock.now()):
            counting.count_due()
    counted = sum(net for net, _most in rows(history.ours)) - referral(history.theirs).gone_minor
    assert abs(counted - history.naive()) <= len(history.payments)
    assert verify() == []
