"""A customer's limits and counters on SQLite, under its write lock: read in one statement, and moved by a few.

What authorizations are judged by there. It is plain SQL, as the answer is waited for: what the ORM adds to a statement
costs many times the statement.
"""

import sqlite3
from datetime import UTC, date, datetime, timedelta

from app import clock
from app.domain.authorizations import Authorized, Blocked, Funds, Hold
from app.domain.errors import NotFound
from app.domain.ledger import CREDITS, credits_unit
from app.domain.rating import tariff
from app.domain.reservations import Reservation
from app.services.authorizations.refusals import priced_by
from app.services.catalog import versions
from app.services.ledger import spending
from app.services.usage import terms

_LOOK = """
select c.standing, c.catalog, c.plan, c.overage_protection_micros, p.number, p.ends_at, a.balance, s.unposted_micros,
    s.held_micros, coalesce(d.used_micros, 0), l.enabled, l.daily_limit_micros, coalesce(t.quantity, 0),
    coalesce(t.held_quantity, 0), coalesce(t.outlasting_quantity, 0), coalesce(t.reserved_micros, 0), v.version,
    v.digest,
    p.ends_at <= :now
    or (s.held_micros = 0 or a.balance - s.unposted_micros + c.overage_protection_micros > s.held_micros) and exists (
        select 1 from grants g where g.customer_id = :customer_id and g.remaining_micros > 0 and g.expires_at <= :now
            and (select sum(o.remaining_micros) from grants o where o.customer_id = :customer_id
                and o.remaining_micros > 0 and o.expires_at <= g.expires_at)
            > min(s.held_micros, (select coalesce(sum(max(0, h.micros - h.captured_micros)), 0) from authorizations h
                where h.state = 'held' and h.expires_at > :now and h.customer_id = :customer_id and h.meter = ''
                and h.created_at < g.expires_at) + (select coalesce(sum(r.reserved_micros), 0) from usage_totals r
                where r.customer_id = :customer_id and r.reserved_micros > 0 and exists (
                    select 1 from authorizations h where h.state = 'held' and h.expires_at > :now
                        and h.customer_id = :customer_id and h.meter = r.meter and h.created_at < g.expires_at)))
    ) or exists (
        select 1 from grants g where g.customer_id = :customer_id and g.posted_at is null and g.voided_at is null
            and g.effective_at <= :now
    )
from customers c
join spending s on s.customer_id = c.customer_id
join billing_periods p on p.customer_id = c.customer_id and p.closed_at is null
join accounts a on a.customer_id = c.customer_id and a.unit = :unit || c.credit_unit and a.name = :account
join catalog_versions v on v.catalog = c.catalog
    and v.version = c.catalog_version
left join balance_days d on d.customer_id = c.customer_id and d.day = :today
left join spend_settings l on l.customer_id = c.customer_id
left join usage_totals t on t.customer_id = c.customer_id and t.period_number = p.number and t.meter = :meter
where c.customer_id = :customer_id
"""
_SPEND = """
update spending set held_micros = held_micros + :held, unposted_micros = unposted_micros + :used,
    dirty = dirty or :dirty
where customer_id = :customer_id
"""
_TOTAL = """
insert into usage_totals (customer_id, period_number, meter, quantity, held_quantity, outlasting_quantity,
    reserved_micros, micros)
values (:customer_id, :number, :meter, :quantity, :held, :outlasting, :reserved, :micros)
on conflict (customer_id, period_number, meter) do update set quantity = :quantity, held_quantity = :held,
    outlasting_quantity = :outlasting, reserved_micros = :reserved, micros = micros + :micros
"""
_EVENT = """
insert into usage_events (customer_id, id, received_at, day, occurred_at, period_number, meter, subject, quantity,
    micros, properties, authorization_id)
values (:customer_id, :event_id, :now, :today, :now, :number, :meter, '', :quantity, :micros, '{}', :hold_id)
"""
_DAY = """
insert into usage_days (customer_id, day, meter, period_number, quantity, events, micros, posted_micros, postings,
    due_on)
values (:customer_id, :today, :meter, :number, :quantity, 1, :micros, 0, 0, :due_on)
on conflict (customer_id, day, meter) do update set quantity = quantity + :quantity, events = events + 1,
    micros = micros + :micros
"""
_BALANCE = """
insert into balance_days (customer_id, day, added_micros, used_micros, closing_micros)
values (:customer_id, :today, 0, :micros, coalesce((select x.closing_micros from balance_days x
    where x.customer_id = :customer_id and x.day <= :today order by x.day desc limit 1), 0) - :micros)
on conflict (customer_id, day) do update set used_micros = used_micros + :micros,
    closing_micros = closing_micros - :micros
"""
_ENDED = """
select 1 from authorizations
where state = 'held' and expires_at <= :now and customer_id = :customer_id limit 1
"""
_LATER = """
update balance_days set closing_micros = closing_micros - :micros where customer_id = :customer_id and day > :today
"""


class CatchUpNeeded(Exception):
    """A grant or a billing period of this customer is due: nothing can be judged before that is done."""

    def __init__(self, customer_id: str) -> None:
        super().__init__(customer_id)
        self.customer_id = customer_id


class LockedFunds:
    """A customer of whom nothing moves until we commit: what may be spent, and on which terms."""

    def __init__(
        self,
        rows: sqlite3.Connection,
        customer_id: str,
        meter: str,
        earliest: datetime | None = None,
        *,
        is_ending: bool = False,
    ) -> None:
        """`is_ending`: a hold of the meter is only ended, so that the meter may be sold no longer."""
        self._rows, self.customer_id, self.meter = rows, customer_id, meter
        self._priced = tariff if is_ending else priced_by
        now = clock.now()  # after the lock: the day is that of the time it counts
        self.now = max(now, earliest) if earliest else now
        self.today = self.now.date()
        self._key = {"customer_id": customer_id, "meter": meter, "now": kept(self.now), "today": self.today.isoformat()}
        self._read()

    def _read(self) -> None:
        row = self._rows.execute(_LOOK, {**self._key, "unit": credits_unit(""), "account": CREDITS}).fetchone()
        if row is None:
            raise NotFound("customer")
        (
            standing, catalog_name, plan, overage, self.period, ends_at, balance, usage_to_post, held, used_today,
            enabled, limit, used, held_quantity, outlasting, self._reserved, version, digest, is_due,
        ) = row  # fmt: skip
        if is_due:
            raise CatchUpNeeded(self.customer_id)
        catalog = versions.remembered(catalog_name, version, digest)
        self._ends_at, self._sold = moment(ends_at), (catalog_name, version, plan)
        price = self._priced(catalog, terms.plan_of(catalog, plan), self.meter)
        self.reservation = Reservation(price, used, held_quantity, outlasting)
        at_invoice = catalog.credits.burn == "at_invoice"
        self.due_on: date = self._ends_at.date() if at_invoice else self.today + timedelta(days=1)
        self.funds = Funds(
            standing=standing,
            balance=balance,
            usage_to_post=usage_to_post,
            held=held + self.reservation.micros - self._reserved,
            overage_limit=overage,
            daily_limit=spending.daily_limit(None if enabled is None else (bool(enabled), limit), catalog),
            used_today=used_today,
        )

    def outlasts(self, expires_at: datetime) -> bool:
        """Say whether a hold that is open until then may be captured when the billing period is over."""
        return expires_at > self._ends_at

    def judged(self) -> tuple[object, ...]:
        """Return what a refusal was decided from, in the order of the columns that keep it."""
        funds, units = self.funds, (self.reservation.used, self.reservation.held) if self.meter else (None, None)
        used_today = None if funds.daily_limit is None else funds.used_today
        price = self.reservation.tariff
        return (
            funds.balance - funds.usage_to_post, funds.overage_limit, funds.held, funds.daily_limit, used_today,
            price.limit if price else None, *units, *self._sold,
        )  # fmt: skip

    def hold(self, micros: int, after: Reservation) -> None:
        """Hold so much more credit, or units of the meter."""
        self._write(after, credit=micros)

    def use(self, event_id: str, hold: Authorized, quantity: int, micros: int, after: Reservation, credit: int) -> None:
        """Count what was captured, as the event that it is; `credit` is by how much held credit changes."""
        values = {**self._key, "quantity": quantity, "micros": micros, "number": self.period}
        self._rows.execute(_EVENT, {**values, "event_id": event_id, "hold_id": hold.id})
        self._write(after, credit=credit, used=micros, is_used=True)
        self._rows.execute(_DAY, {**values, "due_on": self.due_on.isoformat()})
        if micros:
            self._rows.execute(_BALANCE, values)
            self._rows.execute(_LATER, values)

    def free(self, hold: Hold, expires_at: datetime) -> None:
        """Hold no more of what is left of a hold."""
        after = self.reservation.free(hold.quantity_left, outlasts=self.outlasts(expires_at))
        self._write(after, credit=-hold.left)

    def note(self, blocked: Blocked) -> None:
        """Mark the customer for a notice of the daily limit; or find an ended hold, and judge again without it."""
        if self.funds.held or self.reservation.held:
            self._look_for_ended_holds()
        if blocked.reason == "daily_limit":
            self._spend(dirty=True)

    def _look_for_ended_holds(self) -> None:
        if self._rows.execute(_ENDED, self._key).fetchone() is not None:
            raise CatchUpNeeded(self.customer_id)

    def _spend(self, *, held: int = 0, used: int = 0, dirty: bool = False) -> None:
        self._rows.execute(_SPEND, {**self._key, "held": held, "used": used, "dirty": dirty})

    def _write(self, after: Reservation, *, credit: int, used: int = 0, is_used: bool = False) -> None:
        """Write what is used and held now: what is reserved for a meter takes the place of what was."""
        held = after.micros - self._reserved if self.meter else credit
        self._spend(held=held, used=used, dirty=is_used)
        if self.meter or is_used:
            of_meter = {"quantity": after.used, "held": after.held, "outlasting": after.outlasting}
            amounts = {"reserved": after.micros, "micros": used, "number": self.period}
            self._rows.execute(_TOTAL, {**self._key, **of_meter, **amounts})


def kept(time: datetime) -> str:
    """Return a time as SQLite keeps it."""
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def moment(text: str) -> datetime:
    """Return the time that SQLite keeps like this."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
