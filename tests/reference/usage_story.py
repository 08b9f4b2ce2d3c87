"""One history of usage, run by a model on paper and for a customer of each burn order, and compared everywhere."""

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from app import clock
from app.domain.authorizations import AuthorizationRequest
from app.domain.errors import Refused
from app.domain.money import Credits
from app.domain.numbers import Numbers
from app.domain.sold_terms import Terms
from app.models.customers import Customer
from app.models.database import db
from app.models.limits import SpendSettings
from app.models.scope import as_customer, as_service
from app.services import jobs
from app.services.authorizations import expiry, holds
from app.services.balance import breakdown, history, overview
from app.services.catalog import versions
from app.services.ledger import corrections, grants
from app.services.transaction import transaction
from app.services.usage import recording
from app.services.verification.verify import verify
from tests.reference.history import Correct, Due, Give, ModelGrant, Use, Void, Wait
from tests.reference.usage_history import Ask, Capture, Limit, Posted, Release, Report, UsageModel, UsageStep
from tests.support.api import Api
from tests.support.meters import accept_one, post_all
from tests.support.second_path import differing

START = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
JOBS = ("periods_rolled", "grants_posted", "grants_expired", "usage_posted", "holds_expired")
_ROWS = """
select
  (select coalesce(sum(micros), 0) from grants
   where customer_id = :whose and voided_at is null and posted_at is not null) as granted,
  (select coalesce(sum(change_micros), 0) from transfers
   where customer_id = :whose and source_type not in ('usage_day', 'usage_period'))
  - (select coalesce(sum(micros), 0) from usage_events where customer_id = :whose) as remaining,
  (select coalesce(sum(micros - captured_micros), 0) from authorizations
   where customer_id = :whose and state = 'held' and micros > captured_micros) as held,
  (select coalesce(sum(used_micros), 0) from balance_days where customer_id = :whose and day = :today) as today
"""


class Story:
    """One history, run by the model and for a customer of each burn order."""

    def __init__(self, tellings: dict[str, Customer], overage: int) -> None:
        self.whose = [customer.customer_id for customer in tellings.values()]
        self.model = UsageModel(START, overage)
        self.transfers: list[tuple[int, list[str]]] = []
        self.grants: list[list[str]] = []
        self.holds: list[list[str]] = []
        self.events = itertools.count(1)

    def take(self, step: UsageStep) -> None:
        """Do the step everywhere and compare."""
        with clock.at(self.model.now):
            match step:
                case Give() | Void() | Correct():
                    self._change_credit(step)
                case Ask() | Capture() | Release():
                    self._hold(step)
                case Use(micros):
                    self._use(micros)
                case Report(meter, quantity):
                    self._report(meter, quantity)
                case Limit(micros):
                    self._limit(micros)
                case Wait() | Due() | Posted():
                    self._pass(step)
        with clock.at(self.model.now):
            expiry.expire_due()
            for customer_id in self.whose:
                self._compare(customer_id)

    def _change_credit(self, step: Give | Void | Correct) -> None:
        match step:
            case Give():
                self._give(step)
            case Void(which) if which < len(self.grants):
                for name in self.grants[which]:
                    grants.void(name, by="support", reason="By mistake")
                self.model.void(self.model.grants[which])
            case Correct(which) if which < len(self.transfers):
                number, names = self.transfers[which]
                for name in names:
                    corrections.correct(name, by="support", reason="Counted twice")
                self.model.correct_spending(number)

    def _hold(self, step: Ask | Capture | Release) -> None:
        if isinstance(step, Ask):
            self._ask(step.micros, step.hours)
            return
        if step.which >= len(self.holds) or not self.model.holds[step.which].is_open:
            return
        if isinstance(step, Capture):
            self._capture(step.which, step.tenths, keep=step.keep)
            return
        for hold_id in self.holds[step.which]:
            holds.release(hold_id)
        self.model.release(self.model.holds[step.which])

    def _pass(self, step: Wait | Due | Posted) -> None:
        match step:
            case Wait(hours):
                self.model.wait(hours)
            case Due():
                jobs.run_due(names=JOBS)
            case Posted():
                for customer_id in self.whose:
                    post_all(customer_id)

    def ends(self, api: Api) -> None:
        """Run every job but the month's, which invoices what is below zero; compare pages, API and rows as well."""
        with clock.at(self.model.now):
            jobs.run_due(names=[name for name in jobs.JOBS if name != "months_run"])
            for customer_id in self.whose:
                self._compare(customer_id)
                self._compare_elsewhere(customer_id, api)

    def _compare(self, customer_id: str) -> None:
        with as_customer(customer_id):
            numbers = history.numbers()
        model, left_today = self.model, numbers.daily_left
        shown = [
            numbers.remaining_credits.micros,
            numbers.total_credits.micros,
            numbers.usage_this_period.micros,
            numbers.held.micros,
            numbers.daily_used.micros,
            None if left_today is None else left_today.micros,
            numbers.available_to_use.micros,
        ]
        assert shown == [
            model.balance,
            model.granted,
            model.used_this_period,
            model.held,
            model.today,
            model.left_today,
            model.available,
        ]
        assert verify(customer_id) == []

    def _compare_elsewhere(self, customer_id: str, api: Api) -> None:
        with as_customer(customer_id):
            customer = db.session.get_one(Customer, customer_id)
            terms = Terms.of(versions.of(customer), customer.plan)
            seen = overview.now(START.date(), terms)
            figures = [
                count() for count in (breakdown.usage_this_period, breakdown.all_usage, breakdown.remaining_credits)
            ]
            last_day = seen.days[-1].closing if seen.days else Credits(0)
        assert [figure.summed for figure in figures] == [figure.shown for figure in figures]
        assert differing(customer_id) == {}
        assert seen.parts.used.micros - seen.parts.corrected.micros == self.model.used
        assert last_day == seen.numbers.remaining_credits
        assert _said_by(api, customer_id) == _as_said(seen.numbers)
        with as_service("add up the rows"):
            rows = db.session.execute(text(_ROWS), {"whose": customer_id, "today": self.model.now.date()}).one()
        numbers = seen.numbers
        assert tuple(int(each) for each in rows) == (
            numbers.total_credits.micros,
            numbers.remaining_credits.micros,
            numbers.held.micros,
            numbers.daily_used.micros,
        )

    def _give(self, step: Give) -> None:
        begins = None if step.begins is None else self.model.now + step.begins * HOUR
        ends = None if step.lasts is None else (begins or self.model.now) + step.lasts * HOUR
        self.grants.append(
            [
                grants.give(
                    customer_id,
                    kind=step.kind,
                    credits=Credits(step.micros),
                    granted_by="support",
                    reason="Welcome",
                    effective_at=begins,
                    expires_at=ends,
                    priority=step.priority,
                ).id
                for customer_id in self.whose
            ]
        )
        first = self.grants[-1][0]
        self.model.give(ModelGrant(first, step.micros, step.priority, begins or self.model.now, ends))

    def _use(self, micros: int) -> None:
        key = f"k{next(self.events)}"
        if self.model.take(micros):
            made = [self._record(customer_id, key, micros) for customer_id in self.whose]
            self.transfers.append((len(self.model.uses) - 1, made))
            return
        for customer_id in self.whose:
            with pytest.raises(Refused, match="not enough credit"):
                self._record(customer_id, key, micros)

    @staticmethod
    def _record(customer_id: str, key: str, micros: int) -> str:
        return recording.record(customer_id, key=key, credits=Credits(micros), description="Requests").id

    def _report(self, meter: str, quantity: int) -> None:
        name = f"e{next(self.events)}"
        for customer_id in self.whose:
            accept_one(customer_id, id=name, meter=meter, quantity=quantity)
            accept_one(customer_id, id=name, meter=meter, quantity=quantity)
        self.model.report(meter, quantity)

    def _ask(self, micros: int, hours: int) -> None:
        ttl = hours * 3600
        made = [holds.authorize(AuthorizationRequest(whose, micros=micros, ttl_seconds=ttl)) for whose in self.whose]
        allowed = self.model.ask(micros, self.model.now + hours * HOUR)
        assert [each.allowed for each in made] == [allowed] * len(made)
        assert {each.available_after_micros for each in made} == {self.model.available}
        self.holds.append([each.id for each in made])

    def _capture(self, which: int, tenths: int, *, keep: bool) -> None:
        hold = self.model.holds[which]
        micros = max(1, hold.asked * tenths // 10)
        allowed = self.model.capture(hold, micros, keep=keep)
        for hold_id in self.holds[which]:
            if allowed:
                taken = holds.capture(hold_id, credits=Credits(micros), keep=keep)
                assert (taken.micros, taken.available) == (micros, self.model.available)
            else:
                with pytest.raises(Refused):
                    holds.capture(hold_id, credits=Credits(micros), keep=keep)

    def _limit(self, micros: int | None) -> None:
        self.model.limit = micros
        with as_service("choose a limit"), transaction() as session:
            for customer_id in self.whose:
                chosen = SpendSettings(
                    customer_id=customer_id,
                    enabled=micros is not None,
                    daily_limit_micros=micros,
                    version=1,
                    changed_at=START,
                    changed_by="Alice",
                )
                session.merge(chosen)


def _said_by(api: Api, customer_id: str) -> dict[str, Decimal | None]:
    said = api.get(f"/customers/{customer_id}/balance").get_json()
    names = [name for name in said if name in Numbers.__dataclass_fields__ and name not in {"credit_unit", "standing"}]
    return {name: None if said[name] is None else Decimal(said[name]) for name in names}


def _as_said(numbers: Numbers) -> dict[str, Decimal | None]:
    inside = {
        "credit_unit",
        "standing",
        "usage_to_post",
        "lapsed",
        "corrected_this_period",
        "invoiced_overage",
        "exposure",
    }
    values = {name: getattr(numbers, name) for name in Numbers.__dataclass_fields__ if name not in inside}
    return {name: None if value is None else value.units for name, value in values.items()}
