"""Twelve processes at the limit of automatic charges, some of them killed: never more is charged than the limit allows."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock
from app.config import Settings
from app.domain.auto_recharge.caution import Brake, Caution
from app.domain.money import Money
from app.domain.people.members import Actor
from app.models.auto_recharge import AutoRechargeBudget
from app.models.customers import Customer
from app.models.database import db
from app.models.payments import Payment
from app.models.scope import as_service
from app.services.verification.verify import verify
from tests.support import cast, programs, recharge, shop, tiers
from tests.support.databases import environment
from tests.support.outcome import recover

ON_POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
WORKERS = tiers.sample_of(2, proof=9)
KILLED = tiers.sample_of(1, proof=3)
ROUNDS = tiers.sample_of(1, proof=10)
KILL_AT = (5, 9, 14, 20, 27, 33, 8, 17, 23, 30)
"""At which moment, before or after a commit, some are killed: another one in each round."""
FIVE = 12_500
"""So many requests cost five dollars: what one purchase is."""
TIMES = tiers.sample_of(4, proof=8)
TIMEOUT = 240


def worked(settings: Settings, plans: list[tuple[int, int, list[list[object]]]]) -> list[str]:
    """Let a crew work on each plan (the moment of death, how many, steps), all at once; return what was decided."""
    crews = [programs.start("tests.programs.day_turner", env=environment(settings)) for _ in plans]
    said = []
    for crew, plan in zip(crews, plans, strict=True):
        assert crew.stdin is not None
        crew.stdin.write(json.dumps(plan) + "\n")
        crew.stdin.flush()
    for crew, (kill_at, _many, _steps) in zip(crews, plans, strict=True):
        heard, _none = crew.communicate(timeout=TIMEOUT)
        lines = heard.splitlines()
        assert not [each for each in lines if "Traceback" in each], "\n".join(lines)[-4000:]
        (over,) = [json.loads(each.removeprefix("over ")) for each in lines if each.startswith("over ")]
        assert set(over) <= ({-9, 0} if kill_at else {0}), "\n".join(lines)[-4000:]
        said += [json.loads(each.removeprefix("answer ")) for each in lines if each.startswith("answer ")]
    return said


def steps(customer: Customer, key: str, begins: datetime) -> list[list[object]]:
    times = [begins + timedelta(minutes=2 * number) for number in range(TIMES)]
    return [
        [at.isoformat(), "recharges", customer.customer_id, f"{key}-{place}", FIVE] for place, at in enumerate(times)
    ]


def budgets(customer: Customer) -> list[tuple[int, int]]:
    """Return of each period what is charged or reserved, and the limit."""
    with as_service("look at budgets"):
        rows = db.session.scalars(
            select(AutoRechargeBudget)
            .where(AutoRechargeBudget.customer_id == customer.customer_id)
            .order_by(AutoRechargeBudget.period_number)
            .execution_options(populate_existing=True)
        ).all()
    return [(each.reserved_minor + each.charged_minor, each.limit_minor) for each in rows]


@ON_POSTGRESQL
@pytest.mark.case("AC-3", "AC-9")
@pytest.mark.fault("A2", "A4", "A5", "T4")
def test_the_limit_holds_however_many_ask_and_die(app: Flask, settings: Settings, catalog: str) -> None:
    for number in range(ROUNDS):
        with clock.at(NOW):
            customer = cast.make_customer(f"Edge{number}")
            actor = cast.make_actor(cast.Part(f"Ed{number}", f"ed{number}@edge.example", cast.ALICE.role), customer)
            shop.add_method(actor)
            recharge.on(actor, threshold="5", amount=500, caution=Caution(Brake.OFF))  # no day is usual here
        first = steps(customer, f"first{number}", NOW)
        worked(settings, [(0, WORKERS, first), (KILL_AT[number % len(KILL_AT)], KILLED, first)])
        recover(app, waits=(timedelta(seconds=1), timedelta(minutes=3), timedelta(minutes=20)))
        spent_and_limits(customer, [5000])
        lower(actor)
        again = steps(customer, f"again{number}", NOW + timedelta(hours=2))
        worked(settings, [(0, WORKERS, again)])
        spent_and_limits(customer, [5000])
        turned = steps(customer, f"turned{number}", NOW + timedelta(days=32))
        worked(settings, [(0, WORKERS, turned), (KILL_AT[-number % len(KILL_AT)], KILLED, turned)])
        with clock.at(NOW + timedelta(days=32, hours=1)):
            recover(app, waits=(timedelta(seconds=1), timedelta(minutes=3), timedelta(minutes=20)))
        spent_and_limits(customer, [5000, 3000])
        assert verify(customer.customer_id) == []


def lower(actor: Actor) -> None:
    with clock.at(NOW + timedelta(hours=1)):
        recharge.chooses(actor, accepts=False, period_limit=Money(3000, "USD"))


def spent_and_limits(customer: Customer, limits: list[int]) -> None:
    """All that the limit allows is charged, and not a cent more; nothing is reserved any more."""
    assert budgets(customer) == [(limit, limit) for limit in limits]
    with as_service("add up"):
        mine = (Payment.customer_id == customer.customer_id, Payment.budget_period.is_not(None))
        received = db.session.scalar(select(func.sum(Payment.received_minor)).where(*mine))
    assert received == sum(limits)
    assert sum(each.amount_minor for each in recharge.automatic(customer) if each.state == "succeeded") == sum(limits)
