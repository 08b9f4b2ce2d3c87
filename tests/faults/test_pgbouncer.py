"""PgBouncer in transaction mode: what a session has there is anybody's, so nothing of ours may lie in one."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event

import psycopg
import pytest
from flask import Flask
from psycopg.rows import tuple_row
from sqlalchemy import text

from app import create_app
from app.config import Settings
from app.gateways.queue import Queue
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer
from app.services import jobs
from app.services.authorizations import holds
from app.services.authorizations.postgresql_calls import HotPath
from app.services.authorizations.prepared import Prepared
from app.services.authorizations.refusals import DatabaseAway
from app.services.operations.installation import install, newest_revision
from app.services.verification.verify import verify
from tests.programs import pgbouncer
from tests.support import cast, databases, spend, tiers
from tests.support.api import Api, api_for
from tests.support.client import StandAloneClient
from tests.support.databases import Database, settings_for
from tests.support.own_cluster import own_cluster
from tests.support.worker import until

AT_ONCE, EACH = 8, 6
KNOWS_PREPARED = (1, 21)
WHO = "select current_user::text, current_setting('app.customer_id', true), current_setting('lock_timeout')"
SEEN = "select distinct customer_id from accounts where customer_id <> '' order by 1"
ONE_SERVER_CONNECTION = pytest.mark.parametrize("size", [1])


@pytest.fixture
def size() -> int:
    """How many server connections PgBouncer shares out."""
    return 2


@pytest.fixture
def straight(session_dir: Path) -> Iterator[Database]:
    """A database of the test's own, as it is reached without PgBouncer."""
    made = databases.fresh_postgresql(session_dir)
    yield made
    made.drop()


@pytest.fixture
def database(straight: Database, session_dir: Path, tmp_path: Path, size: int) -> Iterator[Database]:
    """The database through PgBouncer; its owner reaches it straight, as docs/operations.md says."""
    more = "max_prepared_statements = 100" if pgbouncer.version() >= KNOWS_PREPARED else ""
    directory = session_dir / f"pgbouncer-{tmp_path.parent.name}-{tmp_path.name}"
    with pgbouncer.before(port_of(straight.url), directory, size=size, more=more) as port:
        yield replace(straight, url=through(straight.url, port), drop=lambda: None)


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2].partition("/")[0])


def through(url: str, port: int) -> str:
    return url.replace(f":{port_of(url)}/", f":{port}/")


def plain(url: str) -> str:
    return url.replace("+psycopg", "")


@contextmanager
def another_client(url: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    with psycopg.connect(plain(url), autocommit=True, prepare_threshold=None, row_factory=tuple_row) as connection:
        yield connection


def served(app: Flask, api: Api, customer: Customer) -> list[int]:
    """Let a customer spend as a host does, and look at the balance, again and again."""
    answers = []
    for _ in range(EACH):
        asked = api.post("/authorizations", {"customer": customer.customer_id, "credits": "0.01"})
        answers.append(asked.status_code)
        if asked.status_code == 200:
            hold = asked.get_json()["authorization"]
            answers.append(api.post(f"/authorizations/{hold}/capture", {"credits": "0.01"}).status_code)
        answers.append(api.get(f"/customers/{customer.customer_id}/balance").status_code)
    return answers


@pytest.mark.parametrize("preparing", tiers.some(1, ["auto", "the most it can"]))
def test_every_call_and_page_is_served_through_it(app: Flask, settings: Settings, preparing: str) -> None:
    if preparing != "auto":
        preparing = "on" if pgbouncer.version() >= KNOWS_PREPARED else "off"
    web = create_app(replace(settings, database_prepared_statements=preparing))
    web.test_client_class = app.test_client_class
    cast.apply_catalog()
    customers = [cast.make_customer(f"customer-{number}") for number in range(AT_ONCE)]
    for each in customers:
        spend.gives(each, "10")
    alice = cast.signed_in(web, settings.base_url, cast.make_actor(cast.ALICE, customers[0]))
    api = api_for(web)
    with ThreadPoolExecutor(AT_ONCE) as at_once:
        answers = list(at_once.map(lambda each: served(web, api, each), [*customers[::2]] * 2))  # and some together
    assert answers == [[200] * 3 * EACH] * AT_ONCE
    assert [alice.opens("/billing/balance-history").status for _ in range(EACH)] == [200] * EACH
    for _ in range(EACH):
        jobs.run_due()
    assert verify() == []
    with web.app_context():
        holds.close()
        db.engine.dispose()


def test_one_customers_transaction_never_sees_anothers_rows(
    app: Flask, acme: Customer, globex: Customer, settings: Settings
) -> None:
    def look(customer: Customer) -> set[tuple[object, ...]]:
        found = set()
        for _ in range(30):
            with app.app_context(), as_customer(customer.customer_id):
                seen = db.session.execute(text(SEEN)).scalars().all()
                found.add((tuple(seen), *db.session.execute(text(WHO)).one()[:2]))
                db.session.remove()
        return found

    both = [acme, globex] * 3
    with ThreadPoolExecutor(len(both)) as at_once:
        found = list(at_once.map(look, both))
    assert found == [{((each.customer_id,), "purser_app", each.customer_id)} for each in both]


@ONE_SERVER_CONNECTION
def test_what_a_transaction_of_ours_sets_is_gone_for_the_next_client(
    app: Flask, database: Database, acme: Customer, size: int
) -> None:
    spend.gives(acme, "10")
    with another_client(database.url) as other:
        process = other.execute("select pg_backend_pid()").fetchone()
        with as_customer(acme.customer_id):
            assert db.session.execute(text("select pg_backend_pid()")).one() == process, "the same server process"
            assert db.session.execute(text(WHO)).one()[:2] == ("purser_app", acme.customer_id)
            db.session.commit()
        assert other.execute(WHO).fetchone() == ("purser_login", "", "0")
        assert api_for(app).post("/authorizations", {"customer": acme.customer_id, "credits": "1"}).status_code == 200
        db.session.rollback()
        assert other.execute(WHO).fetchone() == ("purser_login", "", "0")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            other.execute(SEEN)


@ONE_SERVER_CONNECTION
def test_what_another_client_sets_for_its_session_shows_nobody_a_strange_row(
    app: Flask, database: Database, acme: Customer, globex: Customer, size: int
) -> None:
    with another_client(database.url) as other:
        other.execute("set role purser_service")
        other.execute(f"set app.customer_id = '{globex.customer_id}'")
        with as_customer(acme.customer_id):
            assert db.session.execute(text(SEEN)).scalars().all() == [acme.customer_id]
            db.session.rollback()
        db.session.rollback()
        assert db.session.execute(text(SEEN)).scalars().all() == [], "without a scope: nothing"
        db.session.rollback()
        assert other.execute("select current_user::text").fetchone() == ("purser_service",), "it was the same session"


@pytest.mark.parametrize(
    ("pooled", "preparing", "prepares"),
    [(False, "auto", True), (False, "off", False), (True, "auto", False), (True, "off", False), (False, "on", True)],
)
def test_statements_are_prepared_only_straight_to_the_server(
    straight: Database, database: Database, pooled: bool, preparing: str, prepares: bool
) -> None:
    path = HotPath((database if pooled else straight).url, 1, preparing)
    known = Prepared("known", "select count(*) from pg_prepared_statements")
    asked = [path.call(known, [], about="one") for _ in range(3)]
    scans = path.call(Prepared("scans", "show enable_seqscan"), [], about="one")
    path.close()
    assert scans == [b"on" if pooled else b"off"], "a setting of a pooler's session is everybody's"
    assert asked == [[b"1" if prepares else b"0"]] * 3
    app = create_app(settings_for(database if pooled else straight, database_prepared_statements=preparing))
    with app.app_context(), db.engine.connect() as connection:
        may = connection.connection.dbapi_connection.prepare_threshold is not None  # type: ignore[union-attr]
    with app.app_context():
        db.engine.dispose()
    assert may == prepares


def test_a_database_is_made_through_it(session_dir: Path, tmp_path: Path) -> None:
    empty = databases.empty_postgresql(session_dir)
    with pgbouncer.before(
        port_of(empty.url), session_dir / f"pgbouncer-{tmp_path.parent.name}-{tmp_path.name}", size=1
    ) as port:
        pooled = replace(empty, url=through(empty.url, port), owner_url=through(empty.owner_url, port))
        assert install(settings_for(pooled)) == newest_revision()
        assert install(settings_for(pooled)) == newest_revision(), "and may be run again"
    empty.drop()


def test_it_refuses_options_in_the_address_and_a_logins_own_settings_hold(
    straight: Database, database: Database
) -> None:
    with pytest.raises(psycopg.OperationalError, match="unsupported startup parameter"):
        psycopg.connect(f"{plain(database.url)}?options=-c%20statement_timeout%3D7s")
    name = database.url.rpartition("/")[2]
    with another_client(straight.superuser_url) as superuser:
        superuser.execute(f"alter role purser_login in database {name} set statement_timeout = '7s'")  # type: ignore[call-overload]
    with another_client(database.url) as other:
        assert other.execute("show statement_timeout").fetchone() == ("7s",)


@pytest.mark.proof
def test_a_queue_behind_it_wakes_by_looking(straight: Database, database: Database) -> None:
    queue, done = Queue(plain(through(straight.owner_url, port_of(database.url)))), Event()
    queue.add("mail", done.set)
    consumer = queue.consumer(threads=1, shutdown_seconds=30)
    consumer.start()
    for _ in range(12):  # more often than a statement is sent before it is prepared
        done.clear()
        assert queue.wake("mail")
        until(done.is_set)
    assert queue.answers()
    consumer.stop(graceful=True)
    queue.close()


@ONE_SERVER_CONNECTION
@pytest.mark.fault("D6")
def test_a_call_whose_server_process_died_is_repeated_where_it_has_its_effect_once(
    database: Database, size: int
) -> None:
    path = HotPath(database.url, 1)

    def ask(*, again: bool) -> bytes | None:
        process = path.call(Prepared("process", "select pg_backend_pid()"), [], about="one")
        dies = "select 7, case when pg_backend_pid() = $1::int then pg_terminate_backend($1::int) end"
        return path.call(Prepared("dies", dies), process, about="one", again=again)[0]

    assert ask(again=True) == b"7"
    with pytest.raises(DatabaseAway):
        ask(again=False)
    path.close()


@pytest.mark.proof
@pytest.mark.fault("D1")
def test_while_the_server_is_away_calls_are_refused_and_afterwards_served(session_dir: Path, tmp_path: Path) -> None:
    directory = session_dir / f"pgbouncer-{tmp_path.parent.name}-{tmp_path.name}"
    with (
        own_cluster(session_dir / f"own-{tmp_path.parent.name}-{tmp_path.name}") as own,
        pgbouncer.before(own.cluster.port, directory, size=4, more="query_wait_timeout = 1") as port,
    ):
        web = create_app(settings_for(replace(own.database, url=through(own.database.url, port))))
        web.test_client_class = StandAloneClient
        with web.app_context():
            cast.apply_catalog()
            acme = cast.make_customer("Acme")
            spend.gives(acme, "10")
            api = api_for(web)
            assert served(web, api, acme) == [200] * 3 * EACH
            own.stop()
            ask = {"customer": acme.customer_id, "credits": "0.01"}
            assert api.post("/authorizations", ask).status_code == 503
            own.start()
            until(lambda: api.post("/authorizations", ask).status_code == 200)
            assert served(web, api, acme) == [200] * 3 * EACH
            assert verify() == []
            holds.close()
            db.session.remove()
            db.engine.dispose()
