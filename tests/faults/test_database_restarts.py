"""D1: the database server is killed and started again. Once it is back, no good call is refused, and none is made twice."""

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import pytest
from flask import Flask
from sqlalchemy import create_engine, pool, text
from werkzeug.test import TestResponse

from app.gateways.queue import Queue
from app.models.customers import Customer
from app.models.database import db
from app.services.authorizations import on_postgresql
from app.services.authorizations.postgresql_calls import HotPath
from app.services.authorizations.prepared import Prepared
from app.services.authorizations.refusals import DatabaseAway
from app.services.verification.verify import verify
from tests.support import cast, spend
from tests.support.api import Api, api_for
from tests.support.browser import Browser
from tests.support.databases import Database
from tests.support.own_cluster import OwnCluster, own_cluster
from tests.support.worker import until

CONNECTIONS = 10
LONGER = 5  # than a call waits
SLEEP = Prepared("sleep", "select pg_sleep(60)")


@pytest.fixture
def own(session_dir: Path, tmp_path: Path) -> Iterator[OwnCluster]:
    with own_cluster(session_dir / f"own-{tmp_path.parent.name}-{tmp_path.name}") as made:
        yield made


@pytest.fixture
def database(own: OwnCluster) -> Database:
    return own.database


@pytest.fixture
def api(app: Flask) -> Api:
    return api_for(app)


@pytest.fixture
def customers(catalog: str) -> list[Customer]:
    """As many as there are connections, each with credit."""
    made = [cast.make_customer(f"customer-{number}") for number in range(CONNECTIONS)]
    for each in made:
        spend.gives(each, "10")
    return made


def hold(api: Api, customer: Customer) -> TestResponse:
    return api.post("/authorizations", {"customer": customer.customer_id, "credits": "1"})


def fill_the_pools(app: Flask) -> None:
    """Let both pools hold as many idle connections as they keep."""
    path = on_postgresql._app_state().path
    path._open()
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            stack.enter_context(path._pool.connection(timeout=30))
            stack.enter_context(db.engine.connect()).execute(text("select 1"))
    until(lambda: len(path._pool._pool) == CONNECTIONS)
    db.session.remove()


@pytest.mark.fault("D1")
@pytest.mark.parametrize(
    ("number", "away_for"),
    [
        pytest.param(signal.SIGQUIT, 0, id="killed"),
        pytest.param(signal.SIGINT, 0, id="stopped", marks=pytest.mark.proof),
        pytest.param(signal.SIGQUIT, LONGER, id="later", marks=pytest.mark.proof),
    ],
)
def test_after_a_restart_no_good_call_of_any_customer_is_refused(
    app: Flask,
    own: OwnCluster,
    api: Api,
    alice: Browser,
    customers: list[Customer],
    number: signal.Signals,
    away_for: float,
) -> None:
    held = [hold(api, each).get_json()["authorization"] for each in customers for _ in range(2)]
    fill_the_pools(app)
    own.stop(number)
    if away_for:
        with ThreadPoolExecutor(CONNECTIONS) as at_once:
            refused = list(at_once.map(lambda each: hold(api, each).status_code, customers))
        assert set(refused) == {503}
        time.sleep(away_for)
    own.start()
    asked = [hold(api, each) for each in customers]
    captured = [api.post(f"/authorizations/{each}/capture", {"credits": "0.5"}) for each in held[::2]]
    released = [api.post(f"/authorizations/{each}/release") for each in held[1::2]]
    assert [each.status_code for each in [*asked, *captured, *released]] == [200] * 3 * CONNECTIONS
    assert all(each.get_json()["allowed"] for each in asked)
    assert alice.opens("/billing/balance-history").status == 200
    assert [api.get(f"/customers/{each.customer_id}/balance").status_code for each in customers] == [200] * CONNECTIONS
    assert verify() == []


@pytest.mark.fault("D1", "D6")
def test_a_call_that_may_have_been_committed_is_repeated_only_where_it_has_its_effect_once(
    app: Flask, own: OwnCluster
) -> None:
    path = HotPath(own.database.url, 2)
    superuser = create_engine(own.database.superuser_url, poolclass=pool.NullPool, isolation_level="AUTOCOMMIT")
    seen: list[int] = []

    def ended(note: str, *, again: bool) -> int:
        """Return how often the call was begun before its answer was no."""
        before = len(seen)
        with ThreadPoolExecutor(1) as aside, superuser.connect() as connection:
            call = aside.submit(path.call, SLEEP, [], about=note, again=again)
            while not call.done():
                found = connection.execute(
                    text(
                        "select pid from pg_stat_activity where query like '%pg_sleep(60)%' and state = 'active' "
                        "and pid <> pg_backend_pid()"
                    )
                ).scalars()
                for pid in set(found) - set(seen):
                    seen.append(pid)
                    connection.execute(text("select pg_terminate_backend(:pid)"), {"pid": pid})
            with pytest.raises(DatabaseAway):
                call.result()
        return len(seen) - before

    assert ended("once", again=False) == 1
    assert ended("twice", again=True) == 2
    path.close()


def test_one_that_died_in_a_call_takes_the_idle_ones_with_it(app: Flask, own: OwnCluster) -> None:
    """Where a machine vanishes nothing says so to the idle ones; one call that fails is enough."""
    path = HotPath(own.database.url, CONNECTIONS)
    path._open()
    with ExitStack() as stack:
        before = [stack.enter_context(path._pool.connection(timeout=30)) for _ in range(CONNECTIONS)]
    until(lambda: len(path._pool._pool) == CONNECTIONS)
    with pytest.raises(DatabaseAway):
        path.call(Prepared("dies", "select pg_terminate_backend(pg_backend_pid())"), [], about="one")
    assert path.call(Prepared("seven", "select 7"), [], about="one") == [b"7"]
    assert all(each.closed for each in before)
    path.close()


def test_the_first_wake_up_after_a_restart_reaches_the_queue(own: OwnCluster) -> None:
    queue, done = Queue(own.database.owner_url.replace("+psycopg", "")), Event()
    queue.add("mail", done.set)
    assert queue.wake("mail") and queue.waiting() == 1
    own.restart()
    assert queue.wake("mail"), "the sweep would find the rows, but nobody would be woken for ten seconds"
    assert queue.waiting() == 2
    consumer = queue.consumer(threads=1, shutdown_seconds=30)
    consumer.start()
    until(done.is_set)
    until(lambda: queue.waiting() == 0)
    consumer.stop(graceful=True)
    queue.close()


def test_a_dead_synchronous_replica_stops_every_commit_until_it_is_taken_out(own: OwnCluster) -> None:
    """What docs/operations.md says: no timeout ends the wait, what is cancelled is committed, and how it goes on."""
    superuser = create_engine(own.database.superuser_url, poolclass=pool.NullPool, isolation_level="AUTOCOMMIT")
    writer = create_engine(own.database.superuser_url, poolclass=pool.NullPool)
    waits = "select pid from pg_stat_activity where wait_event = 'SyncRep'"

    def write(word: str) -> None:
        with writer.begin() as connection:
            connection.execute(text("set local statement_timeout = '1s'"))
            connection.execute(text("insert into written values (:word)"), {"word": word})

    with superuser.connect() as connection, ThreadPoolExecutor(2) as aside:
        connection.execute(text("create table written (word text)"))
        connection.execute(text("alter system set synchronous_standby_names = 'nobody'"))
        connection.execute(text("select pg_reload_conf()"))
        until(lambda: connection.scalar(text("show synchronous_standby_names")) == "nobody")
        cancelled = aside.submit(write, "cancelled")
        until(lambda: connection.scalar(text(waits)))
        connection.execute(text("select pg_sleep(2)"))  # twice as long as a statement may take
        assert not cancelled.done()
        connection.execute(text(f"select pg_cancel_backend(({waits}))"))
        cancelled.result()
        going_on = aside.submit(write, "going on")
        until(lambda: connection.scalar(text(waits)))
        connection.execute(text("alter system set synchronous_standby_names = ''"))
        connection.execute(text("select pg_reload_conf()"))
        going_on.result()
        assert connection.execute(text("select word from written order by 1")).scalars().all() == [
            "cancelled",
            "going on",
        ]
