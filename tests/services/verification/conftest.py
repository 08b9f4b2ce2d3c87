"""What is damaged: a customer with a history of everything, and a way to change raw rows past every trigger and check."""

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app import clock, ids
from app.config import Settings
from app.domain.authorizations import AuthorizationRequest
from app.domain.money import Credits, Money
from app.domain.payments import ProcessorEvent
from app.domain.people.members import Actor
from app.domain.reversals import DisputeState, ProcessorDispute
from app.domain.spend_management import Limits
from app.models.customers import Customer
from app.models.database import db, prepare
from app.models.payments import Payment
from app.models.scope import as_service
from app.services import jobs
from app.services.access import sessions
from app.services.alerts import thresholds
from app.services.authorizations import holds
from app.services.ledger import corrections, grants
from app.services.reconciliation import inbox
from app.services.reversals import disputes, refunds
from app.services.spend_management import limits
from app.services.usage import recording
from app.services.verification import proved, series, verify
from app.services.verification.proved import Mark
from app.services.verification.series import EVENTS, HOLDS, OUTBOX, TRANSFERS, Boundary
from app.services.verification.verify import Violation
from app.services.webhooks import endpoints, seller_endpoints
from tests.support import databases, tiers
from tests.support.client import outside_contexts
from tests.support.databases import Database
from tests.support.meters import accept_one, post_all
from tests.support.reversals import buys
from tests.support.shop import BROKE

CONSTRAINTS = {
    "transfers": ["ck_transfers_two_accounts", "ck_transfers_change_is_amount", "uq_transfers_once"],
    "accounts": ["ck_accounts_floor"],
    "grants": ["ck_grants_has_a_reason"],
    "payments": ["ck_payments_sent_back", "ck_payments_corrected"],
    "authorizations": ["ck_authorizations_refused_for_a_reason"],
    "auto_recharge_settings": ["ck_auto_recharge_settings_has_consent"],
    "auto_recharge_budgets": ["ck_auto_recharge_budgets_within_limit"],
    "auto_recharge_decisions": ["ck_auto_recharge_decisions_charge_has_payment"],
}
APPEND_ONLY = ("transfers", "allocations", "audit_entries", "auto_recharge_consents", "auto_recharge_decisions")
EACH_OF_SO_MANY = 8
"""So many damages, of which `make test` lets one be found by the proof of a single customer too."""
NOBODY_LISTENS = "http://127.0.0.1:9/hook"
Named = list[str]
Damage = Callable[[str], Named]
Damaged = Callable[[str, Mark], Named]
"""The same, proved as what came since the mark."""


@pytest.fixture
def settings(database: Database) -> Settings:
    """Settings with which this machine itself may be named."""
    return databases.settings_for(database, webhooks_allow_loopback=True)


@pytest.fixture
def ledger_of_acme(app: Flask, acme: Customer, alice_actor: Actor) -> Customer:
    """Acme with a purchase of 25 (1 sent back, 2 disputed), a present of 10 and usage of 4: all of it of today.

    Its meter counted 1 of credit that is posted and 1 that is not, and holds 1 more; 1 is held without a meter.
    """
    _buys(app, alice_actor)
    recording.record(acme.customer_id, key="k", credits=Credits(4_000_000), description="Requests")
    accept_one(acme.customer_id, id="e1", meter="requests", quantity=2500)
    post_all(acme.customer_id)
    accept_one(acme.customer_id, id="e2", meter="requests", quantity=2500)
    for asked in ({"meter": "requests", "quantity": 2500}, {"micros": 1_000_000}):
        assert holds.authorize(AuthorizationRequest(acme.customer_id, **asked)).allowed  # type: ignore[arg-type]
    db.session.remove()
    return acme


@pytest.fixture
def history_of_acme(ledger_of_acme: Customer, app: Flask, alice_actor: Actor) -> Customer:
    """The same with all that may become of it: ended grants, captures, limits, events that were fanned out, a webhook.

    The worker has run; one more webhook of the processor waits for it.
    """
    acme, now = ledger_of_acme.customer_id, clock.now()
    seller_endpoints.create(NOBODY_LISTENS, [])
    endpoints.save(acme, NOBODY_LISTENS, by="alice")
    sessions.begin("{}", alice_actor.member_id, acme)
    with clock.at(now + timedelta(minutes=5)):
        _ends_grants(acme)
        _captures(acme)
        _changes_limits(acme)
        declined = buys(app, alice_actor, 900, BROKE)
        assert declined.state == "failed"
    with clock.at(now + timedelta(minutes=6)):
        jobs.run_due(names=["notices_decided"])
    with clock.at(now + timedelta(hours=2)):
        jobs.run_due()
        at = clock.now()
        assert inbox.receive(ProcessorEvent("evt_1", "charge.updated", "charge", "ch_1", at, livemode=False))
    db.session.remove()
    return ledger_of_acme


def _buys(app: Flask, actor: Actor) -> Payment:
    """Buy for 25, have 1 sent back and 2 disputed, and get a present."""
    payment = buys(app, actor, 2500)
    grants.give(
        actor.customer_id, kind="promotional", credits=Credits(10_000_000), granted_by="support", reason="Welcome"
    )
    refunds.refund(payment.id, amount=Money(100, "USD"), reason="Not needed", requested_by="support")
    intent = payment.processor_id or ""
    dispute = ProcessorDispute("du_1", intent, Money(200, "USD"), "$2.00", DisputeState.OPEN, "", clock.now())
    assert disputes.record(payment.id, dispute) == ""
    return payment


def _ends_grants(customer_id: str) -> None:
    """One grant is taken back, one expires, one row of usage is corrected."""
    kinds = {"kind": "promotional", "granted_by": "support", "reason": "Test"}
    void = grants.give(customer_id, credits=Credits(1_000_000), **kinds)  # type: ignore[arg-type]
    grants.void(void.id, by="support", reason="A mistake")
    ends = clock.now() + timedelta(hours=1)
    grants.give(customer_id, credits=Credits(2_000_000), expires_at=ends, priority=90, **kinds)  # type: ignore[arg-type]
    wrong = recording.record(customer_id, key="wrong", credits=Credits(500_000), description="Wrong")
    corrections.correct(wrong.id, by="support", reason="Wrong")


def _captures(customer_id: str) -> None:
    """Capture with and without a key, a part of a hold and all of it, and at once."""
    held = holds.authorize(AuthorizationRequest(customer_id, "requests", 5000, key="a"))
    holds.capture(held.id, quantity=2500, keep=True, key="c1")
    holds.capture(held.id, quantity=2500)
    assert holds.authorize(AuthorizationRequest(customer_id, micros=750_000, key="b", at_once=True)).allowed
    assert not holds.authorize(AuthorizationRequest(customer_id, micros=10**12, key="c")).allowed


def _changes_limits(customer_id: str) -> None:
    """Change spend management twice, and the usage alerts."""
    first = Limits(enabled=True, daily_limit=Credits(90_000_000), notify_threshold=Credits(1_000_000))
    made = limits.change(customer_id, first, webhook_url=None, by="alice")
    second = Limits(True, Credits(80_000_000), made.notify_threshold, made.version)
    limits.change(customer_id, second, webhook_url=None, by="alice")
    thresholds.replace(customer_id, [], ["ops@acme.example"], 1, actor="alice")


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let be settled whatever was written before now."""

    def all_but_holds(now: datetime) -> Boundary:
        before = {TRANSFERS: "txn", EVENTS: "", HOLDS: "hold", OUTBOX: "evt"}
        by_id = {name: ids.first_of(prefix, timedelta()) for name, prefix in before.items() if prefix}
        midnight = datetime.combine(now.date(), time(), UTC)
        holds = ids.first_of("hold", now - midnight + timedelta(hours=25))
        return Boundary(now.date(), by_id | {EVENTS: series.key_of(midnight), HOLDS: holds})

    monkeypatch.setattr(series, "settled", all_but_holds)


@pytest.fixture
def segments_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the digest that a run compares be of the first two transfers alone."""
    monkeypatch.setattr(proved, "MOST_OF_A_SEGMENT", 2)


@pytest.fixture
def damaged(app: Flask, database: Database) -> Iterator[Damage]:
    """Do damage past every trigger and check, as only the owner of the database's files could; return what is named.

    The rows are as they were afterwards. What all customers' proof names, that of its customer alone must name too.
    """
    looked_at = itertools.count()
    engine = sa.create_engine(database.superuser_url, poolclass=sa.NullPool)
    prepare(engine)
    if database.kind == "sqlite":
        sa.event.listen(engine, "connect", _unguarded)
    with engine.connect() as connection, connection.begin() as transaction:
        _lift(connection)

        def damage(statements: str, since: Mark | None = None) -> Named:
            with connection.begin_nested() as before:
                for each in statements.split(";"):
                    connection.exec_driver_sql(each)
                with (
                    as_service("look at damage"),
                    Session(connection, join_transaction_mode="create_savepoint") as rows,
                ):
                    violations = list(verify.violations_since(rows, since) if since else verify.violations(rows))
                    if since is None and (tiers.whole() or not next(looked_at) % EACH_OF_SO_MANY):
                        _by_one_customer_too(rows, violations)
                        _as_new_too(rows, violations)
                before.rollback()
            return [str(each) for each in violations]

        yield damage
        transaction.rollback()


def _by_one_customer_too(rows: Session, violations: list[Violation]) -> None:
    for each in sorted(rows.execute(sa.text("select customer_id from customers")).scalars()):
        alone = sorted(map(str, verify.violations(rows, each)))
        assert alone == sorted(str(one) for one in violations if one.customer_id == each)


def _as_new_too(rows: Session, violations: list[Violation]) -> None:
    """Prove the same rows as what came since a proof of nothing: it names what the proof of all names."""
    day = (clock.now() - timedelta(days=2)).date()
    transfers, hold, event = (ids.first_of(prefix, timedelta(hours=1)) for prefix in ("txn", "hold", "evt"))
    before = Mark(transfers, day, usage_before=day, usage_from=day, holds=hold, outbox=event)
    assert sorted(map(str, verify.violations(rows, since=before))) == sorted(map(str, violations))


def _unguarded(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("foreign_keys = off", "ignore_check_constraints = on"):
        cursor.execute(f"pragma {pragma}")
    cursor.close()


def _lift(connection: sa.Connection) -> None:
    """Lift what the database itself would say to the damage, until the transaction is rolled back."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("set local session_replication_role = replica")
        for table, names in CONSTRAINTS.items():
            for name in names:
                connection.exec_driver_sql(f"alter table {table} drop constraint {name}")
        return
    for table in APPEND_ONLY:  # a copy has neither keys nor triggers
        connection.exec_driver_sql(f"create table copy as select * from {table}")
        connection.exec_driver_sql(f"drop table {table}")
        connection.exec_driver_sql(f"alter table copy rename to {table}")


def said(app: Flask, *words: str) -> tuple[int, str]:
    """Return the status of the command with these words, and what it says."""
    with outside_contexts():
        result = app.test_cli_runner().invoke(args=["portal", "verify", *words])
    return result.exit_code, result.output


def by_hand(database: Database, damage: str) -> None:
    """Change rows past every trigger, as only the owner of the database could."""
    engine = sa.create_engine(database.superuser_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        if database.kind == "postgresql":
            connection.exec_driver_sql("set session_replication_role = replica")  # past triggers
        else:
            connection.exec_driver_sql("drop trigger if exists transfers_no_update")
        connection.exec_driver_sql(damage)
