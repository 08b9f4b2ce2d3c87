"""Where credit is taxed when it is used, the inviter's share is counted from the money that has paid for usage."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock
from app.config import Settings
from app.domain.errors import Refused
from app.gateways.sandbox import controls
from app.models.database import db
from app.models.ledger import Grant
from app.models.scope import as_service
from app.services.referrals import counting
from app.services.verification.verify import verify
from tests.services.referrals.test_histories import History
from tests.support import periods, tiers
from tests.support.documents import documents_of
from tests.support.referred import referral, rows
from tests.support.shop import GOOD, add_method

STEPS = tiers.sample_of(5, proof=20)
SEEDS = tiers.some(1, range(30))
MONTHS = (datetime(2026, 10, 20, 9, tzinfo=UTC), datetime(2026, 11, 20, 9, tzinfo=UTC))
HOUR = timedelta(hours=1)


class HistoryAtUse(History):
    """An invited customer under `at_use`: buying is a receipt, and what its money pays is the usage of a month."""

    taxed = "at_use"

    def __init__(self, app: Flask, settings: Settings, seed: int) -> None:
        super().__init__(app, settings, seed)
        self.card = add_method(self.actor, GOOD).id

    def use(self) -> None:
        """Use for some dollars, also beyond what was bought."""
        periods.uses(self.theirs, 100 * self.random.randint(5, 60), clock.now())

    def give(self) -> None:
        """Give credit that nobody bought."""
        periods.gives(self.theirs, self.random.randint(1, 20), at=clock.now())

    def pay(self) -> None:
        """Pay an open invoice with a card."""
        due = [each for each in documents_of(self.theirs) if each.kind == "invoice" and each.state == "open"]
        if due:
            try:
                self.payments.append(periods.pays(self.actor, periods.now_of(due[0]), self.card))
            except Refused:
                return  # it is collected with another one

    def naive(self) -> Fraction:
        """Return what the processor kept, less what is unused of the credit that was bought: without the tax in it."""
        lost = sum(each["amount"] for each in controls.objects(self.settings, "dispute") if each["status"] == "lost")
        charges = controls.objects(self.settings, "charge")
        kept = sum(each["amount"] - each["amount_refunded"] for each in charges if each["paid"]) - lost
        with as_service("look at what is left"):
            unused = select(func.sum(Grant.remaining_micros)).where(
                Grant.customer_id == self.theirs.customer_id, Grant.kind == "purchased"
            )
            left = Fraction(int(db.session.scalar(unused) or 0), 10_000)
        return max(Fraction(0), (kept - left) / Fraction(5, 4))


@pytest.mark.parametrize("seed", SEEDS)
def test_each_dollar_that_pays_for_usage_earns_once(app: Flask, settings: Settings, seed: int) -> None:
    history = HistoryAtUse(app, settings, seed)
    steps = [history.buy, history.use, history.use, history.give, history.refund, history.bounce, history.dispute]
    for number, begins in enumerate(MONTHS, 1):
        with clock.at(begins):
            history.buy()
        for step in range(STEPS):
            with clock.at(begins + step * HOUR):
                history.random.choice([*steps, history.decide, history.pay])()
                history.hears()
        periods.closes(history.theirs, begins.replace(month=begins.month + 1, day=2), number)
    end = MONTHS[-1] + timedelta(days=14)
    with clock.at(end):
        for _step in range(STEPS // 2):
            history.random.choice([history.refund, history.bounce, history.dispute, history.decide, history.pay])()
            history.hears()
        while history.disputes:
            history.decide()
            history.hears()
        for _twice in range(2):
            counting.count_due()
        counted = sum(net for net, _most in rows(history.ours)) - referral(history.theirs).gone_minor
        assert abs(counted - history.naive()) <= len(history.payments) + len(documents_of(history.theirs))
        assert verify() == []
