"""The mails that there are: what each reports, by the name of its templates."""

from app.domain import notices

RECEIPT, PAYMENT_FAILED, ACTION_NEEDED = "receipt", "payment_failed", "action_needed"
OF_PAYMENTS = frozenset({RECEIPT, PAYMENT_FAILED, ACTION_NEEDED})
CONFIRM_EMAIL = "confirm_email"
"""Asks an address whether usage alerts are welcome there."""
AUTO_RECHARGE_LIMIT, AUTO_RECHARGE_STOPPED = "auto_recharge_limit", "auto_recharge_stopped"
AUTO_RECHARGE_ASKS = "auto_recharge_asks"
OF_AUTO_RECHARGE = frozenset({AUTO_RECHARGE_LIMIT, AUTO_RECHARGE_STOPPED, AUTO_RECHARGE_ASKS})
OF_NOTICES = frozenset(notices.MAILS.values())
KINDS = OF_PAYMENTS | OF_NOTICES | OF_AUTO_RECHARGE | {CONFIRM_EMAIL}
TITLES = {
    RECEIPT: "Receipt",
    PAYMENT_FAILED: "Your payment did not go through",
    ACTION_NEEDED: "Confirm your payment",
    CONFIRM_EMAIL: "Usage alerts: confirm your address",
    AUTO_RECHARGE_LIMIT: "The limit of automatic charges",
    AUTO_RECHARGE_STOPPED: "Auto-recharge has stopped",
    AUTO_RECHARGE_ASKS: "An automatic charge waits for your yes",
    notices.MAILS[notices.DAILY_THRESHOLD]: "Your e-mail threshold is reached",
    notices.MAILS[notices.DAILY_LIMIT]: "Your daily limit is reached",
    notices.MAILS[notices.BALANCE_LOW]: "Your balance is low",
    notices.MAILS[notices.BALANCE_DEPLETED]: "No credit is left",
    notices.MAILS[notices.USAGE_ALERT]: "Usage alert",
    notices.MAILS[notices.CREDITS_EXPIRING]: "Credit expires soon",
}
"""What each is called while it has no subject: one that was never sent has no figures to name."""
