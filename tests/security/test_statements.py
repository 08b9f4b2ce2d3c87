"""Statements that modules keep, and all others that pages ask, bring nothing of another customer in their own scope."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import ORMExecuteState, Session

import app as portal
from app import clock, ids
from app.domain.authorizations import AuthorizationRequest
from app.domain.money import Credits
from app.domain.people.members import Actor
from app.models.bulk import Texts
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import CustomerScope, as_customer, as_service, current
from app.models.unit_of_work import figures
from app.services import jobs
from app.services.authorizations import holds
from app.services.ledger import grants
from tests.support.browser import Browser
from tests.support.meters import accept_one
from tests.support.reversals import buys
from tests.support.routes import rules_of

GIVEN = 87_654_321
"""An amount that nobody else has."""
LEAST_KEPT, LEAST_ASKED = 8, 60
"""So many statements are kept, by pages and by modules, and asked by pages: fewer were not looked at."""
Asked = tuple[sa.Select[Any], Mapping[str, Any]]


@pytest.fixture
def rows_of_acme(app: Flask, acme: Customer, alice_actor: Actor) -> Customer:
    """Acme with something in most tables that pages and postings read."""
    buys(app, alice_actor, 1234)
    grants.give(acme.customer_id, kind="promotional", credits=Credits(GIVEN), granted_by="support", reason="Welcome")
    accept_one(acme.customer_id, id="e1", meter="requests", quantity=2500)
    holds.authorize(AuthorizationRequest(acme.customer_id, "requests", 1_000))
    jobs.run_due()
    db.session.remove()
    return acme


@pytest.mark.both_databases
def test_no_statement_of_a_page_brings_a_row_of_another_customer(
    app: Flask, rows_of_acme: Customer, alice: Browser, globex: Customer
) -> None:
    first, second = (_of_pages(app, alice) for _ in range(2))
    kept = [each for each, _values in first if any(each is again for again, _more in second)]
    assert len({id(each) for each in kept}) >= LEAST_KEPT
    assert len(first) >= LEAST_ASKED
    own = _ids(_brought(first, rows_of_acme.customer_id))
    assert len(own) > LEAST_KEPT
    others = _brought(first, globex.customer_id)
    assert (own & _ids(others), GIVEN in others) == (set(), False)
    assert GIVEN in _brought(first, rows_of_acme.customer_id)


@pytest.mark.both_databases
def test_no_statement_that_a_module_keeps_brings_a_row_of_another_customer(
    app: Flask, rows_of_acme: Customer, globex: Customer
) -> None:
    acme = rows_of_acme.customer_id
    statements = dict(_of_modules())
    assert len(statements) >= LEAST_KEPT
    found = dict[str, list[Any]]()
    for name, statement in statements.items():
        with as_service("read Acme's rows"):
            own = _values(statement, _filled(statement, acme))
            asked_for_globex = _values(statement, _filled(statement, globex.customer_id))
        with as_customer(globex.customer_id):
            in_scope_of_globex = _values_or_refused(statement, _filled(statement, acme))
        found[name] = own
        for others in (asked_for_globex, in_scope_of_globex):
            assert (acme in others, GIVEN in others, _ids(own) & _ids(others)) == (False, False, set()), name
    assert sum(bool([each for each in own if each is not None]) for own in found.values()) >= LEAST_KEPT // 2, found


def _of_modules() -> Iterator[tuple[str, sa.Select[Any]]]:
    """Yield the SELECTs that modules of services keep as they are imported, by their names."""
    for module in pkgutil.walk_packages(portal.__path__, "app."):
        if module.name.startswith("app.services."):
            for name, kept in vars(importlib.import_module(module.name)).items():
                if isinstance(kept, sa.Select):
                    yield f"{module.name}.{name}", kept


def _filled(statement: sa.Select[Any], customer_id: str) -> dict[str, Any]:
    """Return values for what is bound when the statement is run: it is asked for this customer."""
    values = dict[str, Any]()
    for bind in statement.compile(dialect=db.engine.dialect).binds.values():
        if bind.required:
            one = _of_type(bind.type, customer_id)
            values[bind.key] = [one] if bind.expanding or isinstance(bind.type, Texts) else one
    return values


def _of_type(kind: sa.types.TypeEngine[Any], customer_id: str) -> object:
    tomorrow = clock.now() + timedelta(days=1)
    python = getattr(kind, "impl_instance", kind)
    if isinstance(python, sa.DateTime):
        return tomorrow
    if isinstance(python, sa.Date):
        return tomorrow.date()
    return 10**6 if isinstance(python, sa.Integer) else customer_id


def _of_pages(app: Flask, browser: Browser) -> list[Asked]:
    """Open each page of the signed-in customer, and return what was asked in its scope, before it was narrowed."""
    past = list[sa.Select[Any]]()
    with _asked(past) as seen:
        for rule in rules_of(app):
            if "GET" in (rule.methods or set()) and not rule.arguments and rule.rule.startswith("/billing"):
                browser.client.get(rule.rule, base_url=browser.origin, buffered=True)
    assert past, "figures are read past the ORM"
    return seen


@contextmanager
def _asked(past: list[sa.Select[Any]]) -> Iterator[list[Asked]]:
    seen: list[Asked] = []

    def saw(state: ORMExecuteState) -> None:
        if isinstance(current(), CustomerScope) and isinstance(state.statement, sa.Select):
            values = state.parameters if isinstance(state.parameters, Mapping) else {}
            seen.append((state.statement, dict(values)))

    def saw_figures(asked: sa.Select[Any], values: Mapping[str, Any]) -> Any:
        if isinstance(current(), CustomerScope):
            seen.append((asked, dict(values)))
            past.append(asked)
        return read(asked, values)

    read = figures.read
    sa.event.listen(Session, "do_orm_execute", saw, insert=True)
    figures.read = saw_figures
    try:
        yield seen
    finally:
        figures.read = read
        sa.event.remove(Session, "do_orm_execute", saw)


def _brought(asked: list[Asked], customer_id: str) -> list[Any]:
    """Return all values that the statements bring in the customer's scope."""
    with as_customer(customer_id):
        return [each for statement, values in asked for each in _values(statement, values)]


def _values(statement: sa.Select[Any], values: Mapping[str, Any]) -> list[Any]:
    """Return every value of every row, those of objects too; what was asked is not kept."""
    rows = db.session.execute(statement, values, execution_options={"populate_existing": True}).unique().all()
    found = [each for row in rows for value in row for each in _columns(value)]
    db.session.rollback()
    db.session.expunge_all()
    return found


def _values_or_refused(statement: sa.Select[Any], values: Mapping[str, Any]) -> list[Any]:
    """Return nothing where PostgreSQL lets no customer read the table."""
    try:
        return _values(statement, values)
    except ProgrammingError as refused:
        assert "permission denied" in str(refused)  # noqa: PT017  # any other is a mistake
        db.session.rollback()
        return []


def _columns(value: Any) -> list[Any]:
    state = sa.inspect(value, raiseerr=False)
    if state is None or not hasattr(state, "mapper"):
        return [value]
    return [state.dict.get(each.key) for each in state.mapper.column_attrs]


def _ids(values: list[Any]) -> set[str]:
    """Return the ids of rows among the values."""
    return {each for each in values if isinstance(each, str) and ids.is_id(each, each.partition("_")[0])}
