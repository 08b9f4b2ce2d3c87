"""How movements are described: the kinds to choose from, what happened in words, and a row of a file."""

from datetime import datetime
from decimal import Decimal

from app import locale
from app.domain.amounts import CreditUnit, finest
from app.domain.catalog import Catalog
from app.domain.grants import BURNING, CLAW_BACKS, SOURCES, is_expired
from app.domain.ledger import OF_INVOICES
from app.domain.money import Credits, Money
from app.domain.payments import decline_sentence, method_name
from app.domain.usage_words import title
from app.models.ledger import Grant
from app.models.payments import Attempt, Payment, PaymentMethod
from app.presenters import taxes
from app.presenters.charts import day_label
from app.presenters.spreadsheets import harmless
from app.presenters.usage_charts import WITHOUT_METER
from app.services.balance.entry import Used
from app.services.balance.history import Entry, Movement

KINDS = {
    "purchased": "Bought credits",
    "promotional": "Promotional credits",
    "trial": "Trial credits",
    "referral": "Referral credits",
    "refund": "Refunded credits",
    "proration": "Unused plan as credits",
    "usage": "Usage",
    "expired": "Expired credits",
    "voided": "Credits withdrawn",
    "correction": "Corrections",
    "refunded": "Refunds",
    "refund_failed": "Failed refunds",
    "disputed": "Disputed payments",
    "dispute_won": "Disputes won",
    "overage_invoiced": "Overage put on invoices",
    "overage_returned": "Overage of void invoices",
    "credit_applied": "Credits applied to invoices",
    "credit_returned": "Credits of void invoices",
}
GROUPS = {
    "purchases": frozenset({"purchased"}),
    "usage": frozenset({"usage", "correction", *OF_INVOICES}),
    "refunds": frozenset({"refunded", "refund_failed", "disputed", "dispute_won", "refund", "proration"}),
    "grants": frozenset({"promotional", "trial", "referral", "expired", "voided"}),
}
"""The quick filters: each kind is in one of them."""
SHEET_HEADER = ["Id", "Description", "Created time (UTC)", "Amount", "Running balance", "Unit", "Kind", "Source"]
HEADER = ["Id", "Description", "Created time", "Amount", "Running balance", "Unit", "Kind", "Source"]
_HAPPENED = {
    "purchased": "{} of credit was bought and added to your balance.",
    "promotional": "{} of promotional credit was given to you.",
    "trial": "{} of trial credit was given to you.",
    "referral": "{} of credit was given to you for a customer you referred.",
    "refund": "{} of credit was given back to you.",
    "proration": "{} of credit was given back to you for a part of what you had paid.",
    "usage": "{} of credit was used.",
    "expired": "{} of credit was not used in time and expired.",
    "voided": "{} of granted credit was withdrawn.",
    "correction": "An earlier movement was wrong. {} of credit was returned to you.",
    "refunded": "A payment was refunded to you. {} of credit that it had bought was removed.",
    "refund_failed": "A refund did not arrive. {} of credit was returned to you.",
    "disputed": "Your bank disputes a payment. {} of credit that it had bought is held until the dispute is decided.",
    "dispute_won": "A payment is no longer disputed. {} of held credit was returned to you.",
    "overage_invoiced": "{} was used below zero and is on an invoice now, which brings the balance back to zero.",
    "overage_returned": "An invoice was voided. {} that had been used below zero is taken off the balance again.",
    "credit_applied": "{} of your credit paid an invoice, or the tax of one.",
    "credit_returned": "An invoice was voided. {} of credit that had paid for it was returned to you.",
}
# What a row of the past means now that the refund or dispute behind it has moved on.
_HAPPENED_SINCE = {
    ("refunded", "pending"): "A refund of a payment is on its way to you. It takes a few days. "
    "{} of credit that it had bought was removed.",
    ("refunded", "failed"): "A payment was refunded to you, but the refund did not arrive. "
    "{} of credit that had been removed was returned to you.",
    ("disputed", "lost"): "Your bank disputed a payment and took the money back. "
    "{} of credit that it had bought was removed for good.",
    ("disputed", "won"): "Your bank disputed a payment, and the dispute was decided for the payment. "
    "{} of credit that was held meanwhile was returned to you.",
}
_STANDINGS = {
    ("refunded", "pending"): "Under way",
    ("refunded", "failed"): "Did not arrive: the credit was returned",
    ("disputed", "open"): "The credit is held until the dispute is decided",
    ("disputed", "lost"): "Lost on {}: the credit was removed for good",
    ("disputed", "won"): "Won on {}: the credit was returned",
}
_REFUNDS = {
    "pending": "Under way",
    "succeeded": "Sent back",
    "failed": "Did not arrive",
    "canceled": "Did not arrive",
}
_DISPUTES = {"open": "Open", "lost": "Lost on {}", "won": "Won on {}: the payment is valid"}
_CAME_BACK = {("refunded", "failed"), ("disputed", "won")}
_PAYMENTS = {
    "created": "Started",
    "pi_created": "Started",
    "confirming": "Waiting for an answer",
    "requires_action": "Waiting for your confirmation at your bank",
    "processing": "Being processed by the bank",
    "succeeded": "Paid",
    "failed": "Failed",
    "canceled": "Cancelled",
    "refunded": "Refunded",
    "disputed": "Lost to a dispute",
}
_ATTEMPTS = {
    "started": "Waiting for an answer",
    "succeeded": "Paid",
    "requires_action": "The bank asks for confirmation",
    "processing": "Being processed by the bank",
    "canceled": "Cancelled",
}


def described(
    entry: Entry, method: PaymentMethod | None, catalog: Catalog, unit: CreditUnit, now: datetime
) -> dict[str, object]:
    """Return what a movement's page says."""
    row, grant, payment = entry.transfer, entry.grant, entry.payment
    shared = sum(part.micros for part, _grant in entry.allocations)
    came_in = row.kind in SOURCES
    state = entry.refund.state if entry.refund else entry.dispute.state if entry.dispute else ""
    return {
        "entry": entry,
        "sentence": _sentence(row.kind, state).format(locale.exact(Credits(row.amount), unit)),
        "change": Credits(row.change_micros or 0),
        "balance_after": Credits(row.balance_after_micros or 0),
        "touched": [] if came_in else [(_named(each), Credits(part.micros)) for part, each in entry.allocations],
        "below_zero": Credits(row.amount - shared) if row.kind in BURNING and row.amount > shared else None,
        "taken_back": row.kind in CLAW_BACKS,
        "came_back": (row.kind, _ended(state)) in _CAME_BACK,
        "refund": entry.refund,
        "refund_state": _REFUNDS.get(state, "") if entry.refund else "",
        "dispute": entry.dispute,
        "dispute_state": _on(_DISPUTES[state], entry.dispute.closed_at) if entry.dispute else "",
        "used": [
            (*counted(each, catalog), each.meter or WITHOUT_METER, each, Credits(each.micros)) for each in entry.used
        ],
        "decimals": finest(Credits(each.micros) for each in entry.used),
        "booked": Credits(row.amount) if row.amount != sum(each.micros for each in entry.used) else None,
        "paid_back": Credits(shared) if came_in and shared else None,
        "given_by": _giver(grant, catalog) if grant else "",
        "grant_kind": KINDS[grant.kind] if grant else "",
        "granted": Credits(grant.micros) if grant else None,
        "grant_left": Credits(grant.remaining_micros) if grant else None,
        "is_kept": grant is not None and grant.remaining_micros > 0 and is_expired(grant.expires_at, now),
        "paid": Money(payment.received_minor or payment.amount_minor, payment.currency) if payment else None,
        "order": taxes.of_payment(payment) if payment else None,
        "payment_state": _payment_state(payment) if payment else "",
        "method": method_name(method.brand, method.last4) if method else method_name(payment.rail) if payment else "",
        "attempts": [(attempt, _outcome(attempt, payment.rail)) for attempt in entry.attempts] if payment else [],
    }


def standing(row: Movement) -> str:
    """Return where the refund or dispute behind a row of the past stands now; nothing when the row says it all."""
    return _on(_STANDINGS.get((row.kind, _ended(row.state)), ""), row.decided_at)


def csv_row(row: Movement, unit: str) -> list[str]:
    """Return the movement as a row of a CSV file: texts made harmless, amounts as plain signed numbers."""
    return [
        row.id,
        harmless(row.description),
        written_time(row),
        number(row.change),
        number(row.balance_after),
        harmless(unit),
        row.kind,
        harmless(f"{row.source_type}:{row.source_id}"),
    ]


def sheet_row(row: Movement, unit: str) -> list[str | Decimal | datetime]:
    """Return the movement as typed cells of a spreadsheet: texts as they are, amounts as numbers, times as times."""
    return [
        row.id,
        row.description,
        row.booked_at.replace(microsecond=0),
        row.change.units,
        row.balance_after.units,
        unit,
        row.kind,
        f"{row.source_type}:{row.source_id}",
    ]


def json_row(row: Movement, unit: str) -> dict[str, object]:
    """Return the movement as the Billing API writes it: credits as decimal strings."""
    return {
        "id": row.id,
        "sequence": row.sequence,
        "description": row.description,
        "created_at": written_time(row),
        "amount": number(row.change),
        "balance_after": number(row.balance_after),
        "credit_unit": unit,
        "kind": row.kind,
        "source": {"type": row.source_type, "id": row.source_id},
    }


def counted(used: Used, catalog: Catalog) -> tuple[str, str]:
    """Return what the meter is called, and how much it counted in its unit."""
    meter = catalog.meter(used.meter)
    if meter is None:
        return title(catalog, used.meter), locale.whole(used.quantity) if used.meter else ""
    return meter.title, locale.counted(used.quantity, meter.unit)


def _sentence(kind: str, state: str) -> str:
    return _HAPPENED_SINCE.get((kind, _ended(state)), _HAPPENED.get(kind, "{} of credit moved."))


def _ended(state: str) -> str:
    """Return the state, one word for the two in which a refund did not arrive."""
    return "failed" if state == "canceled" else state


def _on(words: str, moment: datetime | None) -> str:
    return words.format(f"{day_label(moment.date())} {moment.year}" if moment else "")


def _payment_state(payment: Payment) -> str:
    words = _PAYMENTS[payment.state]
    return f"{words}, and disputed now" if payment.state == "succeeded" and payment.disputed_minor else words


def number(value: Credits) -> str:
    """Return the amount as a plain signed number."""
    return f"{value.units:.6f}"


def written_time(row: Movement) -> str:
    """Return when the movement was booked, as files write it."""
    return f"{row.booked_at:%Y-%m-%dT%H:%M:%SZ}"


def _giver(grant: Grant, catalog: Catalog) -> str:
    return catalog.seller_name if grant.granted_by in {"seller", "catalog"} else grant.granted_by


def _named(grant: Grant) -> str:
    words = f"{KINDS[grant.kind]} of {day_label(grant.effective_at.date())} {grant.effective_at.year}"
    return f"{words}: {grant.reason}" if grant.reason else words


def _outcome(attempt: Attempt, rail: str) -> str:
    return decline_sentence(attempt.code, rail) if attempt.state == "declined" else _ATTEMPTS[attempt.state]
