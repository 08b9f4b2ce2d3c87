"""The month's end of many customers: how much sooner is it over than with a loop that runs each by itself?

    python -m benchmarks.month_end [--customers 10000] [--most 100000] [--keep]

Customers are copied in the tables from one that came as customers do. Half of those that are run together have a plan
that costs something, whose invoice is written; the others have the free one.
"""

import argparse
import gc
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text
from tqdm import tqdm

from app import clock, create_app
from app.config import Settings
from app.models.bulk import table_of
from app.models.customers import BillingPeriod, Customer
from app.models.database import Base
from app.models.ledger import Account
from app.models.scope import as_service
from app.models.subscriptions import Subscription
from app.models.usage import Spending
from app.services.customers import registration
from app.services.month_end import run
from benchmarks import report
from benchmarks.busy import Busy, measured
from benchmarks.places import Place, places
from benchmarks.timing import Count, Ratio
from tests.support import plans
from tests.support.databases import environment

BEGIN, JULY = (datetime(2027, month, 1, tzinfo=UTC) for month in (6, 7))
TURN = timedelta(minutes=1)
"""So much later than one group the next is due: each run finds one alone."""
TABLES: tuple[type[Base], ...] = (Customer, Spending, Account, BillingPeriod, Subscription)
TURNS = 5
ALONE = 10
"""So many of each plan are run by themselves in a turn: it takes as long for each, however many there are."""
GOAL, LINEAR, FLAT = 1 / 10, 12.0, 1.1
NAME = "month's end"


class Month:
    """A seller whose customers' months end, group after group."""

    def __init__(self, place: Place) -> None:
        self.place, self.due, self.groups = place, JULY, 0
        with place.app.app_context():
            self.templates = [_template(plan) for plan in ("team", "free")]
        with place.raw.begin() as connection:  # those that are copied are never due
            connection.execute(text("update subscriptions set run_at = '2999-01-01 00:00:00.000000'"))

    def fill(self, many: int) -> list[str]:
        """Copy customers whose month is due when the one of those before is over; return their ids."""
        self.due += TURN
        ids = list[str]()
        for template in self.templates:
            self.groups += 1
            ids += _fill(self.place, template, many // 2, f"{self.groups:019}", self.due)
        return ids

    def together(self) -> int:
        """Run whoever is due; return how many."""
        with self.place.app.app_context(), clock.at(self.due):
            waiting = run.waiting()
            with tqdm(total=waiting, desc="Month", unit="customer", leave=False, disable=None) as bar:
                return run.run_all(done=bar.update)

    def alone(self, ids: list[str]) -> int:
        """Run each by itself; return how many."""
        with self.place.app.app_context(), clock.at(self.due), as_service("run the month"):
            return sum(run.run(each) for each in ids)


def measure(place: Place, many: int = 10_000, most: int = 100_000) -> list[Ratio | Count]:
    """Measure a loop over customers by turns with many together, then ten times as many, and a run that is killed."""
    month = Month(place)
    _forget_peak()
    together, loop = Busy(), Busy()
    for turn in range(TURNS):
        for is_loop in (turn % 2 == 0, turn % 2 == 1):
            gc.collect()
            if is_loop:
                ids = month.fill(2 * ALONE)
                loop += measured(place, lambda ids=ids: _all(month.alone(ids), 2 * ALONE))  # type: ignore[misc]  # an int
            else:
                month.fill(many // TURNS)
                together += measured(place, lambda: _all(month.together(), many // TURNS))
    each = together.cpu / many
    loops = loop.cpu / (2 * ALONE * TURNS)
    before = _peak()
    month.fill(most)
    _forget_peak()
    all_of_them = measured(place, lambda: _all(month.together(), most))
    memory = _peak()
    lost, again = _killed(month, many)
    words = f"{together.each(many)} a customer to {loop.each(2 * ALONE * TURNS)}"
    linear = LINEAR * most / many / 10
    longer = f"{all_of_them.seconds()} to {together.seconds()}"
    peak = f"at most {memory / 1024:.0f} MB to {before / 1024:.0f} MB"
    return [
        Ratio(f"{NAME}: {many:,} customers together to a loop over each", place.kind, each / loops, GOAL, words),
        Ratio(f"{NAME}: {most:,} customers to {many:,}", place.kind, all_of_them.cpu / together.cpu, linear, longer),
        Ratio(f"{NAME}: memory of {most:,} customers to that of {many:,}", place.kind, memory / before, FLAT, peak),
        Count(f"{NAME}: customers left out or run twice after kill -9", place.kind, lost, 0),
        Count(f"{NAME}: made by a second run", place.kind, again, 0),
    ]


def _all(made: int, wanted: int) -> None:
    if made != wanted:
        raise RuntimeError(f"{made} of {wanted} were run")


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


def _fill(place: Place, template: str, many: int, group: str, due: datetime) -> list[str]:
    """Copy the customer so many times, whose month is due then; return their ids."""
    names = "with recursive numbers(i) as (select 1 union all select i + 1 from numbers where i < :many) "
    own = f"'cus_{group}' || cast(1000000 + i as text)"
    with place.raw.begin() as connection:
        for model in TABLES:
            table = table_of(model)
            values = {each.name: each.name for each in table.columns if each.computed is None} | {"customer_id": own}
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
    return [f"cus_{group}{1_000_000 + number}" for number in range(1, many + 1)]


def _killed(month: Month, many: int) -> tuple[int, int]:
    """Kill the run of many in its middle and run them again; return how many are wrong, and what one more run makes."""
    ids = month.fill(many)
    words = [sys.executable, "-m", "benchmarks.month_end", "--run", month.due.isoformat()]
    with subprocess.Popen(words, env=environment(month.place.settings), stdout=subprocess.PIPE, text=True) as process:
        done = 0
        for line in process.stdout or ():
            done += int(line)
            if done >= many // 2:
                process.kill()
                break
    if not 0 < done < many:
        raise RuntimeError(f"killed after {done} of {many}")
    month.together()
    first = {"first": ids[0][:23], "second": ids[-1][:23]}
    mine = "substr(customer_id, 1, 23) in (:first, :second)"
    with month.place.raw.connect() as connection:

        def wrong(table: str, of: str, wanted: int) -> int:
            rows, customers = connection.execute(
                text(f"select count(*), count(distinct customer_id) from {table} where {mine} and {of}"),
                first,
            ).one()
            return abs(rows - wanted) + abs(customers - wanted)

        lost = wrong("period_runs", "1 = 1", many) + wrong("documents", "kind = 'invoice'", many // 2)
    return lost, month.together()


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _peak() -> int:
    """Return the most memory that this process has had since its peak was forgotten, in kilobytes."""
    (line,) = [each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith("VmHWM:")]
    return int(line.split()[1])


def _run(moment: datetime) -> None:
    """Run whoever is due at the moment, and say after each batch how many."""
    say: Callable[[int], object] = lambda made: print(made, flush=True)  # noqa: E731
    with create_app(Settings.from_env()).app_context(), clock.at(moment):
        run.run_all(done=say)


def main() -> None:
    """Measure it alone, on both databases."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--most", type=int, default=100_000)
    parser.add_argument("--keep", action="store_true", help="put the rows into results.md and results.json")
    parser.add_argument("--run", type=datetime.fromisoformat, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.run:
        _run(given.run)
        return
    found = list[Ratio | Count]()
    with places() as offered:
        for place in offered:
            rows = measure(place, given.customers, given.most)
            print("\n".join(f"{each.database}: {each}" for each in rows), flush=True)
            found += rows
    if given.keep:
        report.replace(NAME, found)


if __name__ == "__main__":
    main()
