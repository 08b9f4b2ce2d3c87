"""Counting a batch: what its customers' meters show is read once, rated in memory, and each table is written once."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from app.domain import rating
from app.domain.catalog import MeterKind
from app.domain.rating import DEAREST, FULL, Tally, Tariff, UsageReport
from app.domain.reservations import Reservation
from app.models.bulk import Row, as_handed, handed, insert, table_of, upsert
from app.models.ledger import BalanceDay
from app.models.usage import Spending, UsageDay, UsageSubject, UsageTotal
from app.services.ledger import spending
from app.services.usage import event_rows
from app.services.usage.event_rows import EventRow
from app.services.usage.standing import Standing, standings

_ASKED = "asked"
_METER = ("customer_id", "period_number", "meter")
MeterKey = tuple[str, str]
SubjectKey = tuple[str, str, str]
_RULES = {MeterKind.MAX: "most", MeterKind.LAST: "set"}
"""How a day's quantity goes on from an earlier batch's: the highest, the last, or the sum."""


@dataclass
class _Change:
    """What a batch adds to a customer's meter."""

    quantity: int = 0
    events: int = 0
    micros: int = 0


class Counting:
    """A batch on its way into the tables, for customers whose rows of `spending` are `locked`."""

    def __init__(self, session: Session, locked: Mapping[str, Spending], now: datetime) -> None:
        self._locked, self._session, self._now, self._day = locked, session, now, now.astimezone(UTC).date()
        self._standings: dict[str, Standing] = {}
        self._tariffs: dict[MeterKey, Tariff] = {}
        self._tallies: dict[MeterKey, Tally] = {}
        self._held: dict[MeterKey, tuple[Reservation, int]] = {}
        self._seen: set[SubjectKey] = set()
        self._events: list[EventRow] = []
        self._subjects: list[dict[str, Any]] = []
        self._changes: dict[MeterKey, _Change] = {}
        self._costs: dict[str, int] = {}

    @property
    def counted(self) -> int:
        """How many events were counted."""
        return len(self._events)

    def look_up(self, reports: Collection[tuple[str, UsageReport]]) -> None:
        """Read what the meters of these customers' reports show, and which of their subjects were seen before."""
        named = {customer_id: self._locked[customer_id] for customer_id, _report in reports}
        self._standings = standings(self._session, named, self._now)
        for customer_id, meter in {(customer_id, report.meter) for customer_id, report in reports}:
            standing = self._standings[customer_id]
            tariff = rating.tariff(standing.catalog, standing.plan, meter)
            if tariff is not None:
                self._tariffs[customer_id, meter] = tariff
        self._look_at_totals()
        unique = {key for key, tariff in self._tariffs.items() if tariff.kind is MeterKind.UNIQUE}
        self._seen = self._counted_before(
            {(owner, each.meter, each.subject) for owner, each in reports if (owner, each.meter) in unique}
        )

    def count(self, customer_id: str, report: UsageReport, digest: str, properties: str) -> str:
        """Count the report, or return why it cannot be, in one word for machines; empty: it was counted."""
        key = customer_id, report.meter
        tariff = self._tariffs.get(key)
        if tariff is None:
            return "unknown_meter"
        reason = rating.refusal(report, tariff.kind, self._now)
        if reason:
            return reason
        happened_at = report.time or self._now + timedelta(microseconds=len(self._events))  # as it is written
        seen = (*key, report.subject)
        is_new = tariff.kind is MeterKind.UNIQUE and seen not in self._seen
        before = self._tallies.get(key, Tally())
        after = rating.counted(tariff.kind, before, report.quantity, happened_at, is_new=is_new)
        micros = tariff.step(before.quantity, after.quantity)
        cost = self._costs.get(customer_id, 0) + micros
        due = self._standings[customer_id].usage_to_post + cost + self._reserved(key, after.quantity)
        if after.quantity > FULL or due > DEAREST:
            return "too_much"
        self._tallies[key], self._costs[customer_id] = after, cost
        number = self._standings[customer_id].period_number
        if is_new:
            self._seen.add(seen)
            self._subjects.append(
                {"customer_id": customer_id, "period_number": number, "meter": report.meter, "subject": report.subject}
            )
        change = self._changes.setdefault(key, _Change())
        change.quantity = _day_quantity(tariff.kind, change.quantity, report.quantity, before, after)
        change.events += 1
        change.micros += micros
        self._events.append(
            EventRow(
                customer_id, report.id, digest, report.time, number, report.meter, report.subject, report.quantity,
                micros, properties,
            )
        )  # fmt: skip
        return ""

    def write(self) -> None:
        """Write what was counted: each table once, whatever the number of events."""
        if not self._events:
            return
        event_rows.write(self._session, self._events, self._now, self._day)
        insert(self._session, UsageSubject, self._subjects)
        self._write_spending()
        self._write_totals()
        for kinds, rule in (((), "add"), ((MeterKind.MAX,), "most"), ((MeterKind.LAST,), "set")):
            self._write_days(kinds or tuple(set(MeterKind) - set(_RULES)), rule)
        self._write_balance_days()

    def _look_at_totals(self) -> None:
        """Read what the meters show and hold in the open periods."""
        if not self._tariffs:
            return
        rows = [
            {"customer_id": owner, "period_number": self._standings[owner].period_number, "meter": meter}
            for owner, meter in self._tariffs
        ]
        found = self._asked(_totals, rows)
        for owner, meter, quantity, last_at, held, outlasting, reserved in found:
            key = owner, meter
            self._tallies[key] = Tally(quantity, last_at)
            if held:
                self._held[key] = Reservation(self._tariffs[key], quantity, held, outlasting), reserved

    def _asked(self, statement: Callable[[str], Select[*tuple[Any, ...]]], rows: Sequence[Row]) -> Any:
        dialect = self._session.get_bind().dialect.name
        return self._session.execute(statement(dialect), {_ASKED: as_handed(dialect, rows)})

    def _reserved(self, key: MeterKey, used: int) -> int:
        """Return what the open holds of the meter may still cost when so much is used: they have moved up behind it."""
        held = self._held.get(key)
        return replace(held[0], used=used).micros if held else 0

    def _counted_before(self, subjects: Iterable[SubjectKey]) -> set[SubjectKey]:
        """Return those of the subjects that the open period knows."""
        rows = [
            {
                "customer_id": owner,
                "period_number": self._standings[owner].period_number,
                "meter": meter,
                "subject": subject,
            }
            for owner, meter, subject in sorted(subjects)
        ]
        if not rows:
            return set()
        found = self._asked(_subjects, rows)
        return {(owner, meter, subject) for owner, meter, subject in found}

    def _write_spending(self) -> None:
        held = {owner: self._standings[owner].held for owner in self._costs}
        for key, (_reservation, before) in self._held.items():
            if key in self._changes:
                held[key[0]] += self._reserved(key, self._tallies[key].quantity) - before
        rows = [
            {"customer_id": owner, "unposted_micros": micros, "held_micros": held[owner], "dirty": True}
            for owner, micros in sorted(self._costs.items())
        ]
        upsert(self._session, Spending, rows, {"unposted_micros": "add", "held_micros": "set", "dirty": "set"})

    def _write_totals(self) -> None:
        rows = [
            {
                "customer_id": owner,
                "period_number": self._standings[owner].period_number,
                "meter": meter,
                "quantity": self._tallies[owner, meter].quantity,
                "held_quantity": 0,
                "outlasting_quantity": 0,
                "reserved_micros": self._reserved((owner, meter), self._tallies[owner, meter].quantity),
                "micros": change.micros,
                "last_at": self._tallies[owner, meter].last_at,
            }
            for (owner, meter), change in sorted(self._changes.items())
        ]
        upsert(
            self._session,
            UsageTotal,
            rows,
            {"quantity": "set", "reserved_micros": "set", "micros": "add", "last_at": "set"},
        )

    def _write_days(self, kinds: Collection[MeterKind], rule: str) -> None:
        rows = [
            {
                "customer_id": owner,
                "day": self._day,
                "meter": meter,
                "period_number": self._standings[owner].period_number,
                "quantity": change.quantity,
                "events": change.events,
                "micros": change.micros,
                "posted_micros": 0,
                "postings": 0,
                "due_on": self._due_on(self._standings[owner]),
            }
            for (owner, meter), change in sorted(self._changes.items())
            if self._tariffs[owner, meter].kind in kinds
        ]
        if rows:
            upsert(self._session, UsageDay, rows, {"quantity": rule, "events": "add", "micros": "add"})

    def _write_balance_days(self) -> None:
        """Add to the day's totals as customers see them. Where a later day has begun already, it moves too."""
        rows = []
        for owner, micros in sorted(self._costs.items()):
            standing = self._standings[owner]
            if standing.last_day is not None and standing.last_day > self._day:
                spending.move_day(self._session, owner, self._day, used=micros)
            elif micros:
                closing = standing.balance - standing.usage_to_post - micros
                rows.append(
                    {
                        "customer_id": owner,
                        "day": self._day,
                        "added_micros": 0,
                        "used_micros": micros,
                        "closing_micros": closing,
                    }
                )
        if rows:
            upsert(self._session, BalanceDay, rows, {"used_micros": "add", "closing_micros": "set"})

    def _due_on(self, standing: Standing) -> Any:
        """Return the day from which the cost is posted: the next, or that of the invoice."""
        if standing.catalog.credits.burn == "realtime":
            return self._day + timedelta(days=1)
        return standing.period_ends_at.date()


def _day_quantity(kind: MeterKind, so_far: int, quantity: int, before: Tally, after: Tally) -> int:
    """Return what the batch makes of the day's quantity: the highest that was reported, the last, or the growth."""
    match kind:
        case MeterKind.MAX:
            return max(so_far, quantity)
        case MeterKind.LAST:
            return after.quantity
        case _:
            return so_far + after.quantity - before.quantity


@cache
def _totals(dialect: str) -> Select[*tuple[Any, ...]]:
    """Return what is asked of the meters that are handed over, put together once."""
    table = table_of(UsageTotal)
    asked = handed(dialect, _ASKED, [table.c[each] for each in _METER])
    columns = ("quantity", "last_at", "held_quantity", "outlasting_quantity", "reserved_micros")
    return select(table.c.customer_id, table.c.meter, *(table.c[each] for each in columns)).join(
        asked, and_(*(table.c[each] == asked.c[each] for each in _METER))
    )


@cache
def _subjects(dialect: str) -> Select[*tuple[Any, ...]]:
    """Return which of the subjects that are handed over are there, put together once."""
    table = table_of(UsageSubject)
    asked = handed(dialect, _ASKED, [table.c[each] for each in (*_METER, "subject")])
    return select(table.c.customer_id, table.c.meter, table.c.subject).join(
        asked, and_(*(table.c[each] == asked.c[each] for each in (*_METER, "subject")))
    )
