"""A customer's limits and counters under the lock of its spending: what authorizations are judged by, and move."""

from datetime import datetime, timedelta

from sqlalchemy import and_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from app import clock
from app.domain.authorizations import Blocked, Funds
from app.domain.ledger import CREDITS, credits_unit
from app.domain.rating import FULL
from app.models.customers import BillingPeriod, Customer
from app.models.ledger import Account, BalanceDay
from app.models.limits import SpendSettings
from app.models.usage import Spending, UsageEvent, UsageTotal
from app.services import catalogs, spending, usage_postings, usage_terms
from app.services.authorization_answers import priced_by


class Desk:
    """A customer whose spending is locked: what may be spent, and on which terms."""

    def __init__(self, session: Session, customer_id: str, meter: str, earliest: datetime | None = None) -> None:
        self.session, self.customer_id, self.meter = session, customer_id, meter
        self.spending = spending.lock(session, [customer_id])[customer_id]
        self.now = max(clock.now(), earliest or clock.now())  # after the lock: the day is that of the moment it counts
        usage_postings.catch_up(session, customer_id, self.now)
        self.today = self.now.date()
        self._read()

    def _read(self) -> None:
        before = aliased(UsageTotal)
        of_meter = and_(UsageTotal.customer_id == Customer.customer_id, UsageTotal.meter == self.meter)
        of_meter_before = and_(before.customer_id == Customer.customer_id, before.meter == self.meter)
        number = BillingPeriod.number
        row = self.session.execute(
            select(
                Customer.standing,
                Customer.catalog,
                Customer.plan,
                Customer.overage_protection_micros,
                number,
                BillingPeriod.ends_at,
                Account.balance,
                Spending.unposted_micros,
                Spending.held_micros,
                BalanceDay.used_micros,
                SpendSettings.enabled,
                SpendSettings.daily_limit_micros,
                UsageTotal.quantity,
                UsageTotal.held_quantity,
                before.held_quantity.label("held_before"),
            )
            .join(BillingPeriod, BillingPeriod.customer_id == Customer.customer_id)
            .join(Account, Account.customer_id == Customer.customer_id)
            .join(Spending, Spending.customer_id == Customer.customer_id)
            .outerjoin(BalanceDay, and_(BalanceDay.customer_id == Customer.customer_id, BalanceDay.day == self.today))
            .outerjoin(SpendSettings, SpendSettings.customer_id == Customer.customer_id)
            .outerjoin(UsageTotal, and_(of_meter, UsageTotal.period_number == number))
            .outerjoin(before, and_(of_meter_before, before.period_number == number - 1))
            .where(
                Customer.customer_id == self.customer_id,
                BillingPeriod.closed_at.is_(None),
                Account.name == CREDITS,
                Account.unit == credits_unit("") + Customer.credit_unit,
            )
        ).one()
        catalog = catalogs.current(row.catalog)
        chosen = None if row.enabled is None else (row.enabled, row.daily_limit_micros)
        self.tariff = priced_by(catalog, usage_terms.plan_of(catalog, row.plan), self.meter)
        self.period = row.number
        at_invoice = catalog.credits.burn == "at_invoice"
        self.due_on = row.ends_at.date() if at_invoice else self.today + timedelta(days=1)
        self.funds = Funds(
            standing=row.standing,
            balance=row.balance,
            unposted=row.unposted_micros,
            held=row.held_micros,
            overage_limit=row.overage_protection_micros,
            daily_limit=spending.daily_limit(chosen, catalog),
            used_today=row.used_micros or 0,
        )
        self.quantity = row.quantity or 0
        self.held_quantity = (row.held_quantity or 0) + (row.held_before or 0)

    def is_over_plan(self, quantity: int) -> bool:
        """Say whether the plan does not allow so much of the meter."""
        limit = self.tariff.limit if self.tariff is not None else None
        return quantity > (FULL if limit is None else min(limit, FULL))

    def price(self, before: int, quantity: int) -> int:
        """Return what so many units cost after those `before`."""
        return self.tariff.step(before, before + quantity) if self.tariff is not None else 0

    def hold(self, micros: int, quantity: int, number: int) -> None:
        """Hold so much more; below zero, so much less. `number` is the period that the hold was made in."""
        self.session.execute(
            update(Spending)
            .where(Spending.customer_id == self.customer_id)
            .values(held_micros=Spending.held_micros + micros)
        )
        if self.meter and quantity:
            self._add_total(number, held=quantity)

    def use(self, event_id: str, hold_id: str, quantity: int, micros: int) -> None:
        """Count what was captured, as the event that it is."""
        self.session.add(
            UsageEvent(
                customer_id=self.customer_id,
                id=event_id,
                received_at=self.now,
                day=self.today,
                occurred_at=self.now,
                period_number=self.period,
                meter=self.meter,
                subject="",
                quantity=quantity,
                micros=micros,
                properties="{}",
                authorization_id=hold_id,
            )
        )
        self.session.flush()
        self._add_total(self.period, quantity=quantity, micros=micros)
        spending.charge(
            self.session,
            self.customer_id,
            day=self.today,
            meter=self.meter,
            quantity=quantity,
            micros=micros,
            events=1,
            due_on=self.due_on,
            period_number=self.period,
        )

    def note(self, blocked: Blocked) -> None:
        """Have the customer told that the day is full."""
        if blocked.reason == "daily_limit":
            spending.touch(self.session, self.customer_id)

    def _add_total(self, number: int, *, quantity: int = 0, held: int = 0, micros: int = 0) -> None:
        insert = postgresql.insert if self.session.get_bind().dialect.name == "postgresql" else sqlite.insert
        key = {"customer_id": self.customer_id, "period_number": number, "meter": self.meter}
        total = UsageTotal
        self.session.execute(
            insert(total)
            .values(**key, quantity=quantity, held_quantity=max(0, held), micros=micros)
            .on_conflict_do_update(
                index_elements=[total.customer_id, total.period_number, total.meter],
                set_={
                    "quantity": total.quantity + quantity,
                    "held_quantity": total.held_quantity + held,
                    "micros": total.micros + micros,
                },
            )
        )
