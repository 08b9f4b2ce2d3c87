"""What Auto-recharge says of each decision that was kept: its title, and in a few lines why it was made."""

from dataclasses import dataclass
from datetime import datetime

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.auto_recharge.caution import Why
from app.domain.auto_recharge.decision import Outcome
from app.domain.language import _, marked, pgettext
from app.domain.money import Credits, Money
from app.domain.payments import PaymentState, decline_sentence
from app.models.auto_recharge import AutoRechargeQuestion
from app.models.payments import Payment
from app.presenters.auto_recharge import declined, method_words
from app.services.auto_recharge.log import Entry
from app.services.auto_recharge.questions import MAILED

TITLES = {
    Outcome.CHARGE: marked("Charged automatically"),
    Outcome.MONEY_WENT_BACK: marked("Switched off: the money went back"),
    Outcome.NOT_SERVED: marked("Not charged: the account is not served"),
    Outcome.PLAN_ENDS: marked("Not charged: your plan is cancelled"),
    Outcome.NOT_SOLD: marked("Not charged: no longer sold"),
    Outcome.ABOVE_LIMIT: marked("Not charged: with tax, one purchase is above the limit"),
    Outcome.ENOUGH: marked("One purchase is within the limit again"),
    Outcome.NO_METHOD: marked("Not charged: no payment method"),
    Outcome.SUSPENDED: marked("Not charged: stopped"),
    Outcome.RETRY_LATER: marked("Not charged: to be tried again"),
    Outcome.LIMIT_REACHED: marked("Not charged: the limit is reached"),
    Outcome.QUIET: marked("Not charged: quiet hours"),
    Outcome.ASKS: marked("Not charged: waits for your yes"),
    Outcome.REFUSED: marked("Not charged: you said no"),
}
_REASONS = {
    Why.UNUSUAL: marked("The day’s use was far above the usual"),
    Why.LARGE: marked("The charge was above what you want to be asked for"),
}
BEING_CHARGED = marked("Being charged")
_STATES = {
    PaymentState.SUCCEEDED: marked("Paid"),
    PaymentState.REFUNDED: marked("Refunded"),
    PaymentState.DISPUTED: marked("Disputed"),
    PaymentState.FAILED: marked("Declined"),
    PaymentState.CANCELED: marked("Not charged"),
    PaymentState.REQUIRES_ACTION: marked("Waits for you"),
    PaymentState.PROCESSING: marked("On its way"),
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


def outcome_words(outcome: str, payment_state: str | None) -> str:
    """Return what came of a decision: where its payment is, or why nothing was charged."""
    if payment_state is not None:
        return _(_STATES.get(PaymentState(payment_state), BEING_CHARGED))
    return title(outcome)


def title(outcome: str) -> str:
    """Return what a decision came to."""
    known = TITLES.get(Outcome(outcome))
    return _(known) if known else outcome


def _row(entry: Entry, unit: CreditUnit, currency: str) -> Row:
    kept, payment = entry.decision, entry.payment
    currency = payment.currency if payment else currency
    why = [
        (_("Credit then"), _with_flight(kept.remaining_micros, kept.in_flight_micros, unit)),
        (_("Threshold"), locale.exact(Credits(kept.threshold_micros), unit)),
    ]
    if payment is not None:
        limit, used = Money(kept.limit_minor, currency), Money(kept.used_minor, currency)
        said = _("{limit}, of which {used} was used before", limit=locale.amount(limit), used=locale.amount(used))
        why.append((_("Limit of the period"), said))
        why.append((_("Bought"), _bought(payment, kept.count, unit)))
        why.append((_("Charged to"), _charged_to(entry)))
        if entry.question is not None and entry.question.answered_at is not None:
            why.append((_("Allowed"), _answered(entry.question, currency)))
    else:
        why.append((_("Declines before"), locale.whole(kept.declines)))
        if kept.why in {Why.UNUSUAL, Why.LARGE}:
            why.append((_("Why"), _(_REASONS[Why(kept.why)])))
        elif kept.why:
            why.append((_("Why"), declined(kept.why, _("The payment method"))))
        if entry.question is not None:
            why.append((_("Asked"), locale.amount(Money(entry.question.amount_minor, currency))))
            why.append((_("Answer"), _answered(entry.question, currency)))
        if kept.look_again_at is not None:
            why.append((_("Looked at again"), locale.moment(kept.look_again_at)))
        why.append((_("Terms"), _("Version {number}", number=kept.settings_version)))
    state = ""
    if payment is not None:
        state = outcome_words(kept.outcome, payment.state)
        if payment.state == PaymentState.FAILED:
            why.append((_("Answer"), decline_sentence(payment.problem, payment.rail)))
    return Row(
        id=kept.id,
        at=kept.at,
        title=title(kept.outcome),
        amount=Money(payment.amount_minor, payment.currency) if payment else None,
        state=state,
        payment_id=payment.id if payment else "",
        why=why,
    )


def _charged_to(entry: Entry) -> str:
    """Return what was charged, and when that was allowed. The consent's id is for the seller: in the audit trail."""
    method = method_words(entry.method)
    if entry.allowed_at is None:
        return method
    return _("{method}, as you allowed on {day}", method=method, day=locale.day(entry.allowed_at))


def _answered(asked: AutoRechargeQuestion, currency: str) -> str:
    if asked.answered_at is None:
        return _("None yet") if asked.state == "open" else pgettext("answer", "None")
    at, amount = locale.moment(asked.answered_at), locale.amount(Money(asked.amount_minor, currency))
    is_no, is_mailed = asked.state == "no", asked.answered_by == MAILED
    if is_no:
        words = _("No, by the mailed link, {moment}") if is_mailed else _("No, on the page, {moment}")
    elif is_mailed:
        words = _("Yes to {amount}, by the mailed link, {moment}")
    else:
        words = _("Yes to {amount}, on the page, {moment}")
    return words.format(amount=amount, moment=at)


def _with_flight(remaining: int, in_flight: int, unit: CreditUnit) -> str:
    has = locale.exact(Credits(remaining), unit)
    if not in_flight:
        return has
    return _("{amount}, and {more} on its way", amount=has, more=locale.exact(Credits(in_flight), unit))


def _bought(payment: Payment, count: int, unit: CreditUnit) -> str:
    credit = locale.exact(Credits(payment.credits_micros), unit)
    if payment.net_minor not in {None, payment.amount_minor}:
        amount = locale.amount(Money(payment.amount_minor, payment.currency))
        return _("{credit} for {amount}, tax included", credit=credit, amount=amount)
    one = locale.amount(Money(payment.amount_minor // count if count else 0, payment.currency))
    if count > 1:
        return _("{credit} for {n} times {amount}", credit=credit, n=count, amount=one)
    return _("{credit} for {amount}", credit=credit, amount=one)
