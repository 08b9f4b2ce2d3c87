"""Q1–Q3 and W9: jobs that run twice, a queue that is wiped, workers that are killed, stopped, ended and late."""

import signal
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, pool, select, text, update

from app import clock, create_app, ids
from app.config import Settings
from app.demo.payment_methods import add_test_method
from app.domain.money import Money
from app.domain.people.members import Actor
from app.gateways.queue import address
from app.gateways.sandbox import controls
from app.models.database import db
from app.models.events import InboxEvent
from app.models.payments import Payment
from app.models.scope import as_customer, as_service
from app.services import jobs, wake_ups
from app.services.payments import top_ups
from app.services.reconciliation import inbox
from app.services.transaction import transaction
from tests.support import programs, tiers
from tests.support.databases import Database, environment
from tests.support.outcome import Outcome, faults, outcome
from tests.support.sandbox_events import send_event
from tests.support.worker import until, working

MANY = 50
PATIENCE = 240
PAID = Outcome([2500], [25_000_000], ["succeeded"])
SUCCEEDED = "payment_intent.succeeded"
AFTER_THE_LEASE = inbox.LEASE + timedelta(seconds=1)
MOMENTS = 8
"""Of one event: its claim is committed, the intent fetched, what came of it committed, its end committed."""


@pytest.fixture
def visa(app: Flask, alice_actor: Actor) -> str:
    with app.app_context(), as_customer(alice_actor.customer_id):
        method = add_test_method(alice_actor, "pm_card_visa").id
    with app.app_context():
        jobs.run_due()  # what was said about the method is heard
    return method


def unheard(app: Flask, actor: Actor, method: str) -> Payment:
    """Buy, and lose every answer after the charge: only the webhook or the sweep can report it."""
    lost = faults(app, ("confirm_intent", "timeout_after", MANY), ("fetch_intent", "reset_before", MANY))
    with lost, app.app_context(), as_customer(actor.customer_id):
        payment = top_ups.buy(
            actor,
            form_key=ids.new_form_key(),
            amount=Money(2500, "USD"),
            pack="",
            method_id=method,
            return_url="http://127.0.0.1/{}".format,
        )
    assert payment.state == "confirming"
    return payment


@pytest.fixture
def waiting(app: Flask, settings: Settings, alice_actor: Actor, visa: str) -> Payment:
    """A charge that we do not know of; the one event that reports it waits in the inbox."""
    payment = unheard(app, alice_actor, visa)
    controls.deliver_due(settings, app.wsgi_app, MANY)
    with as_service("leave one event"), transaction() as session:
        session.execute(update(InboxEvent).where(InboxEvent.type != SUCCEEDED).values(state="done"))
    assert about(payment).state == "new"
    return payment


def events() -> list[InboxEvent]:
    with as_service("look at the inbox"):
        return list(
            db.session.scalars(
                select(InboxEvent).order_by(InboxEvent.received_at).execution_options(populate_existing=True)
            )
        )


def about(payment: Payment) -> InboxEvent:
    (event,) = [each for each in events() if each.type == SUCCEEDED and each.object_id == payment.processor_id]
    return event


def arrives(payment: Payment, settings: Settings, app: Flask) -> None:
    """Deliver until the event is in the inbox: a worker's first look may have taken it, and found nobody listening."""

    def is_there() -> bool:
        controls.deliver_due(settings, app.wsgi_app, MANY)
        return any(each.type == SUCCEEDED and each.object_id == payment.processor_id for each in events())

    until(is_there)


def worker_at(settings: Settings, how: str, moment: int, now: datetime) -> programs.Program:
    return programs.start("tests.programs.worker_at", how, str(moment), now.isoformat(), env=environment(settings))


@pytest.mark.fault("Q1")
def test_a_job_that_runs_many_times_in_many_workers_has_one_effect(
    app: Flask, settings: Settings, alice_actor: Actor, waiting: Payment, tmp_path: Path
) -> None:
    for _ in range(20):
        assert wake_ups.queue().wake("webhooks_worked")
    with ExitStack() as stack:
        crew = [stack.enter_context(working(settings, tmp_path, "--every", "0.2")) for _ in range(3)]
        until(lambda: about(waiting).state == "done" and wake_ups.queue().waiting() == 0)
        for worker in crew:
            worker.process.terminate()
        assert [worker.process.wait(PATIENCE) for worker in crew] == [0, 0, 0]
    assert about(waiting).tries == 1
    assert outcome(app, alice_actor.customer_id) == PAID
    assert not [worker.said() for worker in crew if "Traceback" in worker.said()]


def test_a_worker_is_woken_by_the_queue_long_before_it_looks_at_the_rows(
    app: Flask, settings: Settings, alice_actor: Actor, visa: str, tmp_path: Path
) -> None:
    with working(settings, tmp_path, "--every", "3600") as worker:
        assert wake_ups.queue().wake("mails_sent")
        until(lambda: wake_ups.queue().waiting() == 0)  # it listens, and its only look at the rows is over
        payment = unheard(app, alice_actor, visa)
        arrives(payment, settings, app)
        until(lambda: about(payment).state == "done")
        worker.process.terminate()
        assert worker.process.wait(PATIENCE) == 0
    assert outcome(app, alice_actor.customer_id) == PAID


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_machines_that_share_a_queue_in_postgresql_wake_each_other(
    app: Flask, settings: Settings, database: Database, alice_actor: Actor, visa: str, tmp_path: Path
) -> None:
    shared = replace(settings, jobs_url=database.owner_url.replace("+psycopg", ""))
    web = create_app(shared)
    with working(shared, tmp_path, "--every", "3600") as worker, web.app_context():
        queue = wake_ups.queue()
        assert queue.wake("mails_sent")
        until(lambda: queue.waiting() == 0)
        payment = unheard(web, alice_actor, visa)
        arrives(payment, shared, web)
        until(lambda: about(payment).state == "done")
        worker.process.terminate()
        assert worker.process.wait(PATIENCE) == 0
        db.session.remove()
        db.engine.dispose()
        queue.close()
    assert outcome(app, alice_actor.customer_id) == PAID


@pytest.mark.fault("Q2")
def test_a_wiped_queue_loses_nothing(
    app: Flask, settings: Settings, alice_actor: Actor, waiting: Payment, tmp_path: Path
) -> None:
    assert wake_ups.queue().waiting() > 0
    wake_ups.queue()._engine().flush()
    wake_ups.queue().close()
    file = Path(address(settings).removeprefix("sqlite:///"))
    for each in file.parent.glob(f"{file.name}*"):
        each.unlink()
    with working(settings, tmp_path, "--every", "0.2"):
        until(lambda: about(waiting).state == "done")
    assert outcome(app, alice_actor.customer_id) == PAID


@pytest.mark.fault("Q2")
def test_work_goes_on_with_no_queue_at_all(
    app: Flask, settings: Settings, alice_actor: Actor, waiting: Payment, tmp_path: Path
) -> None:
    nowhere = replace(settings, jobs_url="sqlite:////nowhere/at/all/jobs.sqlite3")
    with working(nowhere, tmp_path, "--every", "0.2") as worker:
        until(lambda: about(waiting).state == "done")
        worker.process.terminate()
        assert worker.process.wait(PATIENCE) == 0
    assert "queue_does_not_answer" in worker.said()
    assert outcome(app, alice_actor.customer_id) == PAID


@pytest.mark.fault("Q3")
def test_a_worker_that_wakes_up_after_its_lease_is_fenced_off(
    app: Flask, settings: Settings, alice_actor: Actor, waiting: Payment
) -> None:
    now = clock.now()
    zombie = worker_at(settings, "stop", 4, now)  # it has just fetched the intent
    until(lambda: programs.is_stopped(zombie))
    assert (about(waiting).state, about(waiting).tries) == ("new", 1)
    with clock.at(now):
        assert inbox.work() == 0  # the lease holds
    with clock.at(now + AFTER_THE_LEASE):
        assert inbox.work() == 1
    assert (about(waiting).state, about(waiting).tries) == ("done", 2)
    zombie.send_signal(signal.SIGCONT)
    said, _ = zombie.communicate(timeout=PATIENCE)
    assert "inbox_event_taken_over" in said and "done 0" in said, said
    assert (about(waiting).state, about(waiting).tries) == ("done", 2)
    assert outcome(app, alice_actor.customer_id) == PAID


@pytest.mark.fault("Q1", "A8")
@pytest.mark.parametrize("moment", tiers.some(2, range(1, MOMENTS + 1)))
def test_a_killed_worker_loses_nothing_and_its_work_has_one_effect(
    app: Flask, settings: Settings, alice_actor: Actor, waiting: Payment, moment: int
) -> None:
    now = clock.now()
    killed = worker_at(settings, "kill", moment, now)
    said, _ = killed.communicate(timeout=PATIENCE)
    assert killed.returncode == -signal.SIGKILL, said
    with clock.at(now + AFTER_THE_LEASE):
        assert inbox.work() == (moment < MOMENTS)
    assert about(waiting).state == "done"
    assert about(waiting).tries <= 2
    assert outcome(app, alice_actor.customer_id) == PAID


def test_the_moments_are_all_of_an_event(app: Flask, settings: Settings, waiting: Payment) -> None:
    whole = worker_at(settings, "kill", 0, clock.now())
    said, _ = whole.communicate(timeout=PATIENCE)
    assert said.splitlines()[-2:] == [f"{MOMENTS} after commit", "done 1"], said


@pytest.mark.fault("W9")
def test_an_event_that_kills_its_workers_is_put_aside_and_the_rest_flows(
    app: Flask, settings: Settings, alice_actor: Actor, visa: str, waiting: Payment
) -> None:
    now = clock.now()
    for attempt in range(1, inbox.MAX_TRIES + 1):
        killed = worker_at(settings, "kill", 3, now + attempt * AFTER_THE_LEASE)
        killed.communicate(timeout=PATIENCE)
        assert killed.returncode == -signal.SIGKILL
        assert (about(waiting).state, about(waiting).tries) == ("new", attempt)
    other = unheard(app, alice_actor, visa)
    controls.deliver_due(settings, app.wsgi_app, MANY)
    with clock.at(now + (inbox.MAX_TRIES + 1) * AFTER_THE_LEASE):
        inbox.work()
    assert (about(waiting).state, about(waiting).problem) == ("dead", inbox.NOT_FINISHED)
    assert about(other).state == "done"


@pytest.mark.parametrize("number", tiers.some(1, [signal.SIGTERM, signal.SIGINT]))
def test_a_worker_that_is_asked_to_end_finishes_what_it_does_and_takes_nothing_new(
    app: Flask, settings: Settings, waiting: Payment, tmp_path: Path, number: signal.Signals
) -> None:
    with working(settings, tmp_path, "--every", "0.2") as worker:
        until(lambda: about(waiting).state == "done")
        worker.process.send_signal(number)
        assert worker.process.wait(PATIENCE) == 0
    assert "worker_ended" in worker.said()
    assert "Traceback" not in worker.said()
    assert [each.id for each in events() if each.problem == inbox.NOT_FINISHED] == []


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_worker_outlives_its_database(
    app: Flask, settings: Settings, database: Database, alice_actor: Actor, waiting: Payment, tmp_path: Path
) -> None:
    name = database.url.rpartition("/")[2]
    superuser = create_engine(
        database.superuser_url.rpartition("/")[0] + "/postgres", poolclass=pool.NullPool, isolation_level="AUTOCOMMIT"
    )
    with working(settings, tmp_path, "--every", "0.1") as worker:
        until(lambda: about(waiting).state == "done")
        db.session.remove()
        with superuser.connect() as connection:
            connection.execute(text(f"alter database {name} allow_connections false"))
            connection.execute(text(f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"))
            until(lambda: "round_failed" in worker.said())
            assert worker.process.poll() is None
            connection.execute(text(f"alter database {name} allow_connections true"))
        send_event(settings, "payment_intent.canceled", waiting.processor_id or "")
        until(lambda: "done" in {each.state for each in events() if each.type == "payment_intent.canceled"})
        worker.process.terminate()
        assert worker.process.wait(PATIENCE) == 0
    assert outcome(app, alice_actor.customer_id) == PAID
