"""The month's end of many customers: how much sooner is it over than with a loop that runs each by itself?

    python -m benchmarks.month_end [--customers 1000]

Customers are copied in the tables from one that came as customers do. Half of those that are run together have a plan
that costs something, whose invoice is written; the others have the free one.
"""

import argparse
import resource
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from app import clock
from app.models.bulk import table_of
from app.models.customers import BillingPeriod, Customer
from app.models.database import Base
from app.models.ledger import Account
from app.models.scope import as_service
from app.models.subscriptions import Subscription
from app.models.usage import Spending
from app.services.customers import registration
from app.services.month_end import run
from benchmarks.places import Place, places
from benchmarks.timing import Ratio
from tests.support import plans

BEGIN, JULY = (datetime(2027, month, 1, tzinfo=UTC) for month in (6, 7))
LATER = JULY + timedelta(seconds=9)
TABLES: tuple[type[Base], ...] = (Customer, Spending, Account, BillingPeriod, Subscription)
ALONE = 100
"""So many are run each by itself: it takes as long for each, however many there are."""
GOAL, LINEAR = 1 / 10, 1.2


def measure(place: Place, many: int = 10_000) -> list[Ratio]:
    """Measure a loop over customers, and the same for many together, and for ten times fewer."""
    with place.app.app_context():
        paying, free = (_template(plan) for plan in ("team", "free"))
    alone = _fill(place, paying, ALONE // 2, "a") + _fill(place, free, ALONE // 2, "b")
    for each, fewer, more in ((paying, "c", "e"), (free, "d", "f")):
        _fill(place, each, many // 20, fewer)
        _fill(place, each, many // 2, more, LATER)
    with place.app.app_context(), clock.at(JULY), as_service("run the month"):
        began = time.perf_counter()
        done = sum(run.run(each) for each in alone)
        loop = (time.perf_counter() - began) / done
    few = _together(place, JULY)
    before = _memory()
    all_of_them = _together(place, LATER)
    grown = (_memory() - before) / 1024
    figures = f"{all_of_them * 1000:.2f} ms beside {loop * 1000:.2f} ms a customer; {grown:.0f} MB more than before"
    return [
        Ratio(f"month's end of {many:,} customers / a loop over each", place.kind, all_of_them / loop, GOAL, figures),
        Ratio(f"the same / that of {many // 10:,}, for each", place.kind, all_of_them / few, LINEAR, ""),
    ]


def _template(plan: str) -> str:
    """Create a customer whose first period is billed; return its id."""
    plans.applies()
    with clock.at(BEGIN):
        made = registration.create(
            name="Many Ltd", email="billing@many.example", catalog="plans", created_at=BEGIN, plan=plan
        )
        with as_service("run the month"):
            run.run(made.customer_id)
    return str(made.customer_id)


def _fill(place: Place, template: str, many: int, letter: str, due: datetime = JULY) -> list[str]:
    """Copy the customer so many times, whose month is due then; return their ids."""
    names = "with recursive numbers(i) as (select 1 union all select i + 1 from numbers where i < :many) "
    own = f"'cus_{letter * 19}' || cast(1000000 + i as text)"
    with place.raw.begin() as connection:
        for model in TABLES:
            table = table_of(model)
            values = {each.name: each.name for each in table.columns} | {"customer_id": own}
            if model is Customer:
                values["external_id"] = "null"
            if model is Subscription:
                values |= {"id": own.replace("cus_", "sub_"), "run_at": f"'{due:%Y-%m-%d %H:%M:%S}.000000+00:00'"}
                if place.kind == "sqlite":
                    values["run_at"] = values["run_at"].replace("+00:00", "")
            into = f"insert into {table.name} ({', '.join(values)}) "
            taken = f"select {', '.join(values.values())} from numbers, {table.name} t where t.customer_id = :template"
            words = into + names + taken if place.kind == "sqlite" else names + into + taken
            connection.execute(text(words), {"many": many, "template": template})
    return [f"cus_{letter * 19}{1_000_000 + number}" for number in range(1, many + 1)]


def _together(place: Place, moment: datetime) -> float:
    """Run whoever is due; return the seconds for each."""
    with place.app.app_context(), clock.at(moment):
        began = time.perf_counter()
        done = run.run_all(done=lambda _made: None)
        return (time.perf_counter() - began) / done


def _memory() -> int:
    """Return the most memory that this process has had, in kilobytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Measure it alone, on both databases."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--customers", type=int, default=1_000)
    wanted = parser.parse_args().customers
    with places() as offered:
        for place in offered:
            for each in measure(place, wanted):
                print(f"{each.database}: {each.what}: {each.ratio:.3f} (goal {each.goal}) {each.detail} {each.verdict}")


if __name__ == "__main__":
    main()
