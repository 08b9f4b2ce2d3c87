"""No row of one customer stops the rows of others: every sweep goes on past rows that cannot be worked on.

Two customers have the same of everything that is due, Acme first and more of it. Then no row of Acme's can be written
any more: a trigger refuses it. Each job of the list runs by itself, a few rows at a time, as time goes on. What it does
for Globex must be done; whoever adds a job says here what it does for a customer, or why no row can stop it.
"""

from collections import Counter
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.pool import NullPool

from app import clock
from app.config import Settings
from app.domain.authorizations import AuthorizationRequest
from app.domain.methods import Rail
from app.domain.money import MICROS, Credits
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.authorizations import Authorization
from app.models.customers import BillingPeriod, Customer
from app.models.database import Base, db
from app.models.events import InboxEvent, OutboxEvent
from app.models.ledger import Grant
from app.models.limits import Notice
from app.models.mails import Mail
from app.models.payments import Payment
from app.models.reversals import Refund
from app.models.scope import as_customer, as_service
from app.models.setups import MethodSetup
from app.models.tax import TaxRegistration
from app.models.webhooks import WebhookDelivery
from app.services import jobs
from app.services.authorizations import holds
from app.services.customers import directory
from app.services.ledger import grants
from app.services.payment_methods import setups
from app.services.reversals import refunds
from app.services.tax import registrations
from app.services.webhooks import endpoints, seller_endpoints
from tests.support import post, recharge, shop
from tests.support.databases import Database, settings_for
from tests.support.meters import accept_one
from tests.support.spend import PER_DOLLAR

MORE, AT_ONCE = 5, 3
"""How many due rows Acme has of a kind, and how many a job does at once: fewer, so that Acme's alone could fill it."""
VAT_NUMBERS = ("DE100000016", "DE100000024", "DE100000032", "DE100000057", "DE100000065")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WAITS = (timedelta(minutes=3), 2 * HOUR, 3 * HOUR, 2 * DAY, 9 * DAY, 33 * DAY)
WORKED = {
    "periods_rolled", "grants_posted", "holds_expired", "usage_posted", "grants_expired", "webhooks_worked",
    "payments_checked", "refunds_checked", "setups_checked", "notices_decided", "expiries_decided", "notices_sent",
    "mails_sent", "events_spread", "webhooks_sent", "profiles_sent", "tax_numbers_checked",
}  # fmt: skip
FIRST = ["payments_checked", "refunds_checked", "setups_checked", "usage_posted"]
"""What is done before the webhooks of the same facts come, and before grants post usage: so that it is its own work."""
UNSEEN = {"notices_decided", "usage_posted", "setups_checked", "refunds_checked"}
"""What says no number here: the first raises at its end what went wrong for one, the others find their work done by a
request or by another job. Theirs is the loop of `due_rows`, like that of the others, and what is left undone is seen."""
OTHERWISE = {
    "sandbox_events_delivered": "the pretend processor's own: it posts webhooks, and reads no row of a customer's",
    "automatic_charges_made": "has a test of its own below, for it would buy credit into the others' history",
    "automatic_charges_swept": "sets one column for all customers in one statement each, and charges nothing",
    "automatic_charges_judged": "has a test of its own: see auto_recharge/test_taxed.py",
    "invoices_collected": "has a test of its own: see dunning/test_bad_customer.py",
    "months_run": "has a test of its own: see month_end/test_run.py",
    "interim_invoices_written": "has a test of its own: see receivables/test_interim.py",
    "files_made": "has a test of its own: see invoices/test_files.py",
    "papers_made": "claims and keeps as files_made does, by the same functions",
    "cash_looked_at": "has a test of its own: see bank_transfers/test_poisoned_cash.py",
    "cash_returned": "has a test of its own: see bank_transfers/test_poisoned_cash.py",
    "pro_formas_expired": "has a test of its own: see bank_transfers/test_poisoned_cash.py",
    "digests_written": "has a test of its own: see test_weekly_digest.py",
    "password_resets_written": "has a test of its own: see pages/test_forgot_password.py",
    "partitions_made": "makes tables",
    "usage_keys_trimmed": "deletes by time, whatever is in the rows",
    "requests_trimmed": "deletes by time, whatever is in the rows",
    "refusals_trimmed": "deletes by time, whatever is in the rows",
    "deliveries_trimmed": "deletes by time, whatever is in the rows",
    "referrals_counted": "has a test of its own: see referrals/test_giving.py",
    "referrals_given": "has a test of its own: see referrals/test_giving.py",
    "exposures_ended": "has a test of its own: see receivables/test_exposure.py",
    "books_compared": "goes on past a payment that cannot be compared, and names it: see test_books.py",
}


@pytest.fixture
def settings(database: Database) -> Settings:
    """Settings with which webhooks may go to this machine."""
    return settings_for(database, webhooks_allow_loopback=True)


def test_every_job_is_in_one_of_the_lists() -> None:
    assert WORKED | set(OTHERWISE) == set(jobs.JOBS) and not WORKED & set(OTHERWISE)


def test_what_cannot_be_written_for_one_customer_stops_no_other(
    app: Flask, settings: Settings, database: Database, alice_actor: Actor, mallory_actor: Actor
) -> None:
    acme, globex = alice_actor.customer_id, mallory_actor.customer_id
    started = clock.now()
    seller_endpoints.create("http://127.0.0.1:9/all", [])
    with clock.at(started):
        has_everything(alice_actor, settings, MORE)
    with clock.at(started + timedelta(seconds=1)):  # so that Acme's rows come first
        has_everything(mallory_actor, settings, 1)
        jobs.JOBS["sandbox_events_delivered"](100)  # they wait in the inbox
    poison(database, f"new.customer_id = '{acme}'")
    done: Counter[str] = Counter()
    for wait in WAITS:
        with clock.at(started + wait):
            for name in FIRST * 3 + [each for each in jobs.JOBS if each in WORKED] * 3:
                try:
                    # Events are claimed one by one, each for a time: they are many, and cannot fill the round.
                    done[name] += jobs.JOBS[name]({"webhooks_worked": 100, "webhooks_sent": 6}.get(name, AT_ONCE))
                except Exception:  # noqa: BLE001  # a job may raise at its end what went wrong for one
                    db.session.rollback()
    assert left_undone(globex) == {}
    assert {name for name in WORKED if not done[name]} <= UNSEEN
    with as_service("look at Acme's"):
        assert db.session.scalar(select(func.count(Mail.id)).where(Mail.customer_id == acme, Mail.state == "pending"))


@pytest.mark.both_databases
def test_a_customer_who_cannot_be_charged_automatically_stops_no_other(
    app: Flask, database: Database, acme: Customer, globex: Customer, alice_actor: Actor, mallory_actor: Actor
) -> None:
    for actor in (alice_actor, mallory_actor):
        shop.add_method(actor)
        recharge.on(actor)
    poison(database, f"new.customer_id = '{acme.customer_id}'")
    for minutes in (0, 3, 6):
        with clock.at(clock.now() + timedelta(minutes=minutes)):
            jobs.JOBS["automatic_charges_made"](AT_ONCE)
    assert (recharge.states(acme), recharge.states(globex)) == ([], [(2500, "succeeded")])


def has_everything(actor: Actor, settings: Settings, number: int) -> None:
    """Give the customer something of everything that a job looks for."""
    customer_id = actor.customer_id
    directory.change(customer_id, directory.Change(name=f"{actor.customer_name} Ltd"), by="test")
    endpoints.save(customer_id, "http://127.0.0.1:9/hook", by="test")
    paid = [post.paid(actor) for _ in range(number)]
    for payment in paid:
        refunds.refund(payment.id, amount=None, reason="asked for", requested_by="seller")
    waiting = post.asked(actor)
    controls.answer_challenge(settings, waiting.processor_id or "", approved=True)
    with as_customer(customer_id):
        setups.begin(actor, kind=Rail.CARD, test_method=shop.ASKS)
    for each in range(number):
        registrations.add(customer_id, kind="eu_vat", country="DE", value=VAT_NUMBERS[each], by="test")
        given = {"kind": "promotional", "credits": Credits(90 * MICROS), "granted_by": "test", "reason": f"Gift {each}"}
        grants.give(customer_id, **given, effective_at=clock.now() + HOUR)
        grants.give(customer_id, **given, expires_at=clock.now() + 2 * DAY - HOUR)
        holds.authorize(AuthorizationRequest(customer_id, micros=MICROS, ttl_seconds=60))
        accept_one(customer_id, id=f"use-{each}", meter="requests", quantity=PER_DOLLAR)


def poison(database: Database, whose: str) -> None:
    """Let the database refuse whatever would be written for the customers of whom this holds."""
    tables = [
        table.name for table in Base.metadata.sorted_tables
        if "customer_id" in table.columns and not table.name.startswith("sandbox")
    ]  # fmt: skip
    engine = create_engine(database.owner_url, poolclass=NullPool)
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(
                text("create function poisoned() returns trigger as $$ begin raise 'poisoned'; end $$ language plpgsql")
            )
        for table in tables:
            for what in ("insert", "update"):
                when = f"before {what} on {table} for each row when ({whose})"
                if connection.dialect.name == "postgresql":
                    made = f"{when} execute function poisoned()"
                else:
                    made = f"{when} begin select raise(abort, 'poisoned'); end"
                connection.execute(text(f"create trigger poison_{table}_{what} {made}"))
    engine.dispose()


def left_undone(customer_id: str) -> dict[str, int]:
    """Return what is still due for the customer, by its kind."""
    now = clock.now() + max(WAITS)
    kinds = {
        "periods": select(BillingPeriod.number).where(BillingPeriod.customer_id == customer_id, BillingPeriod.is_due(now)),
        "grants": select(Grant.id).where(Grant.customer_id == customer_id, Grant.is_due(now)),
        "holds": select(Authorization.id).where(Authorization.customer_id == customer_id, Authorization.state == "held"),
        "payments": select(Payment.id).where(
            Payment.customer_id == customer_id, Payment.state.in_(["created", "pi_created", "confirming", "requires_action"])
        ),
        "refunds": select(Refund.id).where(Refund.customer_id == customer_id, Refund.state.in_(["created", "pending"])),
        "setups": select(MethodSetup.id).where(
            MethodSetup.customer_id == customer_id, MethodSetup.state.in_(["created", "requires_action", "processing"])
        ),
        "notices": select(Notice.rule).where(Notice.customer_id == customer_id, Notice.state == "pending"),
        "mails": select(Mail.id).where(Mail.customer_id == customer_id, Mail.state == "pending"),
        "events": select(OutboxEvent.id).where(OutboxEvent.customer_id == customer_id, OutboxEvent.state == "pending"),
        "deliveries": select(WebhookDelivery.id).where(
            WebhookDelivery.customer_id == customer_id, WebhookDelivery.tries == 0
        ),
        "names": select(Customer.customer_id).where(
            Customer.customer_id == customer_id, Customer.profile_due_at.is_not(None)
        ),
        "tax numbers": select(TaxRegistration.id).where(
            TaxRegistration.customer_id == customer_id, TaxRegistration.state == "pending"
        ),
        "inbox": select(InboxEvent.id).where(InboxEvent.state == "new", InboxEvent.tries == 0),
    }  # fmt: skip
    with as_service("look for what is due"):
        found = {name: len(db.session.execute(wanted).all()) for name, wanted in kinds.items()}
    return {name: number for name, number in found.items() if number}
