"""How a customer with unpaid invoices stands, in words: what follows, when it is tried again, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app import locale
from app.domain.catalog_terms import Dunning
from app.domain.dunning.standing import PAST_DUE, SUSPENDED, Unpaid, latest_suspension, next_try
from app.domain.language import _, ngettext


@dataclass(frozen=True)
class StandingWords:
    """What is so, and what is to be done about it."""

    fact: str
    follows: str
    is_bad: bool


def standing(
    now: str, invoices: Sequence[Unpaid], terms: Dunning, charged: str, *, is_processing: bool
) -> StandingWords | None:
    """Say how the customer stands; None: nothing is past due. `charged` is the method that is tried next, by name."""
    if now not in {PAST_DUE, SUSPENDED}:
        return None
    many, tried = len(invoices), _tried(invoices, charged)
    if is_processing:
        tried = _("A payment is being processed: until your bank has answered, nothing else is charged.")
    do = ngettext(
        "Pay it, or add another payment method, which pays it at once.",
        "Pay them, or add another payment method, which pays them at once.",
        many,
    )
    if now == SUSPENDED:
        fact = _("Your account is suspended: calls are refused.")
        what = ngettext("An invoice is not paid.", "{n} invoices are not paid.", many)
        again = _("You are served again as soon as nothing is overdue.")
        return StandingWords(_said(fact, what), _said(tried, do, again), True)
    ends = min((each for each in (latest_suspension(terms, one) for one in invoices) if each is not None), default=None)
    warns = ""
    if ends is not None:
        warns = _("If nobody pays, your account is suspended on {moment}.", moment=_moment(ends))
    past = ngettext("An invoice is past due.", "{n} invoices are past due.", many)
    return StandingWords(past, _said(tried, do, warns), False)


def charged_on(invoice: Unpaid, charged: str) -> str:
    """Say when the invoice is charged next by itself; nothing where it is not."""
    return _tried([invoice], charged)


def _tried(invoices: Sequence[Unpaid], charged: str) -> str:
    at = next_try(invoices)
    if at is None or not charged:
        return ""
    return _("We charge {method} on {moment}.", method=charged, moment=_moment(at))


def _said(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def _moment(at: datetime) -> str:
    return locale.moment(at)
