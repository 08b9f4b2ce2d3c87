"""Activity: what each entry of the audit trail is called, where it belongs, and which of its values people may read.

Every action that the code records has its line here; what has no label in `FIELDS` is shown nowhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

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
    Area.PEOPLE: "Members and access",
    Area.SIGN_IN: "Members' own accounts",
    Area.LIMITS: "Limits and auto-recharge",
    Area.NOTIFICATIONS: "Notifications",
    Area.INVOICING: "Invoices and tax",
    Area.PAYMENTS: "Payments",
    Area.CREDIT: "Credit",
    Area.PLAN: "Plan",
}
_SENTENCES: Mapping[Area, Mapping[str, str]] = {
    Area.PEOPLE: {
        "member.created": "Made a member",
        "member.invited": "Invited somebody",
        "member.invited_again": "Sent an invitation again",
        "member.invitation_withdrawn": "Withdrew an invitation",
        "member.joined": "Joined",
        "member.role_changed": "Changed a member's role",
        "member.removed": "Removed a member",
        "access_link.created": "Made a read-only link",
        "access_link.opened": "Opened a read-only link",
        "access_link.revoked": "Revoked a read-only link",
        "customer.created": "Opened the account",
        "customer.changed": "Changed the account",
        "customer.moved": "Moved the account to other terms",
        "referral.joined": "Joined by a referral link",
        "referral_code.created": "Made the referral link",
    },
    Area.SIGN_IN: {
        "profile.changed": "Changed their own profile",
        "password.changed": "Changed their own password",
        "password.set": "Chose their own password",
        "email.change_asked": "Asked for another e-mail address of their own",
        "email.change_canceled": "Kept their own e-mail address after all",
        "email.changed": "Changed their own e-mail address",
        "member.deleted": "Ended their own account",
        "two_factor.on": "Switched their own two-factor sign-in on",
        "two_factor.off": "Switched their own two-factor sign-in off",
        "two_factor.reset": "Reset a member's two-factor sign-in and passkeys",
        "recovery_codes.made": "Made new recovery codes of their own",
        "recovery_code.used": "Signed in with a recovery code",
        "passkey.added": "Added a passkey of their own",
        "passkey.removed": "Removed a passkey of their own",
        "session.ended": "Ended one of their own sessions",
        "sessions.ended": "Ended their other sessions",
        "api_token.created": "Made an API token of their own",
        "api_token.revoked": "Revoked an API token of their own",
        "ssh_key.added": "Added an SSH key of their own",
        "ssh_key.removed": "Removed an SSH key of their own",
    },
    Area.LIMITS: {
        "spend_management.changed": "Changed the limits of Spend management",
        "auto_recharge.changed": "Changed auto-recharge",
        "auto_recharge.answered": "Answered whether an automatic charge may be made",
    },
    Area.NOTIFICATIONS: {
        "usage_alerts.changed": "Changed the usage alerts",
        "usage_alerts.asked_again": "Asked an address for usage alerts again",
        "usage_alerts.confirmed": "Confirmed an address for usage alerts",
        "usage_alerts.stopped": "Stopped usage alerts to an address",
        "digest.switched_on": "Switched their weekly digest on",
        "digest.switched_off": "Switched their weekly digest off",
        "chat.changed": "Changed the chat that is notified",
        "chat.removed": "Removed the chat that is notified",
        "chat.paused": "Paused the chat that is notified",
        "chat.resumed": "Resumed the chat that is notified",
        "chat.tested": "Tested the chat that is notified",
        "chat.disabled": "Switched the chat off, as it refuses what is sent",
        "webhook.changed": "Changed the webhook",
        "webhook.secret_rotated": "Made a new secret of the webhook",
        "webhook.tested": "Tested the webhook",
        "webhook.sent_again": "Sent a webhook again",
        "webhook.disabled": "Switched the webhook off, as it refuses what is sent",
    },
    Area.INVOICING: {
        "invoice_address.changed": "Changed the invoice address",
        "invoice_notifications.changed": "Changed who is sent invoices and receipts",
        "invoice_notifications.asked_again": "Asked an address for billing e-mails again",
        "invoice_recipient.confirmed": "Confirmed an address for billing e-mails",
        "invoice_recipient.stopped": "Stopped billing e-mails to an address",
        "billing_email.changed": "Confirmed another billing e-mail",
        "billing_email.cancelled": "Kept the billing e-mail after all",
        "tax_registration.added": "Added a tax number or certificate",
        "tax_registration.removed": "Removed a tax number or certificate",
        "tax_registration.checked": "Checked a tax number or certificate",
        "tax_registration.verified": "Verified a tax number or certificate",
        "tax_registration.rejected": "Rejected a tax number or certificate",
        "invoice.finalized": "Wrote an invoice",
        "invoice.corrected": "Corrected an invoice",
        "invoice.paid": "Paid an invoice",
        "invoice.paid_from_credit": "Paid an invoice from credit",
        "invoice.voided": "Voided an invoice",
        "invoice.uncollectible": "Stopped collecting an invoice",
        "credit_note.given": "Gave a credit note",
        "pro_forma.created": "Ordered by bank transfer",
        "pro_forma.canceled": "Cancelled an order by bank transfer",
        "pro_forma.expired": "Let an order by bank transfer expire",
        "pro_forma.paid": "Received what was ordered by bank transfer",
        "account.past_due": "Found an invoice past due",
        "account.suspended": "Suspended the account",
        "account.restored": "Served the account again",
    },
    Area.PAYMENTS: {
        "payment_method.added": "Saved a payment method",
        "payment_method.removed": "Removed a payment method",
        "payment_method.replaced": "Replaced a payment method",
        "payment_method.changed": "Changed a payment method",
        "payment_method.made_default": "Made a payment method the default",
        "mandate.accepted": "Accepted a mandate",
        "invoice.payment_ordered": "Ordered the payment of an invoice",
        "top_up.wished": "Ordered credit",
        "payment.succeeded": "Received a payment",
        "payment.failed": "Noted that a payment failed",
        "payment.canceled": "Cancelled a payment",
        "payment.processing": "Sent a payment to the bank",
        "payment.requires_action": "Asked for a payment to be confirmed",
        "payment.resumed": "Went on with a payment",
        "payment.restored": "Found a payment again",
        "refund.wished": "Ordered a refund",
        "refund.pending": "Sent a refund to the bank",
        "refund.succeeded": "Refunded a payment",
        "refund.failed": "Noted that a refund failed",
        "refund.canceled": "Cancelled a refund",
        "refund.requires_action": "Asked for a refund to be confirmed",
        "dispute.opened": "Disputed a payment",
        "dispute.won": "Decided a dispute for the seller",
        "dispute.lost": "Decided a dispute for the customer",
        "cash.returned": "Sent a bank transfer back",
        "cash.return_failed": "Noted that a bank transfer could not be sent back",
    },
    Area.CREDIT: {
        "grant.given": "Gave credit",
        "grant.voided": "Took credit back",
        "credits.granted": "Gave credit",
        "transfer.corrected": "Corrected an entry of the balance history",
    },
    Area.PLAN: {
        "plan.requested": "Asked about a plan",
        "subscription.change_ordered": "Ordered a change of plan",
        "subscription.change_undone": "Took a change of plan back",
        "subscription.changed": "Changed the plan",
        "subscription.renewed": "Renewed the plan",
        "subscription.canceled": "Cancelled the plan",
        "subscription.kept": "Kept the plan after all",
        "subscription.ended": "Ended the plan",
        "subscription.seats_used": "Counted the seats that are used",
        "subscription.price_announced": "Announced other prices of the plan",
        "subscription.price_changed": "Changed the prices of the plan",
        "subscription.price_change_withdrawn": "Withdrew other prices of the plan",
        "subscription.price_withdrawn": "Withdrew other prices of the plan",
    },
}
SENTENCES: Mapping[str, str] = {action: words for each in _SENTENCES.values() for action, words in each.items()}
OF_AREA: Mapping[Area, frozenset[str]] = {area: frozenset(each) for area, each in _SENTENCES.items()}
AREA_OF: Mapping[str, Area] = {action: area for area, each in _SENTENCES.items() for action in each}
UNKNOWN = "Changed something"

FIELDS: Mapping[str, str] = {
    "role": "role",
    "email": "e-mail address",
    "name": "name",
    "expires_at": "good until",
    "enabled": "switched on",
    "daily_limit_micros": "daily limit",
    "notify_threshold_micros": "e-mail threshold",
    "threshold_micros": "recharged below",
    "amount_minor": "amount",
    "period_limit_minor": "limit of a month",
    "pack": "pack",
    "quiet_from": "quiet from",
    "quiet_until": "quiet until",
    "time_zone": "time zone",
    "language": "language",
    "ask_above_minor": "asked above",
    "alerts": "alerts",
    "emails": "addresses",
    "billing_email": "billing e-mail",
    "pending": "to be confirmed",
    "recipients": "more recipients",
    "company": "company",
    "line1": "address",
    "line2": "address, second line",
    "city": "city",
    "postal_code": "postal code",
    "region": "region",
    "country": "country",
    "po_number": "PO number",
    "buyer_reference": "buyer reference",
    "url": "address",
    "number": "number",
    "plan": "plan",
    "interval": "billed",
    "seats": "seats",
    "seats_used": "seats used",
    "standing": "standing",
    "credits_micros": "credits",
}
UNDOABLE = frozenset(
    {"spend_management.changed", "invoice_address.changed", "invoice_notifications.changed", "usage_alerts.changed"}
)
"""Settings of the customer that are kept as they were before. Decision 0060 says why these, and no others."""


@dataclass(frozen=True)
class Changed:
    """One value of an entry, before and after."""

    key: str
    before: object
    after: object


def changes(action: str, before: Mapping[str, object], after: Mapping[str, object]) -> list[Changed]:
    """Return the values of an entry that people may read and that changed; of a member's own account none."""
    if AREA_OF.get(action) is Area.SIGN_IN:
        return []
    return [
        Changed(key, before.get(key), after.get(key))
        for key in FIELDS
        if _or_none(before.get(key)) != _or_none(after.get(key))
    ]


def _or_none(value: object) -> object:
    return None if value in ("", [], {}) else value


def touched(before: Mapping[str, object], after: Mapping[str, object]) -> frozenset[str]:
    """Return which fields an entry changed."""
    return frozenset(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))


def is_first_address(action: str, before: Mapping[str, object]) -> bool:
    """Say whether the change was the first invoice address: there was none before, and none cannot be kept."""
    return action == "invoice_address.changed" and before.get("country") == ""


def may_undo(action: str, before: Mapping[str, object], at: datetime, now: datetime) -> bool:
    """Say whether the change may be undone, as far as its kind, what was there before and its age say."""
    return action in UNDOABLE and now - at < UNDO_WITHIN and not is_first_address(action, before)
