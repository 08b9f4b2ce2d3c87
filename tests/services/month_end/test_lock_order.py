"""Whoever changes a plan, runs a month or collects takes the customer before its invoices, as whoever refunds, corrects or pays does."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.models.database import db
from app.services.verification.verify import verify
from tests.services.receivables.test_lock_order import somebody_waits_for
from tests.support import dunning, periods, plans
from tests.support.databases import Database
from tests.support.months import at, runs
from tests.support.plans import HALF, confirms, target
from tests.support.shop import GOOD, add_method

AT_ONCE = ('downgrade = "period_end"', 'downgrade = "immediate"')
AFTER, JULY = HALF + timedelta(hours=1), at(2027, 7, 1)
FREE = (
    "select 1 from documents where customer_id = :customer for update nowait",
    "select 1 from subscriptions where customer_id = :customer for update nowait",
)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("how", ["change", "give back", "month", "collect"])
def test_the_customer_is_waited_for_before_its_invoices_and_its_plan_are_held(
    app: Flask, database: Database, how: str
) -> None:
    acme = plans.customer(AT_ONCE)
    alice = plans.manager(acme)
    way = add_method(alice, GOOD).id
    confirms(alice, target("team"), way)
    if how in {"month", "collect"}:
        periods.uses(acme, 500, HALF)
    if how == "collect":
        runs(JULY)
    acts: dict[str, Callable[[], object]] = {
        "change": lambda: confirms(alice, target(seats=5), way, at=AFTER),
        "give back": lambda: confirms(alice, target("personal"), "", at=AFTER),
        "month": lambda: runs(JULY),
        "collect": lambda: dunning.collects(JULY),
    }
    before, ends = len(plans.documents(acme)), list[object]()

    def work() -> None:
        with app.app_context():
            ends.append(acts[how]())

    db.session.rollback()
    names = {"customer": acme.customer_id}
    engine = sa.create_engine(database.superuser_url, poolclass=sa.NullPool)
    with engine.connect() as holds, engine.connect() as looks:
        holds.execute(sa.text("select 1 from customers where customer_id = :customer for no key update"), names)
        thread = threading.Thread(target=work)
        thread.start()
        try:
            somebody_waits_for(holds, looks)
            assert [looks.scalar(sa.text(each), names) for each in FREE] == [1, 1]
        finally:
            looks.rollback()
            holds.rollback()
            thread.join()
    states = [state for state, *_rest in plans.invoices(acme)]
    assert (len(ends), len(states) - before) == (1, {"collect": 0, "give back": 0}.get(how, 1))
    assert set(states) == ({"paid", "open"} if how == "month" else {"paid"})
    assert verify() == []
