"""Each event that is sent out, with the story that causes it."""

from tests.support.event_stories import (
    Story,
    a_balance,
    a_daily_limit,
    a_payment_of_another_amount,
    a_payment_that_fails,
    a_purchase,
    a_refund_that_comes_back,
    a_usage_alert,
    an_automatic_charge_that_the_bank_asks_about,
    an_invoice_that_is_not_paid,
    an_invoice_that_is_void,
    automatic_charges,
    automatic_charges_that_fail,
    certificates,
    credit_that_expires,
    disputes,
    plans_that_change,
    prices_that_change,
    transfers_of_a_bank,
)
from tests.support.people_stories import a_newsletter, a_team, an_ssh_key, another_address

OF_STORIES: dict[Story, tuple[str, ...]] = {
    a_daily_limit: ("spend.threshold_reached", "spend.daily_limit_reached", "spend.daily_limit_reset"),
    a_usage_alert: ("usage.alert",),
    a_newsletter: ("member.newsletter_changed",),
    another_address: ("member.email_changed",),
    an_ssh_key: ("ssh_key.added", "ssh_key.removed"),
    a_team: ("member.invited", "member.joined", "member.role_changed", "member.removed"),
    a_balance: ("balance.low", "balance.depleted", "balance.recovered"),
    credit_that_expires: ("credits.expiring", "credits.expired"),
    a_purchase: ("credits.granted", "invoice.finalized", "invoice.paid", "invoice.corrected", "refund.created"),
    a_refund_that_comes_back: ("refund.failed",),
    a_payment_that_fails: ("payment.failed",),
    a_payment_of_another_amount: ("payment.needs_review",),
    disputes: ("dispute.opened", "dispute.won", "dispute.lost"),
    automatic_charges: ("auto_recharge.succeeded", "auto_recharge.limit_80", "auto_recharge.limit_100"),
    automatic_charges_that_fail: ("auto_recharge.failed", "auto_recharge.suspended"),
    an_automatic_charge_that_the_bank_asks_about: ("payment.requires_action",),
    an_invoice_that_is_not_paid: ("invoice.overdue", "account.past_due", "account.suspended", "account.restored"),
    an_invoice_that_is_void: ("invoice.voided",),
    transfers_of_a_bank: (
        "pro_forma.created", "pro_forma.canceled", "pro_forma.expired", "bank_transfer.received", "bank_transfer.returned",
    ),
    plans_that_change: (
        "subscription.changed", "subscription.canceled", "subscription.kept", "subscription.scheduled",
        "subscription.renewed", "subscription.ended",
    ),
    prices_that_change: ("subscription.price_announced", "subscription.price_withdrawn", "subscription.price_changed"),
    certificates: ("tax_registration.submitted", "tax_registration.verified", "tax_registration.rejected"),
}  # fmt: skip
"""Each story with the events that it is there for; it may cause others too."""
