"""What a posting costs: usage and settled purchases beside one guarded `UPDATE … RETURNING` on the same database."""

import itertools
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from statistics import median
from typing import Any

from sqlalchemy import Pool, event, text

from app import clock, ids
from app.demo import payment_methods
from app.domain.money import Credits, Money
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import WRITING, db
from app.models.scope import as_customer
from app.services.payments import settlement, top_ups
from app.services.usage import recording
from app.services.verification.verify import verify
from benchmarks import busy, two_entry
from benchmarks.places import Place
from benchmarks.timing import ROUNDS, Count, Ratio, interleaved, milliseconds
from tests.support.statements import round_trips

_FLOOR = text(
    "update accounts set balance = balance - 1, version = version + 1 "
    "where customer_id = :customer_id and name = 'prepaid' and (floor is null or balance - 1 >= floor) "
    "returning balance"
)
_KINDS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
MOST_TRIPS, USAGE_TRIPS = 3, 4
MOST_SETTLING, MOST_USAGE = 2.5, 3.0
GRANTS = 60
"""So many are open of the customer whose usage is recorded: each is looked at."""
TURNS, A_TURN = 7, 40
"""The kernel counts CPU in hundredths of a second: a turn of few would be counted by chance."""
APART = timedelta(minutes=20)
LOST = [("confirm_intent", "timeout_after"), ("fetch_intent", "reset_before")]


@contextmanager
def _sent(place: Place) -> Iterator[list[str]]:
    """Collect what is sent to the database; on SQLite as the driver says, for some of it passes by SQLAlchemy."""
    if place.kind == "postgresql":
        with round_trips() as seen:
            yield seen
        return
    seen, heard = [], list[sqlite3.Connection]()

    def saw(statement: str) -> None:
        if statement.strip().upper().startswith(_KINDS):
            seen.append(statement)

    def watched(connection: sqlite3.Connection, *_rest: object) -> None:
        heard.append(connection)
        connection.set_trace_callback(saw)

    event.listen(Pool, "checkout", watched)
    try:
        yield seen
    finally:
        event.remove(Pool, "checkout", watched)
        for connection in heard:
            connection.set_trace_callback(None)


def measure(place: Place, customer: Customer, actor: Actor, scratch: Customer) -> list[Ratio | Count]:
    """Measure usage and settling for a customer with credit; the floor's updates go to a customer of their own."""
    report, guarded = _usage(place, customer), _floor(place, scratch)
    report()
    with _sent(place) as spent:
        report()
    bought = _settle(place, actor, many=GRANTS)
    for _ in range(GRANTS):
        bought()  # the first covers what was used before anything was bought
    buyer, by_whom, _browser = place.customer("Buyer")
    settled = _settle(place, by_whom, many=ROUNDS + 5 + TURNS * A_TURN)
    settled()
    with _sent(place) as posted:
        settled()
    tasks: dict[str, Callable[[], object]] = {"usage": report, "floor": guarded}
    if place.kind == "postgresql":
        tasks["two entries"] = two_entry.transfers(place)
    took = interleaved(tasks, times=6)
    settling = interleaved({"settle": settled, "floor": guarded}, times=1)
    cpu = _by_cpu(place, {"settle": (settled, A_TURN), "usage": (report, 2 * A_TURN), "floor": (guarded, 4 * A_TURN)})
    broken = [each for whose in (customer, buyer) for each in verify(whose.customer_id)]
    assert broken == [], broken[:3]
    return [
        *_beside_two_entries(place, took),
        Ratio(
            "usage.record to a guarded UPDATE … RETURNING", place.kind, took["usage"] / took["floor"], MOST_USAGE,
            _rates(took["usage"], took["floor"]),
        ),
        Count("usage.record: statements", place.kind, len(spent), USAGE_TRIPS),
        Ratio(
            "settling a paid top-up to a guarded UPDATE … RETURNING", place.kind,
            settling["settle"] / settling["floor"], MOST_SETTLING,
            _rates(settling["settle"], settling["floor"]),
        ),
        *(
            Ratio(
                f"{what} to a guarded UPDATE … RETURNING, by CPU", place.kind, cpu[name] / cpu["floor"], goal,
                f"{milliseconds(cpu[name])} to {milliseconds(cpu['floor'])} of CPU, the database's with it",
            )
            for what, name, goal in (
                ("usage.record", "usage", MOST_USAGE), ("settling a paid top-up", "settle", MOST_SETTLING)
            )
        ),
        Count("settling a paid top-up: statements beside the processor's", place.kind, len(posted), MOST_TRIPS),
    ]  # fmt: skip


def _beside_two_entries(place: Place, took: dict[str, float]) -> list[Ratio | Count]:
    if place.kind != "postgresql":  # a database without functions has no ledger in one
        return []
    ratio, words = took["usage"] / took["two entries"], _rates(took["usage"], took["two entries"])
    return [Ratio("usage.record to a transfer of a two-entry function", place.kind, ratio, 1.0, words)]


def _by_cpu(place: Place, tasks: dict[str, tuple[Callable[[], object], int]]) -> dict[str, float]:
    """Return the seconds of CPU that each task takes, the database's among them: the median of turns taken by all."""
    spent: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(TURNS):
        for name, (task, times) in tasks.items():
            took = busy.measured(place, partial(_repeat, task, times))
            spent[name].append(took.cpu / times)
    return {name: median(each) for name, each in spent.items()}


def _repeat(task: Callable[[], object], times: int) -> None:
    for _ in range(times):
        task()


def _rates(seconds: float, floor: float) -> str:
    return f"{1 / seconds:,.0f} a second ({milliseconds(seconds)}) to {1 / floor:,.0f} a second ({milliseconds(floor)})"


def _usage(place: Place, customer: Customer) -> Callable[[], None]:
    numbers = itertools.count()

    def report() -> None:
        with place.app.app_context():
            key = f"bench-{next(numbers)}"
            recording.record(customer.customer_id, key=key, credits=Credits(1), description="Requests")

    return report


def _floor(place: Place, customer: Customer) -> Callable[[], None]:
    engine, values = db.engine, {"customer_id": customer.customer_id}
    role = text("select set_config('role', 'purser_service', true)")

    def update() -> None:
        with engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
            if place.kind == "postgresql":
                connection.execute(role)
            assert connection.execute(_FLOOR, values).one()

    return update


class _Settled:
    """Settles one payment after the other; the time that the pretend processor takes is waited for beforehand."""

    def __init__(self, place: Place, payments: list[tuple[str, str]]) -> None:
        self._app, self._payments, self._gateway = place.app, payments, place.app.extensions["purser.gateway"]
        self._answers = {intent_id: self._gateway.fetch_intent(intent_id) for _payment_id, intent_id in payments}

    def __call__(self) -> None:
        payment_id, _intent_id = self._payments.pop()
        self._app.extensions["purser.gateway"] = self
        with self._app.app_context():
            assert settlement.settle(payment_id).state == "succeeded"
        self._app.extensions["purser.gateway"] = self._gateway

    def fetch_intent(self, intent_id: str) -> Any:
        """Answer what the processor answered before the clock ran."""
        return self._answers[intent_id]


def _settle(place: Place, actor: Actor, *, many: int) -> Callable[[], None]:
    """Return what settles the next payment that was charged but never heard of."""
    with place.app.app_context(), as_customer(actor.customer_id):
        method = payment_methods.add_test_method(actor, "pm_card_visa").id
    for matches, fault in LOST:
        controls.plant(place.settings, matches, fault, 10 * many)
    waiting, now = [], clock.now()
    for number in range(many, 0, -1):
        # So far apart that nobody takes them for cards that are tried: none is known to be paid yet.
        with place.app.app_context(), as_customer(actor.customer_id), clock.at(now - number * APART):
            payment = top_ups.buy(
                actor,
                form_key=ids.new_form_key(),
                amount=Money(500, "USD"),
                pack="",
                method_id=method,
                return_url="http://127.0.0.1/{}".format,
            )
            assert payment.state == "confirming"
            waiting.append((payment.id, payment.processor_id or ""))
    controls.clear_faults(place.settings)
    return _Settled(place, waiting)
