"""Activity: what each entry of the audit trail is called, where it belongs, and what may be undone.

Every action that the code records has its line here.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.language import marked

UNDO_WITHIN = timedelta(hours=24)


class Area(StrEnum):
    """What an entry is about."""

    PEOPLE = "people"
    SIGN_IN = "sign_in"
    LIMITS = "limits"
    NOTIFICATIONS = "notifications"
    INVOICING = "invoicing"
    PAYMENTS = "payments"
    CREDIT = "credit"
    PLAN = "plan"


AREAS: Mapping[Area, str] = {
    Area.PEOPLE: marked("Members and access"),
    Area.SIGN_IN: marked("Members' own accounts"),
    Area.LIMITS: marked("Limits and auto-recharge"),
    Area.NOTIFICATIONS: marked("Notifications"),
    Area.INVOICING: marked("Invoices and tax"),
    Area.PAYMENTS: marked("Payments"),
    Area.CREDIT: marked("Credit"),
    Area.PLAN: marked("Plan"),
}
_SENTENCES: Mapping[Area, Mapping[str, str]] = {
    Area.PEOPLE: {
        "member.created": marked("Made a member"),
        "member.invited": marked("Invited somebody"),
        "member.invited_again": marked("Sent an invitation again"),
        "member.invitation_withdrawn": marked("Withdrew an invitation"),
        "member.joined": marked("Joined"),
        "member.role_changed": marked("Changed a member's role"),
        "member.removed": marked("Removed a member"),
        "member.disabled": marked("Disabled a member"),
        "member.enabled": marked("Let a disabled member sign in again"),
        "access_link.created": marked("Made a read-only link"),
        "access_link.opened": marked("Opened a read-only link"),
        "access_link.revoked": marked("Revoked a read-only link"),
        "customer.created": marked("Opened the account"),
        "customer.changed": marked("Changed the account"),
        "customer.moved": marked("Moved the account to other terms"),
        "referral.joined": marked("Joined by a referral link"),
        "referral_code.created": marked("Made the referral link"),
    },
    Area.SIGN_IN: {
        "profile.changed": marked("Changed their own profile"),
        "password.changed": marked("Changed their own password"),
        "password.set": marked("Chose their own password"),
        "email.change_asked": marked("Asked for another e-mail address of their own"),
        "email.change_canceled": marked("Kept their own e-mail address after all"),
        "email.changed": marked("Changed their own e-mail address"),
        "member.deleted": marked("Ended their own account"),
        "two_factor.on": marked("Switched their own two-factor sign-in on"),
        "two_factor.off": marked("Switched their own two-factor sign-in off"),
        "two_factor.reset": marked("Reset a member's two-factor sign-in and passkeys"),
        "recovery_codes.made": marked("Made new recovery codes of their own"),
        "recovery_code.used": marked("Signed in with a recovery code"),
        "passkey.added": marked("Added a passkey of their own"),
        "passkey.removed": marked("Removed a passkey of their own"),
        "identity.linked": marked("Linked an account of their own elsewhere"),
        "identity.unlinked": marked("Unlinked an account of their own elsewhere"),
        "session.ended": marked("Ended one of their own sessions"),
        "sessions.ended": marked("Ended their other sessions"),
        "api_token.created": marked("Made an API token of their own"),
        "api_token.revoked": marked("Revoked an API token of their own"),
        "ssh_key.added": marked("Added an SSH key of their own"),
        "ssh_key.removed": marked("Removed an SSH key of their own"),
    },
    Area.LIMITS: {
        "spend_management.changed": marked("Changed the limits of Spend management"),
        "auto_recharge.changed": marked("Changed auto-recharge"),
        "auto_recharge.answered": marked("Answered whether an automatic charge may be made"),
    },
    Area.NOTIFICATIONS: {
        "usage_alerts.changed": marked("Changed the usage alerts"),
        "usage_alerts.asked_again": marked("Asked an address for usage alerts again"),
        "usage_alerts.confirmed": marked("Confirmed an address for usage alerts"),
        "usage_alerts.stopped": marked("Stopped usage alerts to an address"),
        "digest.switched_on": marked("Switched their weekly digest on"),
        "digest.switched_off": marked("Switched their weekly digest off"),
        "chat.changed": marked("Changed the chat that is notified"),
        "chat.removed": marked("Removed the chat that is notified"),
        "chat.paused": marked("Paused the chat that is notified"),
        "chat.resumed": marked("Resumed the chat that is notified"),
        "chat.tested": marked("Tested the chat that is notified"),
        "chat.disabled": marked("Switched the chat off, as it refuses what is sent"),
        "webhook.changed": marked("Changed the webhook"),
        "webhook.secret_rotated": marked("Made a new secret of the webhook"),
        "webhook.tested": marked("Tested the webhook"),
        "webhook.sent_again": marked("Sent a webhook again"),
        "webhook.disabled": marked("Switched the webhook off, as it refuses what is sent"),
    },
    Area.INVOICING: {
        "invoice_address.changed": marked("Changed the invoice address"),
        "invoice_notifications.changed": marked("Changed who is sent invoices and receipts"),
        "invoice_notifications.asked_again": marked("Asked an address for billing e-mails again"),
        "invoice_recipient.confirmed": marked("Confirmed an address for billing e-mails"),
        "invoice_recipient.stopped": marked("Stopped billing e-mails to an address"),
        "billing_email.changed": marked("Confirmed another billing e-mail"),
        "billing_email.cancelled": marked("Kept the billing e-mail after all"),
        "tax_registration.added": marked("Added a tax number or certificate"),
        "tax_registration.removed": marked("Removed a tax number or certificate"),
        "tax_registration.checked": marked("Checked a tax number or certificate"),
        "tax_registration.verified": marked("Verified a tax number or certificate"),
        "tax_registration.rejected": marked("Rejected a tax number or certificate"),
        "invoice.finalized": marked("Wrote an invoice"),
        "invoice.corrected": marked("Corrected an invoice"),
        "invoice.paid": marked("Paid an invoice"),
        "invoice.paid_from_credit": marked("Paid an invoice from credit"),
        "invoice.voided": marked("Voided an invoice"),
        "invoice.uncollectible": marked("Stopped collecting an invoice"),
        "credit_note.given": marked("Gave a credit note"),
        "pro_forma.created": marked("Ordered by bank transfer"),
        "pro_forma.canceled": marked("Cancelled an order by bank transfer"),
        "pro_forma.expired": marked("Let an order by bank transfer expire"),
        "pro_forma.paid": marked("Received what was ordered by bank transfer"),
        "account.past_due": marked("Found an invoice past due"),
        "account.suspended": marked("Suspended the account"),
        "account.restored": marked("Served the account again"),
    },
    Area.PAYMENTS: {
        "payment_method.added": marked("Saved a payment method"),
        "payment_method.removed": marked("Removed a payment method"),
        "payment_method.replaced": marked("Replaced a payment method"),
        "payment_method.changed": marked("Changed a payment method"),
        "payment_method.made_default": marked("Made a payment method the default"),
        "mandate.accepted": marked("Accepted a mandate"),
        "invoice.payment_ordered": marked("Ordered the payment of an invoice"),
        "top_up.wished": marked("Ordered credit"),
        "payment.succeeded": marked("Received a payment"),
        "payment.failed": marked("Noted that a payment failed"),
        "payment.canceled": marked("Cancelled a payment"),
        "payment.processing": marked("Sent a payment to the bank"),
        "payment.requires_action": marked("Asked for a payment to be confirmed"),
        "payment.resumed": marked("Went on with a payment"),
        "payment.restored": marked("Found a payment again"),
        "refund.wished": marked("Ordered a refund"),
        "refund.pending": marked("Sent a refund to the bank"),
        "refund.succeeded": marked("Refunded a payment"),
        "refund.failed": marked("Noted that a refund failed"),
        "refund.canceled": marked("Cancelled a refund"),
        "refund.requires_action": marked("Asked for a refund to be confirmed"),
        "dispute.opened": marked("Disputed a payment"),
        "dispute.won": marked("Decided a dispute for the seller"),
        "dispute.lost": marked("Decided a dispute for the customer"),
        "cash.returned": marked("Sent a bank transfer back"),
        "cash.return_failed": marked("Noted that a bank transfer could not be sent back"),
    },
    Area.CREDIT: {
        "grant.given": marked("Gave credit"),
        "grant.voided": marked("Took credit back"),
        "credits.granted": marked("Gave credit"),
        "transfer.corrected": marked("Corrected an entry of the balance history"),
    },
    Area.PLAN: {
        "plan.requested": marked("Asked about a plan"),
        "subscription.change_ordered": marked("Ordered a change of plan"),
        "subscription.change_undone": marked("Took a change of plan back"),
        "subscription.changed": marked("Changed the plan"),
        "subscription.renewed": marked("Renewed the plan"),
        "subscription.canceled": marked("Cancelled the plan"),
        "subscription.kept": marked("Kept the plan after all"),
        "subscription.ended": marked("Ended the plan"),
        "subscription.seats_used": marked("Counted the seats that are used"),
        "subscription.price_announced": marked("Announced other prices of the plan"),
        "subscription.price_changed": marked("Changed the prices of the plan"),
        "subscription.price_change_withdrawn": marked("Withdrew other prices of the plan"),
        "subscription.price_withdrawn": marked("Withdrew other prices of the plan"),
    },
}
SENTENCES: Mapping[str, str] = {action: words for each in _SENTENCES.values() for action, words in each.items()}
OF_AREA: Mapping[Area, frozenset[str]] = {area: frozenset(each) for area, each in _SENTENCES.items()}
AREA_OF: Mapping[str, Area] = {action: area for area, each in _SENTENCES.items() for action in each}
UNKNOWN = marked("Changed something")
UNDOABLE = frozenset(
    {"spend_management.changed", "invoice_address.changed", "invoice_notifications.changed", "usage_alerts.changed"}
)
"""Settings of the customer that are kept as they were before. Decision 0060 says why these, and no others."""


def touched(before: Mapping[str, object], after: Mapping[str, object]) -> frozenset[str]:
    """Return which fields an entry changed."""
    return frozenset(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))


def is_first_address(action: str, before: Mapping[str, object]) -> bool:
    """Say whether the change was the first invoice address: there was none before, and none cannot be kept."""
    return action == "invoice_address.changed" and before.get("country") == ""


def may_undo(action: str, before: Mapping[str, object], at: datetime, now: datetime) -> bool:
    """Say whether the change may be undone, as far as its kind, what was there before and its age say."""
    return action in UNDOABLE and now - at < UNDO_WITHIN and not is_first_address(action, before)
