"""The mails that there are: what each reports, by the name of its templates."""

from app.domain import notices

RECEIPT, PAYMENT_FAILED, ACTION_NEEDED = "receipt", "payment_failed", "action_needed"
OF_PAYMENTS = frozenset({RECEIPT, PAYMENT_FAILED, ACTION_NEEDED})
CONFIRM_EMAIL = "confirm_email"
"""Asks an address whether usage alerts are welcome there."""
OF_NOTICES = frozenset(notices.MAILS.values())
KINDS = OF_PAYMENTS | OF_NOTICES | {CONFIRM_EMAIL}
