"""What rows say of each other: a row that is deleted, lowered or marked as done is named by those that stay."""

import pytest
from flask import Flask

from app.domain.money import Credits
from app.models.customers import Customer
from app.models.database import db
from app.services.ledger import grants
from tests.services.verification.conftest import Damage

BOUGHT = "(select source_id from transfers where kind = 'sale')"
OF_ACME = "(select customer_id from customers where name = 'Acme')"
LOWERED = f"""update payments set received_minor = 2400 where id in {BOUGHT};
  update transfers set amount = 2400 where kind in ('payment', 'sale');
  update accounts set balance = balance + 100 where name = 'processor' and customer_id in {OF_ACME};
  update accounts set balance = balance - 100 where name = 'prepaid' and customer_id in {OF_ACME}"""
GRANT_LOWERED_TOO = f"""{LOWERED};
  update payments set amount_minor = 2400, credits_micros = 24000000 where id in {BOUGHT}"""
CAPTURED = "(select authorization_id from usage_events where authorization_id is not null and micros > 750000)"
AT_ONCE = "(select id from authorizations where state = 'captured' and meter = '')"
LATER = "cast('2999-01-01 00:00:00' as timestamp)"
DECLINED = "(select id from payments where state = 'failed')"
ENDED = "a payment has ended otherwise than its attempts"
CLOSED = f"update billing_periods set closed_at = {LATER}, plan = {{}}, catalog_version = {{}}"
DAMAGES = [
    # A payment's row is gone, and its grant and transfers stay.
    ("rows", f"delete from payments where id in {BOUGHT}", "grt_", "a row of grants names a row of payments"),
    ("rows", f"delete from payments where id in {BOUGHT}", "txn_", "posted for a payment that is not there"),
    ("rows", f"delete from payments where id in {BOUGHT}", "att_", "a row of attempts names a row of payments"),
    ("I35", f"delete from payments where id in {BOUGHT}", "pay_", "the audit trail names a row that is not there"),
    ("I35", "delete from payments where state = 'failed'", "pay_", "the audit trail names a row that is not there"),
    ("rows", "delete from grants where voided_at is not null", "txn_", "posted for a grant that is not there"),
    ("rows", "delete from transfers where source_id = 'wrong'", "txn_", "a row of transfers names a row of transfers"),
    ("rows", "delete from payment_methods", "pay_", "a row of payments names a row of payment_methods"),
    ("rows", f"delete from customers where customer_id in {OF_ACME}", "cus_", "a row of spending names a row of"),
    (
        "rows",
        f"delete from customers where customer_id in {OF_ACME}",
        "",
        "a row of browser_sessions names a row of customers",
    ),
    # The amount received is lowered, with its transfers and balances.
    ("I9", LOWERED, "grt_", "a grant is not what the amount received buys at the rate of the promise"),
    ("I9", LOWERED, "pay_", "the audit trail says that another amount was received"),
    ("I9", GRANT_LOWERED_TOO, "pay_", "the audit trail says that another amount was received"),
    # Attempts to charge.
    ("I8", f"delete from attempts where payment_id in {BOUGHT}", "pay_", "no attempt to charge it is there"),
    ("I8", f"delete from attempts where payment_id in {DECLINED}", "pay_", "no attempt to charge it is there"),
    ("I8", "update attempts set number = 2", "pay_", "an attempt to charge a payment is missing before another one"),
    ("I8", f"update attempts set state = 'declined' where payment_id in {BOUGHT}", "pay_", ENDED),
    ("I8", f"update attempts set state = 'succeeded' where payment_id in {DECLINED}", "att_", ENDED),
    ("I8", "update attempts set state = 'started', finished_at = null", "att_", ENDED),
    ("I8", "update attempts set finished_at = null", "att_", ENDED),
    # The ids of events.
    ("I17", "delete from usage_event_keys where id = 'e1'", "e1", "the id of an event that was counted is not kept"),
    (
        "I17",
        "delete from usage_event_keys where substr(id, 1, 5) = 'hold_'",
        "hold_",
        "the id of an event that was counted is",
    ),
    ("I17", "delete from usage_events where id = 'e1'", "e1", "the id of an event is kept, and there is no such event"),
    # An authorization that was used.
    (
        "I19",
        f"update authorizations set state = 'released' where id in {CAPTURED} and state = 'captured'",
        "hold_",
        "an authorization is not in the state that its captures and its end leave it in",
    ),
    (
        "I19",
        f"update authorizations set state = 'expired' where id in {AT_ONCE}",
        "hold_",
        "an authorization is not in the state that its captures and its end leave it in",
    ),
    ("I19", f"delete from authorizations where id in {CAPTURED}", "hold_", "has captured is not the usage"),
    (
        "I19",
        f"update authorizations set captured_micros = captured_micros / 2 where id in {CAPTURED}",
        "hold_",
        "what an authorization has captured is not the usage that names it",
    ),
    (
        "I19",
        f"update authorizations set quantity = quantity / 2, micros = micros / 2 where id in {CAPTURED}",
        "hold_",
        "an authorization is for another meter, amount or time than was asked for",
    ),
    (
        "I19",
        f"update authorizations set micros = micros / 2 where id in {AT_ONCE}",
        "hold_",
        "an authorization is for another meter, amount or time than was asked for",
    ),
    (
        "I19",
        f"update authorizations set state = 'refused', reason = 'suspended' where id in {CAPTURED}",
        "hold_",
        "an authorization is not in the state that its captures and its end leave it in",
    ),
    (
        "I19",
        f"""update authorizations set state = 'refused', reason = 'suspended', captures = 0, captured_micros = 0,
          captured_quantity = 0 where id in {CAPTURED}""",
        "hold_",
        "what an authorization has captured is not the usage that names it",
    ),
    (
        "I19",
        f"update authorizations set state = 'held' where id in {AT_ONCE}",
        "hold_",
        "an authorization is not in the state that its captures and its end leave it in",
    ),
    *[
        (
            "I19",
            f"update authorizations set state = 'held', ended_at = null where state = 'captured' and id in {captured}",
            "hold_",
            "an authorization is not in the state that its captures and its end leave it in",
        )
        for captured in (CAPTURED, AT_ONCE)
    ],
    # What every customer has.
    ("terms", "update customers set catalog_version = 9", "cus_", "a version of the catalog that is not there"),
    ("terms", f"update billing_periods set closed_at = {LATER}", "period", "does not say by which version and plan"),
    ("terms", "update customers set plan = 'scale'", "plan", "has another plan or version of the catalog than it was"),
    ("terms", "update customers set catalog_version = 9", "catalog_version", "has another plan or version of the"),
    ("terms", CLOSED.format("'scale'", 1), "period 1", "has a plan or version that its customer never had"),
    ("terms", CLOSED.format("''", 9), "period 1", "has a plan or version that its customer never had"),
    ("I6", "update accounts set floor = floor * 2 where name = 'credits'", "credits:USD/credits", "floor is not minus"),
    ("I6", "update accounts set floor = null where name = 'credits'", "credits:USD/credits", "floor is not minus"),
    ("I6", "update accounts set floor = -1 where name = 'revenue'", "credits:USD/revenue", "it has one and must not"),
    ("I6", "update customers set overage_protection_micros = 0", "credits:USD/credits", "floor is not minus"),
    ("I6", "update customers set invoiced_overage_micros = 5", "cus_", "is not what is due of them"),
    ("I18", "delete from billing_periods", "cus_", "the customer has no open billing period"),
    ("I18", f"update billing_periods set closed_at = {LATER}", "cus_", "the customer has no open billing period"),
    ("I18", "update billing_periods set number = 2", "cus_", "a period is missing"),
    (
        "I18",
        f"""insert into billing_periods (customer_id, number, anchor_day, starts_at, ends_at, closed_at)
          select customer_id, 0, anchor_day, starts_at, ends_at, {LATER} from billing_periods""",
        "period 1",
        "a billing period does not begin where the one before it ends",
    ),
    ("units", "update customers set credit_unit = 'tokens'", "credits:tokens/credits", "is missing"),
    ("units", "update customers set credit_unit = 'tokens'", "credits:USD/credits", "is in another unit"),
    ("units", "update customers set currency = 'EUR'", "money:EUR/prepaid", "is missing"),
    ("units", "update customers set currency = 'EUR'", "money:USD/prepaid", "is in another unit"),
    ("units", "update customers set currency = 'EUR'", "gateway version 1", "or is in another currency or credit unit"),
    ("units", "update customers set catalog_version = 9", "gateway version 9", "the customer's catalog is not there"),
    ("units", "delete from accounts where name = 'referrals'", "credits:USD/referrals", "is missing"),
    ("units", "update payments set currency = 'EUR' where state = 'failed'", "pay_", "is in another currency than"),
    # Credit of a grant that is over.
    (
        "grants",
        f"update grants set voided_at = {LATER} where remaining_micros > 0",
        "grt_",
        "a grant that was taken back or has expired still has credit",
    ),
    (
        "grants",
        """update grants set remaining_micros = micros, posted_at = effective_at
          where id in (select source_id from transfers where kind = 'expired');
          delete from allocations where transfer_id in (select id from transfers where kind = 'expired')""",
        "grt_",
        "a grant that was taken back or has expired still has credit",
    ),
    (
        "grants",
        """update grants set effective_at = cast('2019-01-01 00:00:00' as timestamp),
          expires_at = cast('2020-01-01 00:00:00' as timestamp) where remaining_micros > 0""",
        "grt_",
        "has not begun or expired, and the customer's history goes on more than two days later",
    ),
    # Events for hosts.
    ("I29", "delete from outbox_events where sequence = 2", "seq 2", "an event is missing in the customer's order"),
    ("I28", "delete from outbox_events", "credits.granted grt_", "what happened has no event"),
    ("I28", "delete from outbox_events where type = 'refund.created'", "refund.created ref_", "has no event"),
    ("I28", "delete from outbox_events where type = 'dispute.opened'", "dispute.opened dsp_", "has no event"),
    ("I28", "delete from outbox_events where type = 'payment.failed'", "payment.failed pay_", "has no event"),
    ("I28", "delete from outbox_events where type = 'spend.threshold_reached'", "spend.threshold_rea", "has no event"),
    ("I29", "delete from outbox_events where type = 'spend.threshold_reached'", "whd_", "or its event is not there"),
    ("I29", "update outbox_events set done_at = null", "evt_", "marked as done, and nobody has fanned it out"),
    ("I29", "delete from webhook_deliveries where to_seller", "evt_", "marked as done, and nobody has fanned it out"),
    (
        "I29",
        "delete from webhook_deliveries where not to_seller",
        "evt_",
        "marked as done, and nobody has fanned it out",
    ),
    (
        "I29",
        f"update webhook_deliveries set state = 'delivered', done_at = {LATER}",
        "whd_",
        "a delivery has ended without a try that ended so",
    ),
    ("I27", "update notices set done_at = null", "daily_", "a notice is marked as done, and nobody was notified"),
    ("I29", "update mails set sent_at = null where state = 'sent'", "mail_", "a mail is marked as sent, and was not"),
    ("I29", "update mails set tries = 0", "mail_", "a mail is marked as sent, and was not"),
    # Webhooks of the processor.
    ("I30", "update inbox_events set state = 'done'", "evt_1", "is marked as done, and nobody has worked on it"),
    ("I30", "update inbox_events set state = 'dead'", "evt_1", "is marked as done, and nobody has worked on it"),
    # The audit trail.
    *(
        ("I35", f"delete from audit_entries where action = '{action}'", action, "what was done is not in the audit")
        for action in (
            "customer.created",
            "grant.given",
            "grant.voided",
            "transfer.corrected",
            "top_up.wished",
            "payment.succeeded",
            "payment.failed",
            "refund.wished",
            "refund.succeeded",
            "dispute.opened",
        )
    ),
    (
        "I35",
        "delete from audit_entries where action in ('spend_management.changed', 'webhook.changed')",
        "spend_settings version 2",
        "settings were changed more often than the audit trail says",
    ),
    (
        "I35",
        "delete from audit_entries where action = 'usage_alerts.changed'",
        "alert_settings version 2",
        "settings were changed more often than the audit trail says",
    ),
]


@pytest.fixture
def given_a_trial(app: Flask, history_of_acme: Customer) -> str:
    """Acme, whom a program gave trial credit after its creation."""
    acme = history_of_acme.customer_id
    grants.give(acme, kind="trial", credits=Credits(1_000_000), granted_by="key_1", reason="Try")
    db.session.remove()
    return acme


def test_trial_credit_that_was_given_later_is_proved_and_that_of_the_creation_needs_no_entry(
    given_a_trial: str, damaged: Damage
) -> None:
    of_trials = "(select id from grants where kind = 'trial')"
    named = damaged(f"delete from audit_entries where action = 'grant.given' and subject in {of_trials}")
    assert [each for each in named if "I35" in each and "grant.given" in each], named
    unsaid = f"update customers set created_at = (select created_at from grants where id in {of_trials})"
    named = damaged(
        f"{unsaid} where customer_id = '{given_a_trial}'; delete from audit_entries where subject in {of_trials}"
    )
    assert not [each for each in named if "grant.given" in each], named


@pytest.mark.both_databases
def test_a_history_of_everything_passes(app: Flask, history_of_acme: Customer, damaged: Damage) -> None:
    assert damaged("select 1") == []


def test_what_was_deleted_lowered_or_marked_by_hand_is_named(
    app: Flask, history_of_acme: Customer, globex: Customer, damaged: Damage
) -> None:
    unseen = {}
    for invariant, damage, row, words in DAMAGES:
        named = damaged(damage)
        whose = "" if invariant == "I30" else f" {history_of_acme.customer_id}"
        if not any(each.startswith(f"{invariant}{whose}: ") and words in each and f"({row}" in each for each in named):
            unseen[damage] = (invariant, row, words, named)
    assert unseen == {}
    assert damaged("select 1") == []
    assert damaged("delete from authorizations where state = 'refused'") == [], "nothing names a refusal: docs say so"
