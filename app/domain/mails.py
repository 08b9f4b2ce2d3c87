"""The mails that there are: what each reports, by the name of its templates."""

from collections.abc import Mapping
from enum import StrEnum

from app.domain import notices
from app.domain.language import _, marked

RECEIPT, PAYMENT_FAILED, ACTION_NEEDED = "receipt", "payment_failed", "action_needed"
INVOICE, CREDIT_NOTE = "invoice", "credit_note"
"""Are sent to recipients of invoices; whoever is sent the receipt of the payment reads there of its invoice."""
REFUND_RECEIPT, PAID_FROM_CREDIT = "refund_receipt", "paid_from_credit"
"""What went back of a payment that has a receipt, and what credit has paid of an invoice: to recipients of receipts."""
TRANSFER_RECEIVED = "transfer_received"
"""A bank transfer of which not all could be used."""
PRO_FORMA = "pro_forma"
"""Something was ordered that waits for a bank transfer: how much to send, and the pro-forma."""
MANDATE = "mandate"
"""A bank account was saved, with the mandate to debit it that was accepted."""
TAX_NUMBER_REJECTED = "tax_number_rejected"
"""A tax number or certificate that was verified counts no more."""
YEAR_FILES = "year_files"
"""All files of a year are there: to the member who waits for them."""
PO_NUMBER_MISSING = "po_number_missing"
"""An invoice was written without anybody there, and lacks the order number that it needs."""
PLAN_CHANGED, PLAN_SCHEDULED = "plan_changed", "plan_scheduled"
PLAN_CANCELED, PLAN_NOT_CHANGED = "plan_canceled", "plan_not_changed"
"""It ends with what is paid; what was paid for a change goes back, as it could not be made any more."""
PLAN_UNDONE, PLAN_KEPT = "plan_undone", "plan_kept"
"""A change that was ordered is not made, or was taken back; a plan that was cancelled goes on after all."""
PLAN_REQUEST = "plan_request"
"""To the seller: what a member asks about a plan that is sold on request."""
TO_THE_SELLER = frozenset({PLAN_REQUEST})
OF_PLANS = frozenset(
    {PLAN_CHANGED, PLAN_SCHEDULED, PLAN_CANCELED, PLAN_NOT_CHANGED, PLAN_UNDONE, PLAN_KEPT, PLAN_REQUEST}
)
PRICE_CHANGE, PRICE_CHANGE_WITHDRAWN = "price_change", "price_change_withdrawn"
"""The plan has other terms from a day on; after all it has not: to whoever was sent the first."""
OF_PAYMENTS = frozenset({RECEIPT, PAYMENT_FAILED, ACTION_NEEDED})
CONFIRM_EMAIL = "confirm_email"
"""Asks an address whether usage alerts are welcome there."""
AUTO_RECHARGE_LIMIT, AUTO_RECHARGE_STOPPED = "auto_recharge_limit", "auto_recharge_stopped"
AUTO_RECHARGE_ASKS = "auto_recharge_asks"
OF_AUTO_RECHARGE = frozenset({AUTO_RECHARGE_LIMIT, AUTO_RECHARGE_STOPPED, AUTO_RECHARGE_ASKS})
INVOICE_UNPAID, ACCOUNT_SUSPENDED, ACCOUNT_RESTORED = "invoice_unpaid", "account_suspended", "account_restored"
OF_STANDING = frozenset({INVOICE_UNPAID, ACCOUNT_SUSPENDED, ACCOUNT_RESTORED})
CONFIRM_BILLING_EMAIL, BILLING_EMAIL_CHANGED = "confirm_billing_email", "billing_email_changed"
"""Asks an address whether bills or mails about them are welcome there; is sent to the one that was used before."""
TWO_FACTOR_ON, TWO_FACTOR_OFF, TWO_FACTOR_RESET = "two_factor_on", "two_factor_off", "two_factor_reset"
RECOVERY_CODES_MADE, RECOVERY_CODE_USED = "recovery_codes_made", "recovery_code_used"
PASSKEY_ADDED, PASSKEY_REMOVED = "passkey_added", "passkey_removed"
_OF_SECOND_FACTORS = frozenset({TWO_FACTOR_ON, TWO_FACTOR_OFF, TWO_FACTOR_RESET, RECOVERY_CODES_MADE})
_OF_SECOND_FACTORS |= {RECOVERY_CODE_USED, PASSKEY_ADDED, PASSKEY_REMOVED}
PASSWORD_CHANGED, PASSWORD_RESET = "password_changed", "password_reset"
"""A password was chosen; the link by which one is chosen, for whoever forgot theirs or has none."""
CONFIRM_SIGN_IN_EMAIL, SIGN_IN_EMAIL_CHANGED = "confirm_sign_in_email", "sign_in_email_changed"
"""Asks a new address whether it is the member's; is sent to the one before."""
MEMBER_DELETED = "member_deleted"
IDENTITY_LINKED, IDENTITY_UNLINKED = "identity_linked", "identity_unlinked"
API_TOKEN_MADE, SSH_KEY_ADDED = "api_token_made", "ssh_key_added"
OF_SIGN_IN = frozenset({PASSWORD_CHANGED, PASSWORD_RESET, CONFIRM_SIGN_IN_EMAIL, SIGN_IN_EMAIL_CHANGED, MEMBER_DELETED})
OF_SIGN_IN |= {API_TOKEN_MADE, SSH_KEY_ADDED}
OF_SIGN_IN |= _OF_SECOND_FACTORS | {IDENTITY_LINKED, IDENTITY_UNLINKED}
"""To the member whom they are about, by `outbox/member_mails`: each change of a way in is one."""
INVITATION = "invitation"
"""Asks an address to act for a customer."""
OF_ADDRESSES = frozenset({CONFIRM_EMAIL, CONFIRM_BILLING_EMAIL, BILLING_EMAIL_CHANGED, INVITATION})


class Topic(StrEnum):
    """What more recipients may be sent, beside the billing e-mail that is sent everything."""

    RECEIPTS = "receipts"
    INVOICES = "invoices"
    PAYMENT_PROBLEMS = "payment_problems"


_NAMES = {
    Topic.RECEIPTS: marked("receipts"),
    Topic.INVOICES: marked("invoices"),
    Topic.PAYMENT_PROBLEMS: marked("e-mails about payment problems"),
}


def listed(topics: frozenset[Topic]) -> str:
    """Return what is sent, in words: `receipts and invoices`."""
    names = [_(_NAMES[each]) for each in Topic if each in topics]
    return _("{some} and {last}", some=", ".join(names[:-1]), last=names[-1]) if len(names) > 1 else "".join(names)


TOPICS: Mapping[str, Topic] = {
    RECEIPT: Topic.RECEIPTS,
    INVOICE: Topic.INVOICES,
    CREDIT_NOTE: Topic.INVOICES,
    REFUND_RECEIPT: Topic.RECEIPTS,
    PAID_FROM_CREDIT: Topic.RECEIPTS,
    PRO_FORMA: Topic.INVOICES,
    PAYMENT_FAILED: Topic.PAYMENT_PROBLEMS,
    AUTO_RECHARGE_STOPPED: Topic.PAYMENT_PROBLEMS,
    INVOICE_UNPAID: Topic.PAYMENT_PROBLEMS,
    ACCOUNT_SUSPENDED: Topic.PAYMENT_PROBLEMS,
    ACCOUNT_RESTORED: Topic.PAYMENT_PROBLEMS,
}
"""Which mails are about what. The link of `action_needed` works without signing in: it goes to the billing e-mail."""
OF_NOTICES = frozenset(notices.MAILS.values())
WEEKLY_DIGEST = "weekly_digest"
"""What a member who asked for it reads each Monday."""
OF_DOCUMENTS = frozenset({INVOICE, CREDIT_NOTE, REFUND_RECEIPT})
OF_PAPERS = frozenset({PRO_FORMA, MANDATE})
_OTHERS = (
    frozenset({WEEKLY_DIGEST, TRANSFER_RECEIVED, TAX_NUMBER_REJECTED, PO_NUMBER_MISSING, YEAR_FILES, PRICE_CHANGE})
    | {PAID_FROM_CREDIT, PRICE_CHANGE_WITHDRAWN}
    | OF_PAPERS
)
KINDS = (
    OF_PAYMENTS | OF_NOTICES | OF_AUTO_RECHARGE | OF_ADDRESSES | OF_DOCUMENTS | OF_PLANS | OF_STANDING | OF_SIGN_IN
    | _OTHERS
)  # fmt: skip
TITLES = {
    RECEIPT: "Receipt",
    INVOICE: "Invoice",
    CREDIT_NOTE: "Credit note",
    REFUND_RECEIPT: "Refund receipt",
    PAID_FROM_CREDIT: "Your credit paid an invoice",
    TRANSFER_RECEIVED: "We received your bank transfer",
    PRO_FORMA: "Your order waits for your bank transfer",
    MANDATE: "Your SEPA Direct Debit mandate",
    PRICE_CHANGE: "The price of your plan changes",
    PRICE_CHANGE_WITHDRAWN: "The price of your plan stays",
    YEAR_FILES: "Your files of a year are there",
    PO_NUMBER_MISSING: "An invoice lacks your order number",
    TAX_NUMBER_REJECTED: "A tax registration counts no more",
    PAYMENT_FAILED: "Your payment did not go through",
    ACTION_NEEDED: "Confirm your payment",
    CONFIRM_EMAIL: "Usage alerts: confirm your address",
    CONFIRM_BILLING_EMAIL: "Billing e-mails: confirm your address",
    INVITATION: "You are invited",
    BILLING_EMAIL_CHANGED: "The billing e-mail was changed",
    PLAN_CHANGED: "Your plan is changed",
    PLAN_SCHEDULED: "A change of your plan is scheduled",
    PLAN_CANCELED: "Your plan is cancelled",
    PLAN_NOT_CHANGED: "Your plan was not changed",
    PLAN_UNDONE: "A change of your plan is taken back",
    PLAN_KEPT: "Your plan goes on",
    PLAN_REQUEST: "A customer asks about a plan",
    AUTO_RECHARGE_LIMIT: "The limit of automatic charges",
    AUTO_RECHARGE_STOPPED: "Auto-recharge has stopped",
    AUTO_RECHARGE_ASKS: "An automatic charge waits for your yes",
    INVOICE_UNPAID: "An invoice is not paid",
    ACCOUNT_SUSPENDED: "Your account is suspended",
    ACCOUNT_RESTORED: "Your account is served again",
    notices.MAILS[notices.DAILY_THRESHOLD]: "Your e-mail threshold is reached",
    notices.MAILS[notices.DAILY_LIMIT]: "Your daily limit is reached",
    notices.MAILS[notices.BALANCE_LOW]: "Your balance is low",
    notices.MAILS[notices.BALANCE_DEPLETED]: "No credit is left",
    notices.MAILS[notices.USAGE_ALERT]: "Usage alert",
    notices.MAILS[notices.BALANCE_RECOVERED]: "Credit has recovered",
    notices.MAILS[notices.CREDITS_EXPIRING]: "Credit expires soon",
    WEEKLY_DIGEST: "Your week",
    TWO_FACTOR_ON: "Two-factor sign-in is on",
    TWO_FACTOR_OFF: "Two-factor sign-in is off",
    TWO_FACTOR_RESET: "Your second factors were reset",
    RECOVERY_CODES_MADE: "You have new recovery codes",
    RECOVERY_CODE_USED: "A recovery code was used",
    PASSKEY_ADDED: "A passkey was added",
    PASSKEY_REMOVED: "A passkey was removed",
    PASSWORD_CHANGED: "Your password was changed",
    PASSWORD_RESET: "Choose a new password",
    CONFIRM_SIGN_IN_EMAIL: "Confirm your new e-mail address",
    SIGN_IN_EMAIL_CHANGED: "Your e-mail address was changed",
    MEMBER_DELETED: "Your account is deleted",
    API_TOKEN_MADE: "An API token was made",
    SSH_KEY_ADDED: "An SSH key was added",
    IDENTITY_LINKED: "An account was linked",
    IDENTITY_UNLINKED: "An account was unlinked",
}
"""What each is called while it has no subject: one that was never sent has no figures to name."""
