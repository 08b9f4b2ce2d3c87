"""After damage by hand to amounts, balances, grants, days and usage, `verify` says a sentence that names the row."""

from flask import Flask

from app.models.customers import Customer
from tests.services.verification.conftest import Damage

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
    ("I11", "update payments set corrected_minor = 1", "pay_"),
    ("I11", "update refunds set of_correction = true", "ref_"),
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


def test_a_row_damaged_by_hand_is_named(
    app: Flask, ledger_of_acme: Customer, globex: Customer, damaged: Damage
) -> None:
    unseen = {}
    for invariant, damage, row in DAMAGES:
        named = damaged(damage)
        mine = [each for each in named if each.startswith(f"{invariant} {ledger_of_acme.customer_id}: ")]
        of_globex = [each for each in named if globex.customer_id in each]
        if not any(f"({row}" in each for each in mine):
            unseen[damage] = named
        if "where name" not in damage and of_globex:  # else every customer's account was changed
            unseen[damage] = of_globex
    assert unseen == {}
    assert damaged("select 1") == []
