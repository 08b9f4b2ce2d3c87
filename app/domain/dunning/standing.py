"""The standing of a customer: a function of the invoices that ask for money, of the attempts on them, and of now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from app.domain.catalog_terms import Dunning
from app.domain.dunning.schedule import DAY, Attempt, Outcome, falls_due, first_failure, is_exhausted, is_left_alone

GOOD, PAST_DUE, SUSPENDED, CLOSED = "good", "past_due", "suspended", "closed"


@dataclass(frozen=True)
class Unpaid:
    """An open invoice that is due by itself: its day, the attempts on it, and since when somebody is paying it."""

    document_id: str
    issued_at: datetime
    due_on: date
    attempts: tuple[Attempt, ...] = ()
    paying_since: datetime | None = None

    @property
    def due_at(self) -> datetime:
        """Return when it falls due."""
        return falls_due(self.due_on, self.issued_at)


def past_due_at(invoice: Unpaid) -> datetime | None:
    """Return from when the invoice makes its customer past due; None: it is not known to, for somebody is paying it.

    That is the first failure; where nothing was charged, the end of the day on which it was to be paid. A payment that
    had begun by then may still pay it in time.
    """
    if is_left_alone(invoice.attempts):
        return None
    failed = min(
        (each.ended_at for each in invoice.attempts
         if each.place is not None and each.outcome is Outcome.FAILED and each.ended_at),
        default=None,
    )  # fmt: skip
    over = datetime.combine(invoice.due_on + timedelta(days=1), time(), UTC)
    if failed is not None and failed <= over:
        return failed
    is_in_time = invoice.paying_since is not None and invoice.paying_since < over
    return failed if is_in_time else over


def suspends_at(terms: Dunning, invoice: Unpaid) -> datetime | None:
    """Return from when the invoice suspends its customer; None: as long as an attempt of the schedule is to come."""
    first = first_failure(invoice.attempts)
    if first is None or is_left_alone(invoice.attempts) or not is_exhausted(terms, invoice.attempts):
        return None
    last = max(each.ended_at for each in invoice.attempts if each.place is not None and each.ended_at)
    return max(last, first + terms.suspend_after_days * DAY)


def standing(before: str, terms: Dunning, invoices: Sequence[Unpaid], now: datetime) -> str:
    """Return the standing now. Who is suspended stays so until no invoice is past due any more."""
    if before == CLOSED:
        return CLOSED
    if not any(_is_over(past_due_at(each), now) for each in invoices):
        return GOOD
    suspends = any(_is_over(suspends_at(terms, each), now) for each in invoices)
    return SUSPENDED if suspends or before == SUSPENDED else PAST_DUE


def changes_at(terms: Dunning, invoices: Sequence[Unpaid], now: datetime) -> datetime | None:
    """Return when the standing is to be judged next though nothing happens until then."""
    moments = [moment for each in invoices for moment in (past_due_at(each), suspends_at(terms, each))]
    return min((each for each in moments if each is not None and each > now), default=None)


def latest_suspension(terms: Dunning, invoice: Unpaid) -> datetime | None:
    """Return when the invoice suspends its customer if nobody pays it and each attempt is known in time to fail."""
    first = first_failure(invoice.attempts)
    if first is None or is_left_alone(invoice.attempts):
        return None
    last = terms.retry_days[-1] if terms.retry_days else 0
    return suspends_at(terms, invoice) or first + max(last, terms.suspend_after_days) * DAY


def next_try(invoices: Sequence[Unpaid]) -> datetime | None:
    """Return when the next attempt is made; None: none is planned."""
    planned = (each for invoice in invoices for each in invoice.attempts if each.outcome is Outcome.WAITING)
    return min((each.due_at for each in planned), default=None)


def _is_over(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now
