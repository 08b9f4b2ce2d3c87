"""Correcting an invoice: whether its customer may do it, and what the invoice in its place lists."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from app.domain.errors import Refused, ensure
from app.domain.invoices.documents import Kind, State
from app.domain.invoices.lines import Line, Rate
from app.domain.invoices.totals import Totals, included, of_parts, totals
from app.domain.language import _, marked, ngettext
from app.domain.money import Money, divided

CORRECTED_ALREADY = "corrected_already"
_STATES = {
    State.VOID: ("void", marked("This invoice is void: there is nothing to correct.")),
    State.UNCOLLECTIBLE: ("not_paid", marked("This invoice was not paid, so it cannot be corrected here. {ask}")),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides whether an invoice may be corrected."""

    kind: Kind
    state: State
    is_corrected: bool
    sold_on: date
    """The day of the first invoice of the sale."""
    returned: int
    refunding: int
    """What refunds that the processor has not answered yet would return."""
    disputed: int
    of_top_up: bool
    of_period: bool = False
    """Whether it is about a billing period."""
    comes_to_nothing: bool = False
    is_partly_paid: bool = False
    """Whether anything was paid of it but what it has taken over from the invoice that it corrects."""
    is_carried_over: bool = False
    """Whether a later invoice collects it."""
    is_being_paid: bool = False


def refusal(facts: Facts, today: date, within_days: int, ask: str) -> Refused | None:
    """Return why the invoice may not be corrected by its customer; None: it may. `ask` says whom to ask instead."""
    found = _of_what_it_is(facts, ask) or _of_time(facts, today, within_days, ask) or _of_what_went_back(facts, ask)
    return found or (_while_due(facts, ask) if facts.state is State.OPEN else None)


def _of_what_it_is(facts: Facts, ask: str) -> Refused | None:
    if facts.kind is not Kind.INVOICE:
        words = _("Only invoices are corrected: this is none, and says nothing of tax. {ask}", ask=ask)
        return Refused(words, "not_an_invoice")
    if facts.is_corrected:
        return Refused(_("This invoice is corrected already. Correct the one in its place."), CORRECTED_ALREADY)
    if facts.state in _STATES:
        reason, words = _STATES[facts.state]
        return Refused(_(words, ask=ask), reason)
    if not facts.of_top_up and not facts.of_period:
        words = _("Only invoices of purchases and of billing periods are corrected here. {ask}", ask=ask)
        return Refused(words, "not_of_a_purchase")
    if facts.comes_to_nothing:
        words = _("This invoice comes to nothing, so that a credit note would return nothing. {ask}", ask=ask)
        return Refused(words, "nothing_invoiced")
    return None


def _of_time(facts: Facts, today: date, within_days: int, ask: str) -> Refused | None:
    if not within_days:
        return Refused(_("Invoices are not corrected here. {ask}", ask=ask), "not_offered")
    if today > last_day(facts.sold_on, within_days):
        words = ngettext(
            "An invoice can be corrected here for {n} day, which is over. {ask}",
            "An invoice can be corrected here for {n} days, which are over. {ask}",
            within_days,
            ask=ask,
        )
        return Refused(words, "too_old")
    return None


def _of_what_went_back(facts: Facts, ask: str) -> Refused | None:
    if facts.disputed:
        return Refused(_("The payment of this invoice is disputed at the bank. {ask}", ask=ask), "disputed")
    if facts.refunding:
        return Refused(_("A refund of this invoice is under way. Try again when it has arrived."), "refund_under_way")
    if facts.returned:
        return Refused(_("A part of this invoice was returned already, or all of it. {ask}", ask=ask), "returned")
    return None


def _while_due(facts: Facts, ask: str) -> Refused | None:
    """Return what keeps an invoice that is due from being corrected."""
    if facts.is_being_paid:
        words = _(
            "A payment of this invoice is under way. Correct it when that has ended, or cancel the payment first."
        )
        return Refused(words, "payment_under_way")
    if facts.is_partly_paid:
        return Refused(_("A part of this invoice is paid already. {ask}", ask=ask), "partly_paid")
    if facts.is_carried_over:
        return Refused(_("This invoice is collected with a later one. {ask}", ask=ask), "carried_over")
    return None


def last_day(sold_on: date, within_days: int) -> date:
    """Return the last day on which it may be corrected."""
    return sold_on + timedelta(days=within_days)


def due_day(was: date | None, issued: date, due_days: int, *, is_more: bool) -> date:
    """Return the day by which the invoice in its place is to be paid: as the wrong one, but never before it is issued.

    Where more is to be paid than of the wrong one, there is as long for it as for any invoice.
    """
    soonest = issued + timedelta(days=due_days) if is_more or was is None else issued
    return soonest if was is None else max(was, soonest)


def settled(paid: Money, payable: Money) -> tuple[Money, Money, Money]:
    """Return what of the money that was paid pays the invoice in its place, what goes back, and what is due then."""
    taken_over = min(paid, payable)
    return taken_over, paid - taken_over, payable - taken_over


def replaced(lines: Sequence[Line], rate: Rate, total: Money, *, inclusive: bool) -> tuple[list[Line], Totals]:
    """Return the lines of the invoice in its place, all under one rate, and what they come to.

    The price stays what it was: before tax, or with it where prices include tax: then the total stays, and what tax
    leaves of it is shared out so that the lines add up to it.
    """
    ensure(lines, "an invoice without lines")
    if not inclusive:
        made = [replace(line, rate=rate) for line in lines]
        return made, totals(made)
    part = included(total, rate)
    before, after = sum(line.net.amount_minor for line in lines), part.net.amount_minor
    made, seen, given = [], 0, 0
    for line in lines:
        seen += line.net.amount_minor
        upto = divided(after * seen, before) if before else 0
        made.append(replace(line, rate=rate, net=Money(upto - given, total.currency), unit_price=None))
        given = upto
    return made, of_parts([part])
