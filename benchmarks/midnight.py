"""Midnight: what was used on the day that is over goes to the ledger, for all customers. What does each cost?

    python -m benchmarks.midnight [--customers 2000] [--most 100000] [--keep]

Customers are copied in the tables from one that came as customers do, was given credit and used some of it.
"""

import argparse
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from app import clock
from app.domain.money import Credits
from app.models.bulk import table_of
from app.models.customers import BillingPeriod, Customer
from app.models.database import Base
from app.models.ledger import Account, Allocation, BalanceDay, Grant, Transfer
from app.models.subscriptions import Subscription
from app.models.usage import Spending, UsageDay, UsageEvent, UsageEventKey, UsageTotal
from app.services.ledger import grants
from app.services.usage import posting_schedule
from app.services.verification.verify import verify
from benchmarks import report
from benchmarks.busy import Busy, measured
from benchmarks.places import Place, places
from benchmarks.timing import Count, Ratio
from tests.support import meters

NOON = datetime(2027, 6, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TURN = 1_000
"""So many customers the worker has posted in one turn."""
TABLES: tuple[type[Base], ...] = (
    Customer, Spending, Account, BillingPeriod, Grant, Transfer, Allocation, BalanceDay, UsageTotal, UsageDay,
    UsageEvent, UsageEventKey, Subscription,
)  # fmt: skip
IDS: dict[type[Base], str] = {Grant: "grt", Transfer: "txn", Subscription: "sub"}
NAME = "midnight"
GOAL_MS, LINEAR = 0.5, 1.2


class Midnight:
    """Customers whose day is over, group after group."""

    def __init__(self, place: Place, used: tuple[str, ...]) -> None:
        self.place, self.groups = place, 0
        with place.app.app_context(), clock.at(NOON):
            meters.apply()
            customer = meters.customer(f"Midnight{len(used)}")
            self.template = str(customer.customer_id)
            grants.give(
                self.template, kind="promotional", credits=Credits(100_000_000), granted_by="bench", reason="Welcome"
            )
            for each in used:
                meters.accept_one(self.template, id=f"use-{each}", meter=each, quantity=1)
        with place.raw.begin() as connection:  # the one that is copied is never due
            never = text("update usage_days set due_on = '2999-01-01' where customer_id = :template")
            connection.execute(never, {"template": self.template})

    def fill(self, many: int) -> None:
        """Copy so many customers."""
        self.groups += 1
        group = f"{self.groups:04}{self.template[-6:]}"
        with self.place.raw.begin() as connection:
            for model in TABLES:
                words = _copying(self.place, model, f"'{{}}_{group}' || cast(1000000 + i as text)")
                connection.execute(text(words), {"many": many, "template": self.template})
            if self.place.kind == "postgresql":
                connection.execute(text("analyze usage_days, spending, accounts, grants, customers"))

    def post(self) -> int:
        """Post what everybody has used; return how many customers' it was."""
        done = 0
        with self.place.app.app_context(), clock.at(NOON + DAY):
            while made := posting_schedule.post_due(TURN):
                done += made
        return done


def measure(place: Place, many: int = 2_000, most: int = 20_000) -> list[Ratio | Count]:
    """Measure many customers with one meter and with two, then ten times as many."""
    found = list[Ratio | Count]()
    for used in (("requests",), ("requests", "runs")):
        midnight = Midnight(place, used)
        _took(midnight, 50)
        took = _took(midnight, many)
        words = f"{took.each(many)} a customer"
        name = f"{NAME}: posting {len(used)} meter{'s' if len(used) > 1 else ''} of {many:,} customers, to {GOAL_MS} ms"
        found.append(Ratio(name, place.kind, took.cpu / many * 1000 / GOAL_MS, 1.0, words))
    more = _took(midnight, most)
    ratio = more.cpu / most / (took.cpu / many)
    found.append(Ratio(f"{NAME}: each of {most:,} to each of {many:,}", place.kind, ratio, LINEAR, more.each(most)))
    with place.app.app_context():
        broken = [each for each in verify() if each.invariant != "I35"]  # nobody wrote down that they were copied
    assert broken == [], broken[:3]
    return found


def _took(midnight: Midnight, many: int) -> Busy:
    midnight.fill(many)
    posted = list[int]()
    took = measured(midnight.place, lambda: posted.append(midnight.post()))
    assert posted == [many], posted
    return took


def _copying(place: Place, model: type[Base], own: str) -> str:
    """Return the statement that copies the rows of the template; ids of what it has are made from the customer's."""
    table = table_of(model)
    values = {each.name: f"t.{each.name}" for each in table.columns if each.computed is None} | {
        "customer_id": own.format("cus")
    }
    if model is Customer:
        values["external_id"] = "null"
    if model in IDS:
        values["id"] = own.format(IDS[model])
    if model is UsageDay:
        values["due_on"] = f"'{NOON + DAY:%Y-%m-%d}'"
        if place.kind == "postgresql":
            values["due_on"] = f"date {values['due_on']}"
    if model is Transfer:
        values["source_id"] = own.format("grt")
    if model is Allocation:
        values |= {"grant_id": own.format("grt"), "transfer_id": own.format("txn")}
    names = "with recursive numbers(i) as (select 1 union all select i + 1 from numbers where i < :many) "
    into = f"insert into {table.name} ({', '.join(values)}) "
    taken = f"select {', '.join(values.values())} from numbers, {table.name} t where t.customer_id = :template"
    return into + names + taken if place.kind == "sqlite" else names + into + taken


def main() -> None:
    """Measure it alone, on both databases."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--customers", type=int, default=2_000)
    parser.add_argument("--most", type=int, default=100_000)
    parser.add_argument("--keep", action="store_true", help="put the rows into results.md and results.json")
    given = parser.parse_args()
    found = list[Ratio | Count]()
    with places() as offered:
        for place in offered:
            rows = measure(place, given.customers, given.most)
            print("\n".join(report.lines(rows, [place.version])), flush=True)
            found += rows
    if given.keep:
        report.replace(NAME, found)


if __name__ == "__main__":
    main()
