"""What Auto-recharge says of each decision that was kept: its title, and in a few lines why it was made."""

from dataclasses import dataclass
from datetime import datetime

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.auto_recharge.caution import Why
from app.domain.auto_recharge.decision import Outcome
from app.domain.money import Credits, Money
from app.domain.payments import PaymentState, decline_sentence
from app.models.auto_recharge import AutoRechargeQuestion
from app.models.payments import Payment
from app.presenters.auto_recharge import declined, method_words
from app.services.auto_recharge.log import Entry
from app.services.auto_recharge.questions import MAILED

TITLES = {
    Outcome.CHARGE: "Charged automatically",
    Outcome.MONEY_WENT_BACK: "Switched off: the money went back",
    Outcome.NOT_SERVED: "Not charged: the account is not served",
    Outcome.PLAN_ENDS: "Not charged: your plan is cancelled",
    Outcome.NOT_SOLD: "Not charged: no longer sold",
    Outcome.ABOVE_LIMIT: "Not charged: with tax, one purchase is above the limit",
    Outcome.ENOUGH: "One purchase is within the limit again",
    Outcome.NO_METHOD: "Not charged: no payment method",
    Outcome.SUSPENDED: "Not charged: stopped",
    Outcome.RETRY_LATER: "Not charged: to be tried again",
    Outcome.LIMIT_REACHED: "Not charged: the limit is reached",
    Outcome.QUIET: "Not charged: quiet hours",
    Outcome.ASKS: "Not charged: waits for your yes",
    Outcome.REFUSED: "Not charged: you said no",
}
_REASONS = {
    Why.UNUSUAL: "The day’s use was far above the usual",
    Why.LARGE: "The charge was above what you want to be asked for",
}
_STATES = {
    PaymentState.SUCCEEDED: "Paid",
    PaymentState.REFUNDED: "Refunded",
    PaymentState.DISPUTED: "Disputed",
    PaymentState.FAILED: "Declined",
    PaymentState.CANCELED: "Not charged",
    PaymentState.REQUIRES_ACTION: "Waits for you",
    PaymentState.PROCESSING: "On its way",
}


@dataclass(frozen=True)
class Row:
    """A decision as the page shows it, and why it was made."""

    id: str
    at: datetime
    title: str
    amount: Money | None
    state: str
    payment_id: str
    why: list[tuple[str, str]]


def rows(entries: list[Entry], unit: CreditUnit, currency: str) -> list[Row]:
    """Return the decisions as the page lists them; `currency` is what the customer pays in."""
    return [_row(each, unit, currency) for each in entries]


def outcome_words(entry: Entry) -> str:
    """Return what came of a decision: where its payment is, or why nothing was charged."""
    if entry.payment is not None:
        return _STATES.get(PaymentState(entry.payment.state), "Being charged")
    return TITLES.get(Outcome(entry.decision.outcome), entry.decision.outcome)


def _row(entry: Entry, unit: CreditUnit, currency: str) -> Row:
    kept, payment = entry.decision, entry.payment
    outcome = Outcome(kept.outcome)
    currency = payment.currency if payment else currency
    why = [
        ("Credit then", _with_flight(kept.remaining_micros, kept.in_flight_micros, unit)),
        ("Threshold", locale.exact(Credits(kept.threshold_micros), unit)),
    ]
    if payment is not None:
        limit, used = Money(kept.limit_minor, currency), Money(kept.used_minor, currency)
        why.append(("Limit of the period", f"{locale.amount(limit)}, of which {locale.amount(used)} was used before"))
        why.append(("Bought", _bought(payment, kept.count, unit)))
        why.append(("Charged to", f"{method_words(entry.method)}{_allowed(entry.allowed_at)}"))
        if entry.question is not None and entry.question.answered_at is not None:
            why.append(("Allowed", _answered(entry.question, currency)))
    else:
        why.append(("Declines before", locale.whole(kept.declines)))
        if kept.why in {Why.UNUSUAL, Why.LARGE}:
            why.append(("Why", _REASONS[Why(kept.why)]))
        elif kept.why:
            why.append(("Why", declined(kept.why, "The payment method")))
        if entry.question is not None:
            why.append(("Asked", locale.amount(Money(entry.question.amount_minor, currency))))
            why.append(("Answer", _answered(entry.question, currency)))
        if kept.look_again_at is not None:
            why.append(("Looked at again", locale.moment(kept.look_again_at)))
        why.append(("Terms", f"Version {kept.settings_version}"))
    state = ""
    if payment is not None:
        state = outcome_words(entry)
        if payment.state == PaymentState.FAILED:
            why.append(("Answer", decline_sentence(payment.problem, payment.rail)))
    return Row(
        id=kept.id,
        at=kept.at,
        title=TITLES.get(outcome, kept.outcome),
        amount=Money(payment.amount_minor, payment.currency) if payment else None,
        state=state,
        payment_id=payment.id if payment else "",
        why=why,
    )


def _allowed(at: datetime | None) -> str:
    """Return when the charges were allowed. The id of the consent is for the seller: it is in the audit trail."""
    return f", as you allowed on {locale.day(at)}" if at is not None else ""


def _answered(asked: AutoRechargeQuestion, currency: str) -> str:
    if asked.answered_at is None:
        return "None yet" if asked.state == "open" else "None"
    said = "No" if asked.state == "no" else f"Yes to {locale.amount(Money(asked.amount_minor, currency))}"
    where = "by the mailed link" if asked.answered_by == MAILED else "on the page"
    return f"{said}, {where}, {locale.moment(asked.answered_at)}"


def _with_flight(remaining: int, in_flight: int, unit: CreditUnit) -> str:
    has = locale.exact(Credits(remaining), unit)
    return f"{has}, and {locale.exact(Credits(in_flight), unit)} on its way" if in_flight else has


def _bought(payment: Payment, count: int, unit: CreditUnit) -> str:
    if payment.net_minor not in {None, payment.amount_minor}:
        amount = locale.amount(Money(payment.amount_minor, payment.currency))
        return f"{locale.exact(Credits(payment.credits_micros), unit)} for {amount}, tax included"
    one = Money(payment.amount_minor // count, payment.currency) if count else Money(0, payment.currency)
    times = f"{count} times {locale.amount(one)}" if count > 1 else locale.amount(one)
    return f"{locale.exact(Credits(payment.credits_micros), unit)} for {times}"
