"""How movements are described: the kinds to choose from, what happened in words, and a row of a file."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from app import locale
from app.domain.amounts import CreditUnit, finest
from app.domain.catalog import Catalog
from app.domain.grants import BURNING, CLAW_BACKS, SOURCES, is_expired
from app.domain.language import _, marked
from app.domain.ledger import OF_INVOICES
from app.domain.money import Credits, Money, six_decimals
from app.domain.payments import decline_sentence, method_name
from app.domain.usage_words import title, without_a_meter
from app.models.ledger import Grant
from app.models.payments import Attempt, Payment, PaymentMethod
from app.presenters import taxes
from app.presenters.kept import movements
from app.presenters.spreadsheets import cells
from app.presenters.usage_charts import WITHOUT_METER
from app.services.balance.entry import Used
from app.services.balance.history import Entry, Movement, WrittenRow

KINDS = {
    "purchased": marked("Bought credits"),
    "promotional": marked("Promotional credits"),
    "trial": marked("Trial credits"),
    "referral": marked("Referral credits"),
    "refund": marked("Refunded credits"),
    "proration": marked("Unused plan as credits"),
    "usage": marked("Usage"),
    "expired": marked("Expired credits"),
    "voided": marked("Credits withdrawn"),
    "correction": marked("Corrections"),
    "refunded": marked("Refunds"),
    "refund_failed": marked("Failed refunds"),
    "disputed": marked("Disputed payments"),
    "dispute_won": marked("Disputes won"),
    "overage_invoiced": marked("Overage put on invoices"),
    "overage_returned": marked("Overage of void invoices"),
    "credit_applied": marked("Credits applied to invoices"),
    "credit_returned": marked("Credits of void invoices"),
}
GROUPS = {
    "purchases": frozenset({"purchased"}),
    "usage": frozenset({"usage", "correction", *OF_INVOICES}),
    "refunds": frozenset({"refunded", "refund_failed", "disputed", "dispute_won", "refund", "proration"}),
    "grants": frozenset({"promotional", "trial", "referral", "expired", "voided"}),
}
"""The quick filters: each kind is in one of them."""
GROUP_TITLES = {
    "": marked("All"),
    "purchases": marked("Purchases"),
    "usage": marked("Usage"),
    "refunds": marked("Refunds"),
    "grants": marked("Grants"),
}
SHEET_HEADER = ["Id", "Description", "Created time (UTC)", "Amount", "Running balance", "Unit", "Kind", "Source"]
HEADER = ["Id", "Description", "Created time", "Amount", "Running balance", "Unit", "Kind", "Source"]
_HAPPENED = {
    "purchased": marked("{amount} of credit was bought and added to your balance."),
    "promotional": marked("{amount} of promotional credit was given to you."),
    "trial": marked("{amount} of trial credit was given to you."),
    "referral": marked("{amount} of credit was given to you for a customer you referred."),
    "refund": marked("{amount} of credit was given back to you."),
    "proration": marked("{amount} of credit was given back to you for a part of what you had paid."),
    "usage": marked("{amount} of credit was used."),
    "expired": marked("{amount} of credit was not used in time and expired."),
    "voided": marked("{amount} of granted credit was withdrawn."),
    "correction": marked("An earlier movement was wrong. {amount} of credit was returned to you."),
    "refunded": marked("A payment was refunded to you. {amount} of credit that it had bought was removed."),
    "refund_failed": marked("A refund did not arrive. {amount} of credit was returned to you."),
    "disputed": marked(
        "Your bank disputes a payment. {amount} of credit that it had bought is held until the dispute is decided."
    ),
    "dispute_won": marked("A payment is no longer disputed. {amount} of held credit was returned to you."),
    "overage_invoiced": marked(
        "{amount} was used below zero and is on an invoice now, which brings the balance back to zero."
    ),
    "overage_returned": marked(
        "An invoice was voided. {amount} that had been used below zero is taken off the balance again."
    ),
    "credit_applied": marked("{amount} of your credit paid an invoice, or the tax of one."),
    "credit_returned": marked("An invoice was voided. {amount} of credit that had paid for it was returned to you."),
}
# What a row of the past means now that the refund or dispute behind it has moved on.
_HAPPENED_SINCE = {
    ("refunded", "pending"): marked(
        "A refund of a payment is on its way to you. It takes a few days. "
        "{amount} of credit that it had bought was removed."
    ),
    ("refunded", "failed"): marked(
        "A payment was refunded to you, but the refund did not arrive. "
        "{amount} of credit that had been removed was returned to you."
    ),
    ("disputed", "lost"): marked(
        "Your bank disputed a payment and took the money back. "
        "{amount} of credit that it had bought was removed for good."
    ),
    ("disputed", "won"): marked(
        "Your bank disputed a payment, and the dispute was decided for the payment. "
        "{amount} of credit that was held meanwhile was returned to you."
    ),
}
_STANDINGS = {
    ("refunded", "pending"): marked("Under way"),
    ("refunded", "failed"): marked("Did not arrive: the credit was returned"),
    ("disputed", "open"): marked("The credit is held until the dispute is decided"),
    ("disputed", "lost"): marked("Lost on {day}: the credit was removed for good"),
    ("disputed", "won"): marked("Won on {day}: the credit was returned"),
}
_REFUNDS = {
    "pending": marked("Under way"),
    "succeeded": marked("Sent back"),
    "failed": marked("Did not arrive"),
    "canceled": marked("Did not arrive"),
}
_DISPUTES = {
    "open": marked("Open"),
    "lost": marked("Lost on {day}"),
    "won": marked("Won on {day}: the payment is valid"),
}
_CAME_BACK = {("refunded", "failed"), ("disputed", "won")}
_PAYMENTS = {
    "created": marked("Started"),
    "pi_created": marked("Started"),
    "confirming": marked("Waiting for an answer"),
    "requires_action": marked("Waiting for your confirmation at your bank"),
    "processing": marked("Being processed by the bank"),
    "succeeded": marked("Paid"),
    "failed": marked("Failed"),
    "canceled": marked("Cancelled"),
    "refunded": marked("Refunded"),
    "disputed": marked("Lost to a dispute"),
}
_ATTEMPTS = {
    "started": marked("Waiting for an answer"),
    "succeeded": marked("Paid"),
    "requires_action": marked("The bank asks for confirmation"),
    "processing": marked("Being processed by the bank"),
    "canceled": marked("Cancelled"),
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
        "called": movements.said,
        "sentence": _(_sentence(row.kind, state), amount=locale.exact(Credits(row.amount), unit)),
        "change": Credits(row.change_micros or 0),
        "balance_after": Credits(row.balance_after_micros or 0),
        "touched": [] if came_in else [(_named(each), Credits(part.micros)) for part, each in entry.allocations],
        "below_zero": Credits(row.amount - shared) if row.kind in BURNING and row.amount > shared else None,
        "taken_back": row.kind in CLAW_BACKS,
        "came_back": (row.kind, _ended(state)) in _CAME_BACK,
        "refund": entry.refund,
        "refund_state": _(_REFUNDS[state]) if entry.refund and state in _REFUNDS else "",
        "dispute": entry.dispute,
        "claimed": movements.amount(entry.dispute.claimed) if entry.dispute else "",
        "dispute_state": _on(_DISPUTES[state], entry.dispute.closed_at) if entry.dispute else "",
        "used": [
            (*counted(each, catalog), each.meter or WITHOUT_METER, each, Credits(each.micros)) for each in entry.used
        ],
        "decimals": finest(Credits(each.micros) for each in entry.used),
        "booked": Credits(row.amount) if row.amount != sum(each.micros for each in entry.used) else None,
        "paid_back": Credits(shared) if came_in and shared else None,
        "given_by": _giver(grant, catalog) if grant else "",
        "grant_kind": _(KINDS[grant.kind]) if grant else "",
        "granted": Credits(grant.micros) if grant else None,
        "grant_left": Credits(grant.remaining_micros) if grant else None,
        "is_kept": grant is not None and grant.remaining_micros > 0 and is_expired(grant.expires_at, now),
        "paid": Money(payment.received_minor or payment.amount_minor, payment.currency) if payment else None,
        "order": taxes.of_payment(payment) if payment else None,
        "payment_state": _payment_state(payment) if payment else "",
        "is_paid": payment is not None and payment.state == "succeeded" and not payment.disputed_minor,
        "method": method_name(method.brand, method.last4) if method else method_name(payment.rail) if payment else "",
        "attempts": [(attempt, _outcome(attempt, payment.rail)) for attempt in entry.attempts] if payment else [],
    }


def standing(row: Movement) -> str:
    """Return where the refund or dispute behind a row of the past stands now; nothing when the row says it all."""
    words = _STANDINGS.get((row.kind, _ended(row.state)))
    return _on(words, row.decided_at) if words else ""


def csv_lines(chunks: Iterable[Sequence[WrittenRow]], unit: str) -> Iterator[str]:
    """Yield the lines of the CSV file a chunk at a time: texts made harmless, amounts as plain signed numbers.

    Ids, kinds, moments and numbers hold nothing that a cell must quote.
    """
    unit = cells([unit])[unit]
    for rows in chunks:
        named = cells(row[2] for row in rows)
        sources = cells(f"{row[6]}:{row[7]}" for row in rows)
        yield "".join(
            [
                f"{name},{named[description]},{at},{six_decimals(change)},{six_decimals(after)},{unit},{kind},"
                f"{sources[f'{source}:{of}']}\r\n"
                for _sequence, name, description, change, after, kind, source, of, at in rows
            ]
        )


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
        name = title(catalog, used.meter) if used.meter else without_a_meter()
        return name, locale.whole(used.quantity) if used.meter else ""
    return meter.title, locale.counted(used.quantity, meter.unit)


def _sentence(kind: str, state: str) -> str:
    return _HAPPENED_SINCE.get((kind, _ended(state)), _HAPPENED.get(kind, marked("{amount} of credit moved.")))


def _ended(state: str) -> str:
    """Return the state, one word for the two in which a refund did not arrive."""
    return "failed" if state == "canceled" else state


def _on(words: str, moment: datetime | None) -> str:
    return _(words, day=locale.day(moment.date()) if moment else "")


def _payment_state(payment: Payment) -> str:
    if payment.state == "succeeded" and payment.disputed_minor:
        return _("Paid, and disputed now")
    return _(_PAYMENTS[payment.state])


def number(value: Credits) -> str:
    """Return the amount as a plain signed number."""
    return six_decimals(value.micros)


def written_time(row: Movement) -> str:
    """Return when the movement was booked, as files write it."""
    return f"{row.booked_at:%Y-%m-%dT%H:%M:%SZ}"


def _giver(grant: Grant, catalog: Catalog) -> str:
    if grant.granted_by in {"seller", "catalog"}:
        return catalog.seller_name
    return movements.giver(grant.granted_by)


def _named(grant: Grant) -> str:
    kind, day = _(KINDS[grant.kind]), locale.day(grant.effective_at.date())
    if not grant.reason:
        return _("{credits} of {day}", credits=kind, day=day)
    return _("{credits} of {day}: {reason}", credits=kind, day=day, reason=movements.said(grant.reason))


def _outcome(attempt: Attempt, rail: str) -> str:
    return decline_sentence(attempt.code, rail) if attempt.state == "declined" else _(_ATTEMPTS[attempt.state])
