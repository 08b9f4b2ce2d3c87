"""Jobs: woken after the commit, fenced by attempt, apart from each other, and what was put aside is seen and run again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from flask import Flask
from sqlalchemy import create_engine, pool, select, text
from sqlalchemy import event as sa_event
from sqlalchemy.exc import SQLAlchemyError

from app import clock, create_app, ids
from app.config import Settings
from app.domain.errors import Broken
from app.domain.payments import ProcessorEvent
from app.models.customers import BillingPeriod, Customer
from app.models.database import db
from app.models.events import InboxEvent
from app.models.scope import as_service
from app.services import jobs, wake_ups
from app.services.operations import dead_letters
from app.services.outbox import mails
from app.services.reconciliation import inbox
from app.services.transaction import transaction
from tests.support import cast, spend, tiers
from tests.support.databases import Database
from tests.support.statements import counted
from tests.support.worker_crew import together

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def event(number: int = 1, object_type: str = "payout") -> ProcessorEvent:
    return ProcessorEvent(
        id=f"evt_{number}",
        type=f"{object_type}.paid",
        object_type=object_type,
        object_id=f"po_{number}",
        created_at=NOON,
        livemode=False,
    )


def kept(number: int = 1) -> InboxEvent:
    with as_service("look at the inbox"):
        return db.session.get_one(InboxEvent, f"evt_{number}", populate_existing=True)


def put_aside(number: int = 1) -> None:
    with as_service("put an event aside"), transaction() as session:
        row = session.get_one(InboxEvent, f"evt_{number}")
        row.state, row.tries, row.problem = "dead", inbox.MAX_TRIES, "failed"


def test_a_worker_is_woken_for_jobs_that_there_are() -> None:
    """A web server knows them by name: it imports no job."""
    assert set(wake_ups.WOKEN) <= set(jobs.JOBS)


def test_a_worker_is_woken_after_the_commit_and_only_then(app: Flask) -> None:
    queue, at_the_commit = wake_ups.queue(), list[int]()
    with as_service("try it"), transaction() as session:
        wake_ups.after_commit(session, "mails_sent")
        wake_ups.after_commit(session, "mails_sent")
        sa_event.listen(session, "after_commit", lambda _session: at_the_commit.append(queue.waiting()), once=True)
    assert at_the_commit == [0]
    assert queue.waiting() == 1
    with pytest.raises(KeyError), as_service("try it"), transaction() as session:
        wake_ups.after_commit(session, "mails_sent")
        raise KeyError("rolled back")
    with as_service("try it"), transaction():
        pass
    assert queue.waiting() == 1


def test_a_job_that_is_not_there_is_refused_before_the_commit(app: Flask) -> None:
    with pytest.raises(Broken, match="no such job"), as_service("try it"), transaction() as session:
        wake_ups.after_commit(session, "no such job")


def test_what_is_kept_wakes_a_worker(app: Flask, acme: Customer) -> None:
    waiting = wake_ups.queue().waiting()
    inbox.receive(event())
    assert wake_ups.queue().waiting() == waiting + 1
    with as_service("write a mail"), transaction() as session:
        mails.write(session, acme.customer_id, "receipt", key="r", to="a@acme.example", payment=ids.new("pay"))
    assert wake_ups.queue().waiting() == waiting + 2


def test_a_webhook_that_comes_again_is_not_new(app: Flask) -> None:
    assert [inbox.receive(event()) for _ in range(3)] == [True, False, False]


def test_a_queue_that_is_away_hinders_nobody_but_is_reported(settings: Settings) -> None:
    made = create_app(replace(settings, jobs_url="sqlite:////nowhere/at/all/jobs.sqlite3"))
    with made.app_context():
        assert inbox.receive(event())
        assert kept().state == "new"
        assert jobs.run_due()["webhooks_worked"] == 1
        answer = made.test_client().get("/readyz")
        assert answer.status_code == 503
        assert answer.json == {
            "status": "unavailable",
            "checks": {"database": "ok", "migrations": "ok", "queue": "does not answer"},
        }
        db.session.remove()
        db.engine.dispose()


def test_the_queue_is_part_of_being_ready(app: Flask) -> None:
    answer = app.test_client().get("/readyz")
    assert answer.json == {"status": "ok", "checks": {"database": "ok", "migrations": "ok", "queue": "ok"}}


@pytest.mark.fault("Q3")
@pytest.mark.parametrize("problem", ["", "failed"])
def test_whoever_comes_back_after_the_lease_cannot_say_how_it_ended(app: Flask, problem: str) -> None:
    with clock.at(NOON):
        inbox.receive(event())
    with clock.at(NOON), as_service("work as one who is late"):
        late = inbox._claim()
        assert late is not None and late.attempt == 1
        assert inbox._claim() is None
    with clock.at(NOON + inbox.LEASE), as_service("work"):
        other = inbox._claim()
        assert other is not None and other.attempt == 2
        assert not inbox._finish(late, problem)
        assert (kept().state, kept().tries, kept().problem) == ("new", 2, inbox.NOT_FINISHED)
        assert inbox._finish(other, "")
        assert not inbox._finish(late, problem)
    assert (kept().state, kept().tries, kept().problem) == ("done", 2, "")


def test_a_try_that_fails_waits_longer_each_time_and_is_put_aside_at_last(app: Flask) -> None:
    waits = []
    with clock.at(NOON):
        inbox.receive(event())
    now = NOON
    for attempt in range(1, inbox.MAX_TRIES + 1):
        with clock.at(now), as_service("fail"):
            claim = inbox._claim()
            assert claim is not None and claim.attempt == attempt
            assert not inbox._finish(claim, "failed")
        waits.append(kept().next_try_at - now)
        now = max(kept().next_try_at, now)
    assert kept().state == "dead"
    for attempt, waited in enumerate(waits[:-1], start=1):
        assert timedelta(seconds=2**attempt) / 2 <= waited <= timedelta(seconds=2**attempt)


def test_one_kind_that_fails_does_not_keep_the_others_from_being_done(app: Flask, database: Database) -> None:
    inbox.receive(event())
    engine = create_engine(database.owner_url, poolclass=pool.NullPool)
    with engine.begin() as connection:
        connection.execute(text("alter table billing_periods rename to hidden_periods"))
    with pytest.raises(SQLAlchemyError, match="billing_periods"):
        jobs.run_due()
    assert kept().state == "done"
    ended = app.test_cli_runner().invoke(args=["portal", "run-due"])
    assert ended.exit_code == 1
    assert ended.stderr.splitlines()[-1].startswith("The database says: ")


@pytest.mark.both_databases
def test_a_turn_with_nothing_to_do_is_one_statement(app: Flask, acme: Customer) -> None:
    jobs.run_due()  # whatever a new customer brings
    quick, every = ([name for name in names if name != "sandbox_events_delivered"] for names in (jobs.QUICK, jobs.JOBS))
    with counted() as statements:
        done = jobs.run_due(names=quick)
    assert done == dict.fromkeys(quick, 0)
    assert len(statements) == 1, statements
    with counted() as statements:
        assert not any(jobs.run_due(names=every).values())
    assert len(statements) <= 20, statements  # the seldom ones, and those that look through catalogs, ask by themselves


def test_what_one_kind_did_is_due_in_the_same_turn_for_those_behind_it(app: Flask, catalog: str) -> None:
    customer = spend.since_august()
    spend.chooses(customer, "50", "40")
    jobs.run_due()
    spend.uses(customer, "45")
    done = jobs.run_due()
    assert done["notices_decided"] == 1
    assert done["notices_sent"] >= 1
    assert done["mails_sent"] >= 1


def test_what_was_put_aside_is_listed_and_counted(app: Flask, acme: Customer) -> None:
    run = app.test_cli_runner()
    assert run.invoke(args=["portal", "jobs", "dead"]).stdout == ""
    for number in (1, 2):
        inbox.receive(event(number))
    put_aside(1)
    (line,) = run.invoke(args=["portal", "jobs", "dead"]).stdout.splitlines()
    assert line.startswith("webhook  evt_1  payout.paid po_1  tries=8  failed  ")
    lines = run.invoke(args=["portal", "jobs", "status"]).stdout.splitlines()
    assert [line.split()[:3] for line in lines[1:4]] == [
        ["webhook", "1", "1"],
        ["mail", "0", "0"],
        ["event", "0", "0"],
    ]
    assert lines[-1] == "The queue answers."


def test_what_was_put_aside_is_run_again_with_as_many_tries_as_before(app: Flask) -> None:
    inbox.receive(event())
    put_aside()
    wake_ups.queue()._engine().flush()
    done = app.test_cli_runner().invoke(args=["portal", "jobs", "rerun", "evt_1"])
    assert (done.exit_code, done.stdout) == (0, "1 will be tried again.\n")
    assert wake_ups.queue().waiting() == 1
    with as_service("fail once more"):
        claim = inbox._claim()
        assert claim is not None and claim.attempt == inbox.MAX_TRIES + 1
        inbox._finish(claim, "failed")
    assert (kept().state, kept().tries) == ("new", inbox.MAX_TRIES + 1)
    with clock.at(clock.now() + timedelta(hours=1)):
        assert inbox.work() == 1
    assert kept().state == "done"


def test_all_that_was_put_aside_is_run_again(app: Flask, acme: Customer) -> None:
    for number in (1, 2, 3):
        inbox.receive(event(number))
        put_aside(number)
    with as_service("write a mail"), transaction() as session:
        mails.write(session, acme.customer_id, "receipt", key="r", to="a@acme.example", payment=ids.new("pay"))
        session.execute(text("update mails set state = 'dead', tries = 10, problem = 'refused'"))
    assert [letter.kind for letter in dead_letters.listed()].count("mail") == 1
    done = app.test_cli_runner().invoke(args=["portal", "jobs", "rerun", "--all"])
    assert done.stdout == "4 will be tried again.\n"
    assert dead_letters.listed() == []
    assert inbox.work() == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Give one ID (flask portal jobs dead lists them), or --all."),
        (["evt_1", "--all"], "Give one ID (flask portal jobs dead lists them), or --all."),
        (["evt_1"], "There is no such dead letter."),  # it is there, but not dead
        (["nobody"], "There is no such dead letter."),
    ],
)
def test_what_cannot_be_run_again_is_said_in_one_line(app: Flask, words: list[str], said: str) -> None:
    inbox.receive(event())
    done = app.test_cli_runner().invoke(args=["portal", "jobs", "rerun", *words])
    assert (done.exit_code, done.stderr) == (1, f"{said}\n")
    assert kept().tries == 0


@pytest.mark.case("AC-29")
def test_many_schedulers_at_the_same_moment_begin_each_period_once(
    app: Flask, settings: Settings, catalog: str
) -> None:
    with clock.at(clock.now() - timedelta(days=tiers.sample_of(100, proof=200))):
        customers = [cast.make_customer(name).customer_id for name in ("Acme", "Globex", "Initech")]
    together(settings, [[["due"]] * tiers.sample_of(5, proof=8) for _ in range(tiers.sample_of(3, proof=6))])
    now = clock.now()
    for customer_id in customers:
        with as_service("look at the periods"):
            periods = list(
                db.session.scalars(
                    select(BillingPeriod).where(BillingPeriod.customer_id == customer_id).order_by(BillingPeriod.number)
                )
            )
        assert [each.number for each in periods] == list(range(1, len(periods) + 1))
        assert all(one.ends_at == next_.starts_at for one, next_ in pairwise(periods))
        assert [each.closed_at is None for each in periods] == [False] * (len(periods) - 1) + [True]
        assert periods[-1].starts_at <= now < periods[-1].ends_at
        assert len(periods) in tiers.sample_of({4, 5}, proof={7, 8})
