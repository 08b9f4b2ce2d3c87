"""Comparing books: when it looks, how far, and what it asks for."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.config import Settings
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.models.reversals import Dispute, Refund
from app.models.scope import as_customer
from app.services.reconciliation import books as reconciliation_books
from app.services.verification.verify import verify
from tests.support.databases import Database
from tests.support.outcome import faults
from tests.support.restored import HOUR, MANY, books, by_hand
from tests.support.reversals import buys, fetched, later, payment_of
from tests.support.shop import remaining


def test_a_charge_for_a_payment_that_is_closed_here_is_reported(
    app: Flask, database: Database, acme: Customer, alice_actor: Actor
) -> None:
    with faults(app, ("confirm_intent", "timeout_after", MANY), ("fetch_intent", "reset_before", MANY)):
        payment = buys(app, alice_actor, 2500)
    by_hand(database, "update payments set state = 'canceled'")
    (problem,) = reconciliation_books.problems_of(books(app))
    assert payment.id in problem and "refund or credit it" in problem
    assert remaining(acme) == 0


def test_a_payment_that_still_moves_is_brought_on(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    with faults(app, ("confirm_intent", "timeout_after", MANY), ("fetch_intent", "reset_before", MANY)):
        payment = buys(app, alice_actor, 2500)
    with app.app_context():
        assert reconciliation_books.run().mended >= 1
    assert (payment_of(payment).state, remaining(acme)) == ("succeeded", 25_000_000)
    assert verify() == []


@pytest.mark.both_databases
def test_only_a_look_that_saw_everything_moves_the_watermark(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    buys(app, alice_actor, 2500)
    now = clock.now()
    with clock.at(now):
        first = reconciliation_books.run()
    assert (first.until, first.since) == (now, now - reconciliation_books.FIRST_LOOK - reconciliation_books.OVERLAP)
    for call in ("list_intents", "list_events"):
        with faults(app, (call, "reset_before", MANY)), clock.at(now + HOUR):
            failed = reconciliation_books.run()
        assert failed.finished_at is None
        assert "did not answer" in reconciliation_books.problems_of(failed)[0]
    with clock.at(now + 2 * HOUR):
        third = reconciliation_books.run()
        narrow = reconciliation_books.run(since=clock.now())
    assert (third.since, third.finished_at) == (now - reconciliation_books.OVERLAP, now + 2 * HOUR)
    assert narrow.since == now + 2 * HOUR - reconciliation_books.OVERLAP, "a stretch of time was left out"
    with clock.at(now - HOUR):  # the clock was set back
        assert reconciliation_books.run().since < now - HOUR


def test_the_worker_looks_once_an_hour(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    assert reconciliation_books.run_due() == 0, "there is nothing to compare yet"
    payment = buys(app, alice_actor, 2500)
    start = fetched(payment).created_at

    def looks(after: timedelta) -> int:
        with clock.at(start + after):
            return reconciliation_books.run_due()

    assert [looks(timedelta(minutes=each)) for each in (30, 61, 62, 120, 122)] == [0, 1, 0, 0, 1]
    with faults(app, ("list_intents", "reset_before", MANY)):
        assert [looks(timedelta(minutes=each)) for each in (183, 184, 194)] == [1, 0, 1], "hammers, or gives up"


def test_where_events_are_not_kept_any_more_each_payment_is_asked_for_itself(
    app: Flask, settings: Settings, database: Database, acme: Customer, alice_actor: Actor
) -> None:
    first, second = buys(app, alice_actor, 2500), buys(app, alice_actor, 1500)
    later(app)
    with faults(app, ("event:*", "lose", MANY)):
        controls.refund(settings, first.processor_id or "", 700)
        controls.dispute(settings, second.processor_id or "")
        later(app)
    by_hand(database, "delete from sandbox_objects where type = 'event'")
    with clock.at(clock.now() + timedelta(days=5)):
        assert reconciliation_books.run().mended == 0
    assert remaining(acme) == 40_000_000
    with clock.at(clock.now() + timedelta(days=5)):
        reconciliation_books.run(since=clock.now() - timedelta(days=35))
    assert (payment_of(first).refunded_minor, payment_of(second).disputed_minor) == (700, 1500)
    with as_customer(acme.customer_id):
        assert len(db.session.scalars(select(Refund)).all()) == len(db.session.scalars(select(Dispute)).all()) == 1
    assert verify() == []
