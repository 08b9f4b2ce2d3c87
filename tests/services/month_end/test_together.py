"""Many customers are run together as each would be by itself: the same rows, and whoever has more is run alone."""

import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document, DocumentTax
from app.models.events import AuditEntry, OutboxEvent
from app.models.mails import Mail
from app.models.plan_periods import PeriodRun, PlanPeriod
from app.models.scope import as_service
from app.services.month_end import run, together
from app.services.subscriptions import cancellation
from app.services.transaction import transaction
from app.services.verification.verify import verify
from tests.services.test_poisoned import poison
from tests.support import months, periods, plans
from tests.support.databases import Database
from tests.support.months import at, begins, runs
from tests.support.plans import BEGIN, HALF

JULY = at(2027, 7, 1)
OWN = {"id", "customer_id", "document_id", "place", "number", "subject", "key", "source_id", "data", "after", "context"}
"""What differs between customers, or says which document it is."""


def rows(whose: Customer) -> dict[str, list[dict[str, Any]]]:
    """Return all that the month writes, without what differs between customers."""
    found = dict[str, list[dict[str, Any]]]()
    with as_service("compare rows"):
        for model in (Document, DocumentTax, AuditEntry, OutboxEvent, Mail, PlanPeriod, PeriodRun):
            every = db.session.scalars(
                select(model).where(model.customer_id == whose.customer_id).execution_options(populate_existing=True)
            ).all()
            columns = [each.name for each in model.__table__.columns if each.name not in OWN]
            values = [{name: getattr(row, name) for name in columns} for row in every]
            found[model.__tablename__] = sorted(values, key=str)
    return found


def facts(whose: Customer) -> list[list[str]]:
    """Return which facts each event and line of the audit trail names."""
    every = [(each.type, each.data) for each in plans.rows(OutboxEvent, whose)]
    every += [(each.action, each.after) for each in plans.rows(AuditEntry, whose)]
    return sorted([name, *sorted(json.loads(text or "{}"))] for name, text in every)


@pytest.mark.both_databases
def test_together_and_alone_come_to_the_same(app: Flask) -> None:
    for plan in ("team", "free"):
        alone, *others = (begins(BEGIN, plan) for _each in range(3))
        runs(BEGIN)
        with clock.at(JULY), as_service("run one alone"):
            assert run.run(alone.customer_id) == 1
        with clock.at(JULY), as_service("run them together"), transaction() as session:
            assert together.run(session, [each.customer_id for each in (alone, *others)], clock.now()) == 2
        for each in others:
            assert (rows(each), facts(each)) == (rows(alone), facts(alone))
            assert months.lines(each) == months.lines(alone)
            assert plans.row_of(each).run_at == plans.row_of(alone).run_at
    assert (runs(JULY), verify()) == (0, [])


def test_whoever_has_more_than_its_plan_is_run_alone(app: Flask) -> None:
    uses, leaves, plain, late = (begins(BEGIN, "team") for _each in range(4))
    runs(BEGIN)
    periods.uses(uses, 500, HALF)
    with clock.at(HALF):
        cancellation.cancel(leaves.customer_id, by="alice")
    plans.stands(late, "suspended")
    with clock.at(JULY), as_service("run them together"), transaction() as session:
        names = [each.customer_id for each in (uses, leaves, plain, late)]
        assert together.run(session, names, clock.now()) == 1
    assert runs(JULY) == 3
    assert [len(plans.invoices(each)) for each in (uses, leaves, plain, late)] == [2, 1, 2, 1]
    assert verify() == []


def test_where_one_of_many_cannot_be_written_the_others_are_run_alone(app: Flask, database: Database) -> None:
    bad, *good = (begins(BEGIN, "team") for _each in range(3))
    runs(BEGIN)
    poison(database, f"new.customer_id = '{bad.customer_id}'")
    assert runs(JULY) == 2
    assert [len(plans.invoices(each)) for each in (bad, *good)] == [1, 2, 2]
    with as_service("look at numbers"):
        assert db.session.scalar(select(func.max(Document.place))) == 5
