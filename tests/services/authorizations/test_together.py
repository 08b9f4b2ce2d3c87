"""Calls of one process that wait at the same time: one transaction, and each has its own answer."""

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import Connection, create_engine, pool, select, text

from app.domain.authorizations import AuthorizationRequest, Authorized, Taken
from app.domain.errors import Refused
from app.domain.money import MICROS, Credits
from app.domain.rating import UsageReport
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.models.usage import Spending
from app.services.access import api_keys
from app.services.authorizations import asking, holds, on_postgresql, postgresql_calls
from app.services.authorizations.postgresql_calls import HotPath, line_of
from app.services.authorizations.prepared import Prepared
from app.services.authorizations.refusals import DatabaseAway
from app.services.ingest import single
from app.services.verification.verify import verify
from tests.support.client import outside_contexts
from tests.support.databases import Database
from tests.support.edges import EDGE, at_an_edge, spent
from tests.support.worker import until

ON_POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LOCK = 7
WAITS = Prepared("waits", f"select pg_advisory_xact_lock({LOCK})")
SEVEN, DIES = Prepared("seven", "select 7"), Prepared("dies", "select pg_terminate_backend(pg_backend_pid())")
WRITES = Prepared("writes", "insert into later values ($1::int) returning n")
THREADS, KEYS = 4, 30

Call = Callable[[], object]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql_calls, "PATIENCE", 60)  # here a busy machine is no fault of the database's


def superuser_of(database: Database) -> Connection:
    return create_engine(database.superuser_url, poolclass=pool.NullPool).connect()


def together(app: Flask, database: Database, about: str, calls: Sequence[Call], *, customer_id: str = "") -> list[Any]:
    """Let them be made while another call has the line, in this order; return what each returned or raised.

    The line is that of all customers where one is named, else the one of calls `about` the same.
    """
    path, line = on_postgresql.path(), line_of(customer_id) if customer_id else about

    def made(call: Call) -> Any:
        with app.app_context():
            try:
                return call()
            except Exception as problem:  # noqa: BLE001  # what became of it
                return problem
            finally:
                db.session.remove()

    with outside_contexts(), ThreadPoolExecutor(len(calls) + 1) as threads, superuser_of(database) as other:
        other.execute(text(f"select pg_advisory_lock({LOCK})"))
        first = threads.submit(path.call, WAITS, [], about=about, customer_id=customer_id)
        until(lambda: line in path._lines._lines)
        asked = []
        for number, each in enumerate(calls, 1):
            asked.append(threads.submit(made, each))
            until(lambda number=number: len(path._lines._lines[line]) == number)  # type: ignore[misc]
        other.execute(text(f"select pg_advisory_unlock({LOCK})"))
        found = [each.result() for each in asked]
        first.result()
    assert line not in path._lines._lines, "a line that nobody is in is none"
    return found


def story(customer: Customer, proof: api_keys.Presented) -> list[Call]:
    """Return calls of all kinds, good and refused, some of which depend on those before them."""
    one, two, three = (holds.authorize(AuthorizationRequest(customer.customer_id, micros=2 * MICROS)).id for _ in "123")

    def ask(micros: int, key: str = "", *, at_once: bool = True) -> Call:
        return lambda: holds.authorize(
            AuthorizationRequest(customer.customer_id, micros=micros, key=key, at_once=at_once), proof
        )

    return [
        ask(5 * MICROS, "a"),
        ask(5 * MICROS, "a"),  # sent again
        ask(6 * MICROS, "a"),  # another request with its key
        ask(10 * MICROS),  # more than is left
        lambda: holds.capture(one, credits=Credits(MICROS), proof=proof),
        lambda: holds.capture(one, proof=proof),  # it has ended
        lambda: holds.release(two, proof=proof),
        lambda: holds.capture(three, credits=Credits(MICROS // 2), keep=True, key="part", proof=proof),
        ask(10 * MICROS, at_once=False),  # what was freed
        ask(1, proof.key_id),
        lambda: single.accept(UsageReport("event", customer.customer_id, "requests", 7), proof),
    ]


def shown(found: object) -> object:
    """Return what an answer says, without names and times."""
    match found:
        case Authorized():
            return (found.state, found.reason, found.micros, found.captured_micros, found.available_after_micros)
        case Taken(micros, available, hold):
            return (micros, available, shown(hold))
        case Refused():
            return (found.reason, found.status)
        case _:
            return found


def alone(app: Flask, call: Call) -> object:
    try:
        return call()
    except Refused as problem:
        return problem


@ON_POSTGRESQL
@pytest.mark.parametrize("bad", [None, 0, 3], ids=["all good", "the first is wrong", "one is wrong"])
def test_each_is_answered_as_if_it_were_alone(app: Flask, database: Database, catalog: str, bad: int | None) -> None:
    _key, shown_key = api_keys.create("host", ["usage:write"])
    proof = api_keys.presented(shown_key)
    assert proof is not None
    acme, globex = (at_an_edge(name, "balance", NOW) for name in ("Acme", "Globex"))
    said = [shown(alone(app, each)) for each in story(globex, proof)]
    calls = story(acme, proof)
    if bad is not None:
        wrong = [b"no number"] * 24
        own = acme.customer_id
        calls.insert(bad, lambda: on_postgresql.path().call(asking.AUTHORIZE, wrong, about=own, customer_id=own))
    answers = together(app, database, acme.customer_id, calls, customer_id=acme.customer_id)
    if bad is not None:
        assert isinstance(answers.pop(bad), psycopg.errors.DataError)
    assert [shown(each) for each in answers] == said
    assert len({type(each) for each in answers}) > 3, "a story of all kinds"
    assert spent(acme) == spent(globex)
    assert rows(acme) == rows(globex)
    assert verify() == []
    if bad is None:
        made = [answers[place].id for place in (0, 3, 8, 9)]
        with as_service("test"):
            transactions = "select count(distinct xmin::text) from authorizations where id = any(:made)"
            assert db.session.scalar(text(transactions), {"made": made}) == 1


def rows(customer: Customer) -> tuple[int, int]:
    with as_service("test"):
        row = db.session.scalars(select(Spending).where(Spending.customer_id == customer.customer_id)).one()
        return row.held_micros, row.unposted_micros


@ON_POSTGRESQL
def test_calls_of_several_customers_are_one_transaction_and_each_is_answered_as_if_it_were_alone(
    app: Flask, database: Database, catalog: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_calls, "LINES", 1)
    _key, shown_key = api_keys.create("host", ["usage:write"])
    proof = api_keys.presented(shown_key)
    assert proof is not None
    one, acme, globex = (at_an_edge(name, "balance", NOW) for name in ("One", "Acme", "Globex"))
    said = [shown(alone(app, each)) for each in story(one, proof)]
    mixed = [each for pair in zip(story(acme, proof), story(globex, proof), strict=True) for each in pair]
    answers = together(app, database, "", mixed, customer_id=acme.customer_id)
    assert [shown(each) for each in answers[0::2]] == [shown(each) for each in answers[1::2]] == said
    assert spent(acme) == spent(globex) == spent(one)
    assert rows(acme) == rows(globex) == rows(one)
    assert verify() == []
    made = [each.id for each in answers[:2]]
    with as_service("test"):
        transactions = "select count(distinct xmin::text) from authorizations where id = any(:made)"
        assert db.session.scalar(text(transactions), {"made": made}) == 1


@ON_POSTGRESQL
def test_a_call_whose_customer_somebody_else_has_holds_up_no_other(
    app: Flask, database: Database, catalog: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither with calls of others in one transaction, nor before them."""
    monkeypatch.setattr(postgresql_calls, "LINES", 1)
    acme, globex = (at_an_edge(name, "balance", NOW) for name in ("Acme", "Globex"))
    path = on_postgresql.path()

    def ask(customer: Customer) -> Authorized:
        with app.app_context():
            try:
                return holds.authorize(AuthorizationRequest(customer.customer_id, micros=1, at_once=True))
            finally:
                db.session.remove()

    with outside_contexts(), ThreadPoolExecutor(5) as threads, superuser_of(database) as other:
        taken = {"id": globex.customer_id}
        other.execute(text("select from spending where customer_id = :id for update"), taken)
        alone = threads.submit(ask, globex)
        until(lambda: globex.customer_id in path._lines._lines)  # it waits there, and not before others
        assert threads.submit(ask, acme).result().state == "captured"
        with superuser_of(database) as gate:
            gate.execute(text(f"select pg_advisory_lock({LOCK})"))
            first = threads.submit(path.call, WAITS, [], about="", customer_id=acme.customer_id)
            until(lambda: line_of("") in path._lines._lines)
            later = [threads.submit(ask, each) for each in (globex, acme, acme)]
            until(lambda: len(path._lines._lines[line_of("")]) == 3)
            gate.execute(text(f"select pg_advisory_unlock({LOCK})"))
            first.result()
        free = [each.result() for each in later[1:]]
        assert not later[0].done() and not alone.done()
        other.rollback()
        assert {each.state for each in (*free, alone.result(), later[0].result())} == {"captured"}
    assert (spent(acme), spent(globex)) == ((3, 0), (2, 0))
    with as_service("test"):
        transactions = "select count(distinct xmin::text) from authorizations where id = any(:made)"
        assert db.session.scalar(text(transactions), {"made": [each.id for each in free]}) == 1


@ON_POSTGRESQL
def test_nobody_is_answered_before_all_is_committed(app: Flask, database: Database) -> None:
    """What fails at the commit fails for all; then each is asked alone."""
    with superuser_of(database) as superuser, superuser.begin():
        superuser.execute(text("create table later (n int unique deferrable initially deferred)"))
        superuser.execute(text("grant select, insert on later to public"))
    path = on_postgresql.path()
    calls = [lambda value=value: path.call(WRITES, [value], about="acme") for value in (b"1", b"2", b"1", b"3")]
    found = together(app, database, "acme", calls)
    assert [each for each in found if isinstance(each, list)] == [[b"1"], [b"2"], [b"3"]]
    assert isinstance(found[2], psycopg.errors.UniqueViolation)


@ON_POSTGRESQL
def test_of_a_lost_connection_only_what_has_its_effect_once_is_sent_again(app: Flask, database: Database) -> None:
    path = on_postgresql.path()
    asked = ((SEVEN, True), (DIES, False), (SEVEN, False), (SEVEN, True))
    calls = [lambda each=each: path.call(each[0], [], about="acme", again=each[1]) for each in asked]
    found = together(app, database, "acme", calls)
    assert [found[0], found[3]] == [[b"7"]] * 2
    assert [type(each) for each in found[1:3]] == [DatabaseAway] * 2


@ON_POSTGRESQL
def test_who_gives_up_was_not_asked_for(app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    path, asked = on_postgresql.path(), list[int]()
    settle = HotPath._settle
    monkeypatch.setattr(HotPath, "_settle", lambda self, calls: (asked.append(len(calls)), settle(self, calls)))

    def impatient() -> object:
        monkeypatch.setattr(postgresql_calls, "PATIENCE", 0)
        return path.call(SEVEN, [], about="acme")

    with ThreadPoolExecutor(1) as threads, superuser_of(database) as other:
        other.execute(text(f"select pg_advisory_lock({LOCK})"))
        first = threads.submit(path.call, WAITS, [], about="acme")
        until(lambda: asked == [1])
        with pytest.raises(DatabaseAway):
            impatient()
        other.execute(text(f"select pg_advisory_unlock({LOCK})"))
        first.result()
    assert path.call(SEVEN, [], about="acme") == [b"7"]
    assert asked == [1, 1]


@pytest.mark.both_databases
@pytest.mark.case("AC-55")
def test_threads_with_the_same_keys_at_an_edge_get_the_same_answers(app: Flask, catalog: str) -> None:
    customer = at_an_edge("Edge", "balance", NOW)

    def one(thread: int) -> dict[str, object]:
        chance, found = random.Random(thread), dict[str, object]()  # noqa: S311  # a test's dice
        with app.app_context():
            for number in chance.sample(range(KEYS), KEYS):
                wanted = AuthorizationRequest(customer.customer_id, micros=MICROS, key=f"k{number}", at_once=True)
                made = holds.authorize(wanted)
                found[wanted.key] = (made.id, *shown(made))  # type: ignore[misc]
            db.session.remove()
        return found

    with outside_contexts(), ThreadPoolExecutor(THREADS) as threads:
        found = list(threads.map(one, range(THREADS)))
    assert found == [found[0]] * THREADS
    assert sum(each[1] == "captured" for each in found[0].values()) == EDGE // MICROS  # type: ignore[index]
    assert spent(customer) == (EDGE, 0)
    assert verify() == []
