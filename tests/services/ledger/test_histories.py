"""Random histories through the real services come to what a model on paper says, and every invariant holds after each step."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings

from app import clock
from app.domain.errors import Refused
from app.domain.money import Credits
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services import jobs
from app.services.balance import history as balance_history
from app.services.catalog import versions
from app.services.customers import registration
from app.services.ledger import corrections, grants
from app.services.usage import recording
from app.services.verification.verify import verify
from tests.reference.history import STEPS, Correct, Due, Give, Model, ModelGrant, Step, Use, Void, Wait
from tests.support import tiers
from tests.support.cast import CATALOG, EXAMPLES

START = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
_numbers = itertools.count(1)
HOUR = timedelta(hours=1)


class History:
    """One customer with the same history twice: in the services and in the model."""

    def __init__(self, customer: Customer) -> None:
        self.customer_id = customer.customer_id
        self.model = Model(START, customer.overage_protection_micros)
        self.transfers: list[str] = []

    def take(self, step: Step) -> None:
        """Do the step in both worlds and compare them."""
        with clock.at(self.model.now):
            match step:
                case Give():
                    self._give(step)
                case Use(micros):
                    self._use(micros)
                case Correct(which) if which < len(self.transfers):
                    corrections.correct(self.transfers[which], by="support", reason="Counted twice")
                    self.model.correct(which)
                case Void(which) if which < len(self.model.grants):
                    grant = self.model.grants[which]
                    grants.void(grant.id, by="support", reason="By mistake")
                    self.model.void(grant)
                case Wait(hours):
                    self.model.wait(hours)
                case Due():
                    jobs.run_due()
        with clock.at(self.model.now):
            self.compare()

    def compare(self) -> None:
        """Compare the numbers, and prove the ledger from its rows."""
        with as_customer(self.customer_id):
            numbers = balance_history.numbers()
        left, debt, overage = max(0, self.model.balance), max(0, -self.model.balance), self.model.overage
        shown = [
            numbers.remaining_credits,
            numbers.total_credits,
            numbers.usage_this_period,
            numbers.overage_left,
            numbers.available_to_use,
        ]
        model = [self.model.balance, self.model.granted, self.model.used, overage - debt, left + overage - debt]
        assert [each.micros for each in shown] == model
        assert verify(self.customer_id) == []

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

    def _use(self, micros: int) -> None:
        key = f"k{len(self.transfers)}"
        if self.model.use(micros):
            used = recording.record(self.customer_id, key=key, credits=Credits(micros), description="Requests")
            again = recording.record(self.customer_id, key=key, credits=Credits(micros), description="Requests")
            assert used.id == again.id
            self.transfers.append(used.id)
        else:
            with pytest.raises(Refused, match="not enough credit"):
                recording.record(self.customer_id, key=key, credits=Credits(micros), description="Requests")


def _gift(tenths: int, begins: int | None = None, lasts: int | None = None, priority: int = 50) -> Give:
    return Give(tenths * 100_000, "promotional", priority, begins, lasts)


@pytest.fixture
def lenient(app: Flask) -> str:
    """A catalog whose customers may run a debt of 10 credits."""
    text = (EXAMPLES / f"{CATALOG}.toml").read_text()
    versions.apply(text.partition("[overage]")[0] + '[overage]\nprotection = "10"\n')
    return CATALOG


@pytest.mark.case("AC-8", "AC-34")
@given(steps=STEPS)
@example(  # what two grants paid for a debt goes back into the right one, though no job ran in between
    steps=[
        Use(4_000_000),
        Use(4_000_000),
        _gift(40, begins=1, priority=10),
        _gift(90, begins=2, lasts=9),
        Wait(3),
        Correct(0),
        Wait(9),
    ]
)
@example(steps=[Use(5_000_000), _gift(80, begins=1, lasts=2), Wait(9), Due(), _gift(10)])  # over before any job saw it
@example(steps=[_gift(50), Use(5_000_000), Use(3_000_000), Correct(0), Void(0), Correct(1), Due()])
@example(steps=[_gift(50, lasts=5), Use(4_000_000), Wait(5), Correct(0), Due(), _gift(20), Use(2_000_000)])
@example(steps=[_gift(50, lasts=5), Wait(6), Use(1_000_000), Due(), Use(9_000_000), Use(100_000)])  # nobody spends it
@example(steps=[_gift(50, begins=2), Void(0), Wait(3), Use(1_000_000), Due()])  # it never begins
@hypothesis_settings(
    max_examples=tiers.sample_of(2, proof=12),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_history_comes_to_what_the_model_says(lenient: str, steps: list[Step]) -> None:
    number = next(_numbers)
    customer = registration.create(
        name=f"Customer {number}",
        email=f"c{number}@example.com",
        catalog=lenient,
        external_id=f"c{number}",
        created_at=START,
    )
    history = History(customer)
    for step in steps:
        history.take(step)
