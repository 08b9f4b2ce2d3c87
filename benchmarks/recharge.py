"""What auto-recharge adds to a posting: the check whether credit fell below the threshold, beside the posting itself.

The check is one statement in a transaction that is open anyway, that of the job which decides notices: once for all
postings since that looked last. So ten of them are measured in one transaction, whose begin and commit are shared.
"""

import itertools
from collections.abc import Callable
from datetime import timedelta

from app import clock
from app.domain.auto_recharge.decision import Outcome
from app.domain.money import MICROS, Credits
from app.domain.rating import UsageReport
from app.models.customers import Customer
from app.models.scope import as_service
from app.services.auto_recharge import charging, trigger
from app.services.ledger import grants
from app.services.transaction import transaction
from app.services.usage import events as usage_events
from app.services.usage import recording
from benchmarks.places import Place
from benchmarks.timing import Count, Ratio, interleaved, milliseconds
from tests.support import recharge, shop
from tests.support.statements import counted

GOAL, MOST = 0.15, 1
CHECKS = 10
"""So many in one transaction."""
MUCH, LITTLE = Credits(100_000 * MICROS), Credits(1)


def measure(place: Place) -> list[Ratio | Count]:
    """Measure postings and checks of a customer with enough, a check that finds too little, and a whole look."""
    rich, poor = _customer(place, "Refilled", MUCH), _customer(place, "Exhausted", Credits(30 * MICROS))
    post, report = _posting(place, rich), _reporting(place, rich)
    enough, too_little = _check(place, rich, MUCH), _check(place, poor, LITTLE)
    look = _look(place, poor)
    assert look() is Outcome.LIMIT_REACHED, "the whole look is that of a customer whose limit is used"
    with counted() as statements:
        enough()
    took = interleaved(
        {"posting": post, "report": report, "enough": enough, "too little": too_little, "look": look}, times=4
    )
    took |= {name: took[name] / CHECKS for name in ("enough", "too little")}

    def ratio(what: str, one: str, other: str, goal: float | None = GOAL) -> Ratio:
        detail = f"{milliseconds(took[one])} to {milliseconds(took[other])}"
        return Ratio(what, place.kind, took[one] / took[other], goal, detail)

    return [
        ratio("auto-recharge: the check after a posting to the posting", "enough", "posting"),
        ratio("auto-recharge: the check after one usage event to accepting it", "enough", "report"),
        ratio("auto-recharge: the check that finds too little to the posting", "too little", "posting"),
        ratio("auto-recharge: a whole look below the threshold to the posting", "look", "posting", None),
        Count("auto-recharge: statements of the check", place.kind, len(statements) // CHECKS, MOST),
    ]


def _customer(place: Place, name: str, credit: Credits) -> Customer:
    customer, actor, _browser = place.customer(name)
    with place.app.app_context():
        shop.add_method(actor)
        recharge.on(actor, threshold="40", amount=500, limit=500)
        with as_service("fill"):
            grants.give(
                customer.customer_id, kind="promotional", credits=credit, granted_by="bench", reason="Benchmark"
            )
    return customer


def _posting(place: Place, customer: Customer) -> Callable[[], None]:
    numbers = itertools.count()

    def post() -> None:
        with place.app.app_context():
            key = f"checked-{next(numbers)}"
            recording.record(customer.customer_id, key=key, credits=Credits(1), description="Requests")

    return post


def _reporting(place: Place, customer: Customer) -> Callable[[], None]:
    numbers = itertools.count()

    def report() -> None:
        event = UsageReport(f"one-{next(numbers)}", customer.customer_id, "requests", 1, "", None, {})
        with place.app.app_context():
            assert usage_events.accept([event]).accepted == 1

    return report


def _check(place: Place, customer: Customer, remaining: Credits) -> Callable[[], None]:
    """Return the check; each is of a moment before the last one, so that too little is written down every time."""
    began, numbers = clock.now(), itertools.count()

    def checks() -> None:
        with place.app.app_context(), as_service("check"), transaction() as session:
            for _ in range(CHECKS):
                before = began - timedelta(microseconds=next(numbers))
                trigger.credit_moved(session, customer.customer_id, remaining, before)

    return checks


def _look(place: Place, customer: Customer) -> Callable[[], Outcome]:
    """Return a look at one whose limit is used: the first one has charged it."""

    def look() -> Outcome:
        with place.app.app_context(), as_service("look"):
            return charging.look_at(customer.customer_id).outcome

    assert look() is Outcome.CHARGE
    return look
