"""Comparing books: what was never heard of, or lost with a backup, is there again."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app import ids
from app.config import Settings
from app.domain.money import Money
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.models.payments import Payment
from app.models.scope import as_customer, as_service
from app.services.customers import registration
from app.services.payments import top_ups
from app.services.reconciliation import books as reconciliation_books
from app.services.reversals import refunds
from app.services.verification.verify import verify
from tests.support import cast
from tests.support.backups import backup
from tests.support.client import outside_contexts
from tests.support.databases import Database
from tests.support.documents import documents_of
from tests.support.outcome import faults
from tests.support.restored import HOUR, MANY, books, by_hand
from tests.support.reversals import buys, later, payment_of
from tests.support.shop import ASKS, BROKE, add_method, payments, remaining


@pytest.mark.fault("W5", "S14")
def test_refunds_and_disputes_whose_webhooks_never_came_are_booked(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    first, second = buys(app, alice_actor, 2500), buys(app, alice_actor, 1500)
    later(app)
    with faults(app, ("event:*", "lose", MANY)):
        controls.refund(settings, first.processor_id or "", 700)
        controls.dispute(settings, second.processor_id or "")
        later(app)
    assert remaining(acme) == 40_000_000
    look = books(app)
    assert reconciliation_books.problems_of(look) == []
    assert look.mended > 0, f"{look.looked_at} were looked at"
    assert (payment_of(first).refunded_minor, payment_of(second).disputed_minor) == (700, 1500)
    assert remaining(acme) == 18_000_000
    assert books(app).mended == 0
    assert verify() == []


@pytest.mark.both_databases
@pytest.mark.case("AC-18")
@pytest.mark.fault("D9")
def test_after_an_older_backup_is_restored_everything_since_is_there_again(
    app: Flask, settings: Settings, database: Database, tmp_path: Path, acme: Customer, alice_actor: Actor
) -> None:
    first = buys(app, alice_actor, 2500)
    with faults(app, ("confirm_intent", "timeout_after", MANY), ("fetch_intent", "reset_before", MANY)):
        open_then = buys(app, alice_actor, 900)
    assert open_then.state == "confirming"
    restore = backup(database, tmp_path)

    since = [buys(app, alice_actor, 1000), buys(app, alice_actor, 2000, "pm_card_mastercard")]
    later(app)
    refunds.refund(since[0].id, amount=Money(300, "USD"), reason="Not needed", requested_by="support")
    refunds.refund(first.id, amount=Money(500, "USD"), reason="Not needed", requested_by="support")
    controls.dispute(settings, since[1].processor_id or "", amount=400)
    later(app)
    was = {row.id: (row.state, row.received_minor, row.refunded_minor, row.disputed_minor) for row in payments(acme)}
    left = remaining(acme)
    assert left == 10_000 * (2500 + 900 + 1000 + 2000 - 300 - 500 - 400)
    assert verify() == []

    restore()
    assert len(payments(acme)) == 2
    look = books(app)
    assert reconciliation_books.problems_of(look) == []
    assert {
        row.id: (row.state, row.received_minor, row.refunded_minor, row.disputed_minor) for row in payments(acme)
    } == was
    assert remaining(acme) == left
    assert verify() == []
    assert books(app, HOUR).mended == 0
    assert remaining(acme) == left


@pytest.mark.case("AC-18")
@pytest.mark.fault("D9")
def test_what_was_promised_is_kept_where_credit_is_no_money(
    app: Flask, settings: Settings, database: Database, tmp_path: Path, alice_actor: Actor
) -> None:
    tokens, actor = _tokens_customer()
    restore = backup(database, tmp_path)
    pack = _buys_pack(app, actor)
    bought = remaining(tokens)
    restore()
    assert remaining(tokens) == 0
    look = books(app)
    assert reconciliation_books.problems_of(look) == []
    assert (remaining(tokens), payment_of(pack).state) == (bought, "succeeded")
    restore()
    by_hand(
        database, "update sandbox_objects set body = replace(body, 'promise', 'another') where type = 'payment_intent'"
    )
    (problem,) = reconciliation_books.problems_of(books(app))
    assert tokens.customer_id in problem and "not for how much credit" in problem
    assert (payments(tokens), remaining(tokens)) == ([], 0)
    assert verify() == []


@pytest.mark.fault("D9")
def test_without_a_promise_money_is_worth_itself(
    app: Flask, database: Database, tmp_path: Path, acme: Customer, alice_actor: Actor
) -> None:
    restore = backup(database, tmp_path)
    buys(app, alice_actor, 1234)
    by_hand(
        database, "update sandbox_objects set body = replace(body, 'promise', 'another') where type = 'payment_intent'"
    )
    restore()
    assert reconciliation_books.problems_of(books(app)) == []
    assert remaining(acme) == 12_340_000
    assert verify() == []


@pytest.mark.fault("D9")
def test_money_of_a_customer_whom_nobody_knows_is_reported_and_not_guessed(
    app: Flask, database: Database, tmp_path: Path, catalog: str
) -> None:
    restore = backup(database, tmp_path)
    late = cast.make_customer("Late")
    paid = buys(app, cast.make_actor(cast.ALICE, late), 2500)
    restore()
    (problem,) = reconciliation_books.problems_of(books(app))
    assert paid.processor_id is not None and paid.processor_id in problem and "25.00 USD" in problem
    with as_service("count"):
        assert db.session.scalars(select(Payment)).all() == []


@pytest.mark.fault("D9")
def test_what_still_waits_for_the_bank_is_there_again_and_goes_on(
    app: Flask, settings: Settings, database: Database, tmp_path: Path, acme: Customer, alice_actor: Actor
) -> None:
    restore = backup(database, tmp_path)
    asked = buys(app, alice_actor, 2500, ASKS)
    restore()
    books(app)
    assert payment_of(asked).state == "requires_action"
    controls.answer_challenge(settings, asked.processor_id or "", approved=True)
    later(app)
    assert (payment_of(asked).state, remaining(acme)) == ("succeeded", 25_000_000)
    assert verify() == []


@pytest.mark.fault("D9")
def test_one_that_was_declined_meanwhile_stays_away(
    app: Flask, database: Database, tmp_path: Path, acme: Customer, alice_actor: Actor
) -> None:
    restore = backup(database, tmp_path)
    assert buys(app, alice_actor, 2500, BROKE).state == "failed"
    restore()
    assert reconciliation_books.problems_of(books(app)) == []
    assert (payments(acme), remaining(acme)) == ([], 0)


@pytest.mark.both_databases
@pytest.mark.fault("D9")
def test_two_looks_at_once_restore_a_payment_once(
    app: Flask, database: Database, tmp_path: Path, acme: Customer, alice_actor: Actor
) -> None:
    restore = backup(database, tmp_path)
    paid = [buys(app, alice_actor, minor) for minor in (2500, 1000)]
    restore()

    def look(_number: int) -> list[str]:
        with app.app_context():
            return reconciliation_books.problems_of(reconciliation_books.run())

    with outside_contexts(), ThreadPoolExecutor(4) as pool:
        assert list(pool.map(look, range(4))) == [[]] * 4
    assert {payment.id: payment.state for payment in payments(acme)} == {each.id: "succeeded" for each in paid}
    assert remaining(acme) == 35_000_000
    assert sorted((each.source_id, each.kind) for each in documents_of(acme)) == sorted(
        (each.id, "invoice") for each in paid
    )
    assert verify() == []


def _tokens_customer() -> tuple[Customer, Actor]:
    cast.apply_catalog("analytics")
    made = registration.create(
        name="Tokens", email="t@example.com", catalog="analytics", external_id="tokens", trial=False
    )
    return made, cast.make_actor(cast.MALLORY, made)


def _buys_pack(app: Flask, actor: Actor) -> Payment:
    saved = add_method(actor)
    with app.app_context(), as_customer(actor.customer_id):
        return top_ups.buy(
            actor,
            form_key=ids.new_form_key(),
            amount=None,
            pack="standard",
            method_id=saved.id,
            return_url="http://127.0.0.1/{}".format,
        )
