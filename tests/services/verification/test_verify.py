"""`flask portal verify`: silent success on a whole ledger; after any damage by hand, a sentence that names the row."""

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from app import clock, ids
from app.domain.authorizations import AuthorizationRequest
from app.domain.money import Credits, Money
from app.domain.people import Actor
from app.domain.reversals import DisputeState, ProcessorDispute
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer
from app.services.authorizations import holds
from app.services.ledger import grants
from app.services.payments import top_ups
from app.services.reversals import disputes, refunds
from app.services.usage import recording
from tests.support.client import outside_contexts
from tests.support.databases import Database
from tests.support.meters import accept_one, post_all
from tests.support.shop import add_method

CONSTRAINTS = {
    "transfers": ["ck_transfers_two_accounts", "ck_transfers_change_is_amount", "uq_transfers_once"],
    "accounts": ["ck_accounts_floor"],
    "grants": ["ck_grants_has_a_reason"],
    "payments": ["ck_payments_sent_back"],
}
USES = "unposted_micros > 0"
BOUGHT = "(select source_id from transfers where kind = 'sale')"
DAMAGES = [
    ("I1", "update transfers set credit_account = debit_account where kind = 'sale'", "txn_"),
    ("I2", "update accounts set balance = balance + 1 where name = 'revenue'", "credits:USD/revenue"),
    ("I2", "update transfers set amount = 1 where kind = 'sale'", "money:USD/prepaid"),
    ("I4", "update transfers set kind = 'payment' where kind = 'sale'", "txn_"),
    ("I6", "update accounts set floor = 32000000 where name = 'credits'", "credits:USD/credits"),
    ("I7", "update accounts set balance = balance - 1 where name = 'prepaid'", "money:USD"),
    ("I7", "update accounts set balance = 5 where name = 'clearing'", "money:USD"),
    ("I9", f"update transfers set source_id = 'pay_other' where source_id in {BOUGHT} and kind = 'sale'", "pay_"),
    ("I9", "update payments set received_minor = 2501", "pay_"),
    ("I9", "update payments set credits_micros = credits_micros - 1", "grt_"),
    ("I9", "update payments set state = 'canceled'", "pay_"),
    (
        "I10",
        "update grants set micros = micros + 1, remaining_micros = remaining_micros + 1 where kind = 'purchased'",
        "txn_",
    ),
    ("I10", "update grants set posted_at = null where kind = 'promotional'", "txn_"),
    ("I10", "update grants set reason = '' where kind = 'promotional'", "grt_"),
    ("I10", "delete from transfers where kind = 'promotional'", "grt_"),
    ("history", "update transfers set balance_after_micros = balance_after_micros + 1 where sequence = 2", "txn_"),
    ("history", "update transfers set change_micros = -change_micros where sequence = 2", "txn_"),
    ("history", "update transfers set sequence = 9 where sequence = 2", "credits"),
    ("grants", "update grants set remaining_micros = remaining_micros - 1 where kind = 'purchased'", "grt_"),
    ("grants", "delete from allocations", "grt_"),
    ("grants", "update allocations set micros = 40000001", "txn_"),
    ("I6", "update accounts set debt = 1 where name = 'credits'", "credits:USD/credits"),
    ("I11", "update payments set refunded_minor = refunded_minor + 1", "pay_"),
    ("I11", "update payments set disputed_minor = 0", "pay_"),
    ("I11", "update payments set state = 'disputed'", "pay_"),
    ("I11", "update refunds set state = 'failed'", "pay_"),
    ("I11", "update refunds set amount_minor = amount_minor + 1", "ref_"),
    ("I11", "update refunds set credits_micros = credits_micros - 1", "ref_"),
    ("I11", "update refunds set credits_micros = 25000001", "pay_"),
    ("I11", "delete from refunds", "txn_"),
    ("I11", "update disputes set state = 'lost'", "dsp_"),
    ("I11", "update disputes set state = 'won'", "dsp_"),
    ("I11", "update disputes set credits_micros = 0", "credits:USD/disputes"),
    ("I11", "delete from disputes", "txn_"),
    ("I11", "delete from transfers where kind = 'money_refunded'", "ref_"),
    ("I11", "delete from transfers where kind = 'disputed'", "dsp_"),
    ("AC-34", "update transfers set kind = 'dispute_won' where kind = 'disputed'", "txn_"),
    ("days", "update balance_days set used_micros = used_micros + 1", "20"),
    ("days", "delete from balance_days", "20"),
    ("days", "update balance_days set closing_micros = closing_micros + 1", "20"),
    ("days", f"update spending set unposted_micros = unposted_micros + 1 where {USES}", "credits:USD/credits"),
    ("usage", f"update spending set unposted_micros = unposted_micros + 1 where {USES}", "cus_"),
    ("usage", f"delete from spending where {USES}", "cus_"),
    ("usage", "update usage_days set micros = micros + 1", "requests 20"),
    ("usage", "update usage_days set posted_micros = posted_micros + 1", "cus_"),
    ("usage", "update usage_days set quantity = quantity + 1", "requests 20"),
    ("usage", "update usage_days set events = events + 1", "requests 20"),
    ("usage", "delete from usage_events", "requests 20"),
    ("usage", "update usage_events set micros = micros - 1", "requests 20"),
    ("usage", "update transfers set source_type = 'usage' where source_type = 'usage_day'", "cus_"),
    ("usage", "update usage_totals set micros = micros + 1", "requests 1"),
    ("usage", "update usage_totals set quantity = quantity - 1", "requests 1"),
    ("usage", f"insert into usage_subjects select customer_id, 1, 'requests', 'x' from spending where {USES}", "requ"),
    ("I19", f"update spending set held_micros = held_micros + 1 where {USES}", "cus_"),
    ("I19", "update authorizations set micros = micros + 1 where meter = ''", "cus_"),
    ("I19", "update usage_totals set reserved_micros = reserved_micros - 1 where held_quantity > 0", "requests"),
    ("I19", "update usage_totals set reserved_micros = reserved_micros + 1 where held_quantity > 0", "cus_"),
    ("I19", "update usage_totals set outlasting_quantity = 1 where held_quantity > 0", "requests"),
    ("I19", "update authorizations set quantity = quantity + 1", "requests"),
    ("I19", "update usage_totals set held_quantity = 0", "requests"),
]


@pytest.fixture
def ledger_of_acme(app: Flask, acme: Customer, alice_actor: Actor) -> Customer:
    """Acme with a purchase of 25 (1 sent back, 2 disputed), a present of 10 and usage of 4: all of it of today.

    Its meter counted 1 of credit that is posted and 1 that is not, and holds 1 more; 1 is held without a meter.
    """
    method = add_method(alice_actor).id
    with as_customer(acme.customer_id):
        payment = top_ups.buy(
            alice_actor,
            form_key=ids.new_form_key(),
            amount=Money(2500, "USD"),
            pack="",
            method_id=method,
            return_url=str,
        )
    grants.give(
        acme.customer_id, kind="promotional", credits=Credits(10_000_000), granted_by="support", reason="Welcome"
    )
    recording.record(acme.customer_id, key="k", credits=Credits(4_000_000), description="Requests")
    refunds.refund(payment.id, amount=Money(100, "USD"), reason="Not needed", requested_by="support")
    dispute = ProcessorDispute(
        "du_1", payment.processor_id or "", Money(200, "USD"), DisputeState.OPEN, "", clock.now()
    )
    assert disputes.record(payment.id, dispute) == ""
    accept_one(acme.customer_id, id="e1", meter="requests", quantity=2500)
    post_all(acme.customer_id)
    accept_one(acme.customer_id, id="e2", meter="requests", quantity=2500)
    for asked in ({"meter": "requests", "quantity": 2500}, {"micros": 1_000_000}):
        assert holds.authorize(AuthorizationRequest(acme.customer_id, **asked)).allowed
    db.session.remove()
    return acme


def _verify(app: Flask, *words: str) -> Result:
    with outside_contexts():
        return app.test_cli_runner().invoke(args=["portal", "verify", *words])


def test_a_whole_ledger_passes(app: Flask, ledger_of_acme: Customer, globex: Customer) -> None:
    for words in [(), ("--customer", ledger_of_acme.customer_id), ("--customer", globex.customer_id)]:
        result = _verify(app, *words)
        assert (result.exit_code, result.output) == (0, "Every invariant holds.\n")


def test_a_customer_who_is_not_there_is_not_proved(app: Flask, acme: Customer) -> None:
    assert _verify(app, "--customer", "cus_nobody").exit_code == 1


@pytest.mark.parametrize(("invariant", "damage", "row"), DAMAGES)
def test_a_row_damaged_by_hand_is_named(
    app: Flask, ledger_of_acme: Customer, globex: Customer, database: Database, invariant: str, damage: str, row: str
) -> None:
    _by_hand(database, damage)
    result = _verify(app)
    named = [
        line for line in result.stderr.splitlines() if line.startswith(f"{invariant} {ledger_of_acme.customer_id}: ")
    ]
    assert result.exit_code == 1
    assert any(f"({row}" in line for line in named), result.output
    assert _verify(app, "--customer", ledger_of_acme.customer_id).exit_code == 1
    if "where name" not in damage:  # else every customer's account was changed
        assert _verify(app, "--customer", globex.customer_id).exit_code == 0


def _by_hand(database: Database, damage: str) -> None:
    """Change the raw rows past every trigger and check, as only the owner of the database's files could."""
    engine = sa.create_engine(database.superuser_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        if database.kind == "postgresql":
            connection.exec_driver_sql("set session_replication_role = replica")
            for table, names in CONSTRAINTS.items():
                for name in names:
                    connection.exec_driver_sql(f"alter table {table} drop constraint {name}")
        else:
            connection.exec_driver_sql("pragma ignore_check_constraints = on")
            for table in ("transfers", "allocations"):  # a copy has neither keys nor triggers
                connection.exec_driver_sql(f"create table copy as select * from {table}")
                connection.exec_driver_sql(f"drop table {table}")
                connection.exec_driver_sql(f"alter table copy rename to {table}")
        connection.exec_driver_sql(damage)
