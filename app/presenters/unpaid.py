"""How a customer with unpaid invoices stands, in words: what follows, when it is tried again, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app import locale
from app.domain.catalog_terms import Dunning
from app.domain.dunning.standing import PAST_DUE, SUSPENDED, Unpaid, latest_suspension, next_try


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
    what = "An invoice is" if len(invoices) == 1 else f"{len(invoices)} invoices are"
    tried = _tried(invoices, charged)
    if is_processing:
        tried = "A payment is being processed: until your bank has answered, nothing else is charged."
    do = "Pay it, or add another payment method, which pays it at once."
    if len(invoices) != 1:
        do = "Pay them, or add another payment method, which pays them at once."
    if now == SUSPENDED:
        fact = f"Your account is suspended: calls are refused. {what} not paid."
        return StandingWords(fact, _said(tried, f"{do} You are served again as soon as nothing is overdue."), True)
    ends = min((each for each in (latest_suspension(terms, one) for one in invoices) if each is not None), default=None)
    warns = f"If nobody pays, your account is suspended on {_moment(ends)}." if ends is not None else ""
    return StandingWords(f"{what} past due.", _said(tried, do, warns), False)


def charged_on(invoice: Unpaid, charged: str) -> str:
    """Say when the invoice is charged next by itself; nothing where it is not."""
    return _tried([invoice], charged)


def _tried(invoices: Sequence[Unpaid], charged: str) -> str:
    at = next_try(invoices)
    return f"We charge {charged} on {_moment(at)}." if at is not None and charged else ""


def _said(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def _moment(at: datetime) -> str:
    return locale.moment(at)
