"""What mails about an invoice, and about what goes back of one, say in their text and HTML alike."""

from typing import Any

from app import locale
from app.domain.language import _, marked

_REASONS = frozenset(
    {marked("Refund"), marked("Lost dispute"), marked("Correction"), marked("Unused time of the plan")}
)
"""Why Purser itself writes a credit note, as it is kept; other reasons are the seller's words."""


def of_invoice(facts: dict[str, Any]) -> str:
    """Say that the invoice is there, whose place it takes, where it stands, and what goes back of what was paid."""
    row, difference = facts["invoice"], facts["difference"]
    buyer = locale.before_stop(row.buyer_company or facts["customer"].name)
    issued = _("{seller} has issued invoice {number} to {buyer}.")
    said = [issued.format(seller=facts["seller"].name, number=row.number, buyer=buyer)]
    if facts["corrects"]:
        corrected = _(
            "It takes the place of {number}, which was corrected: credit note {note} returns all of that one."
        )
        said.append(corrected.format(number=facts["corrects"], note=facts["credit_note"]))
    said.append(facts["stands"])
    if difference:
        said.append(_difference(difference))
    return " ".join(said)


def _difference(back: Any) -> str:
    values = {"amount": locale.amount(back.amount), "to": back.to, "refund": back.refund_id}
    if back.has_failed:
        return _(
            "{amount} of what you paid could not be returned to {to}: the seller sends it again (refund {refund}).",
            **values,
        )
    if back.is_on_its_way:
        return _("{amount} of what you paid goes back to {to} (refund {refund}).", **values)
    return _("{amount} of what you paid went back to {to} (refund {refund}).", **values)


def reason(kept: str) -> str:
    """Return why a credit note or refund receipt was written."""
    return _(kept) if kept in _REASONS else kept


def at_a_glance(facts: dict[str, Any]) -> str:
    """Say in short what a credit note or refund receipt comes to, and what of."""
    values = {"amount": locale.amount(facts["total"]), "number": facts["invoice"].number}
    if facts["is_kept"]:
        of_invoice, of_receipt = (
            _("{amount} not used yet: invoice {number}."),
            _("{amount} not used yet: receipt {number}."),
        )
    elif facts["note"].source_type in {"refund", "dispute"}:
        of_invoice, of_receipt = _("{amount} back: invoice {number}."), _("{amount} back: receipt {number}.")
    else:
        of_invoice, of_receipt = _("{amount} off: invoice {number}."), _("{amount} off: receipt {number}.")
    return (of_invoice if facts["of_invoice"] else of_receipt).format(**values)


def of_return(facts: dict[str, Any]) -> str:
    """Say what a credit note or refund receipt gives back or takes off, why, and what is left to pay."""
    of_invoice, of_receipt = _given(facts)
    said = [of_invoice if facts["of_invoice"] else of_receipt]
    if facts["is_only_rest"]:
        said.append(
            _(
                "{rest} of invoice {number} is still to be paid: its correction added it. It is not charged by itself. "
                "Paying it adds no credit. If you do not owe it, ask {seller} to take it off."
            )
            if facts["of_invoice"]
            else _(
                "{rest} of receipt {number} is still to be paid: its correction added it. It is not charged by itself. "
                "Paying it adds no credit. If you do not owe it, ask {seller} to take it off."
            )
        )
    rest = locale.amount(facts["to_pay"]) if facts["to_pay"] else ""
    values = {"seller": facts["seller"].name, "number": facts["invoice"].number, "rest": rest}
    return " ".join(said).format(amount=locale.amount(facts["total"]), **values)


def _given(facts: dict[str, Any]) -> tuple[str, str]:
    """Return the sentence about an invoice and that about a receipt, the names of their values still in them."""
    note = facts["note"]
    if facts["is_kept"]:
        return (
            _(
                "{seller} has taken {amount} off invoice {number}, which was paid by bank transfer. It was sent to no "
                "bank account: the money stands under Not used yet on your page Bank transfers, pays what you order "
                "next, or is sent back when you ask for it."
            ),
            _(
                "{seller} has taken {amount} off receipt {number}, which was paid by bank transfer. It was sent to no "
                "bank account: the money stands under Not used yet on your page Bank transfers, pays what you order "
                "next, or is sent back when you ask for it."
            ),
        )
    if note.source_type == "refund":
        return (
            _("{seller} has refunded {amount} of invoice {number}."),
            _("{seller} has refunded {amount} of receipt {number}."),
        )
    if note.source_type == "dispute":
        return (
            _("A dispute was decided in your favour: your bank returned {amount} of invoice {number} to you."),
            _("A dispute was decided in your favour: your bank returned {amount} of receipt {number} to you."),
        )
    if note.source_type == "plan_change":
        return (
            _(
                "{seller} has given a credit note on invoice {number} for the part of your plan that you no longer "
                "use. Its {amount} is credit on your balance now."
            ),
            _(
                "{seller} has given a credit note on receipt {number} for the part of your plan that you no longer "
                "use. Its {amount} is credit on your balance now."
            ),
        )
    if note.credits_applied_minor:
        return (
            _(
                "{seller} has given a credit note on invoice {number}, which credit had paid. Its {amount} is credit "
                "on your balance now."
            ),
            _(
                "{seller} has given a credit note on receipt {number}, which credit had paid. Its {amount} is credit "
                "on your balance now."
            ),
        )
    if facts["to_pay"]:
        return (
            _("{seller} has given a credit note on invoice {number}. It takes {amount} off what is to be paid."),
            _("{seller} has given a credit note on receipt {number}. It takes {amount} off what is to be paid."),
        )
    return (
        _("{seller} has given a credit note on invoice {number}. Nothing is to be paid of the invoice any more."),
        _("{seller} has given a credit note on receipt {number}. Nothing is to be paid of the invoice any more."),
    )
