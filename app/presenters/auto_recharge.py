"""What Auto-recharge says: how it stands in one sentence, the limit's use, and the question that waits."""

from dataclasses import dataclass, replace
from datetime import datetime

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.auto_recharge.caution import Why
from app.domain.auto_recharge.decision import Outcome, waits_for_yes
from app.domain.auto_recharge.retries import ASKS_CUSTOMER, NEVER_AGAIN
from app.domain.auto_recharge.stops import STOPS
from app.domain.money import Credits, Money
from app.domain.payments import PaymentState, decline_sentence, method_name
from app.domain.tax import words as tax_words
from app.domain.top_ups import TopUp
from app.models.auto_recharge import AutoRechargeDecision, AutoRechargeQuestion
from app.models.payments import PaymentMethod
from app.services.auto_recharge.standing import Standing
from app.services.auto_recharge.stop import Stopped


@dataclass(frozen=True)
class Said:
    """How it stands: one sentence, how urgent it is, and where to go about it."""

    sentence: str
    is_bad: bool = False
    link: str = ""
    """`payment`, `methods`, `add_credits`, `tax_settings`, `invoice_address` or none."""


@dataclass(frozen=True)
class Question:
    """A charge that waits for a yes."""

    id: str
    amount: Money
    why: str
    until: datetime


@dataclass(frozen=True)
class LimitBar:
    """How much of the period's limit is used."""

    used: Money
    limit: Money
    left: Money
    percent: int
    filled: int
    state: str
    ends: datetime


_FIXED = {
    Outcome.MONEY_WENT_BACK: Said(
        "The money of an automatic charge went back: auto-recharge is being switched off.", is_bad=True
    ),
    Outcome.NO_METHOD: Said(
        "There is no payment method that can be charged. Add one, and it goes on.", is_bad=True, link="methods"
    ),
    Outcome.NOT_SERVED: Said("Nothing is charged automatically while your account is not served.", is_bad=True),
    Outcome.PLAN_ENDS: Said(
        "Your plan is cancelled: nothing is charged automatically. Keep the plan on the Plan page, and it goes on. "
        "It is switched off when the plan ends."
    ),
    Outcome.NOT_SOLD: Said("What it was to buy is no longer sold. Choose something else below.", is_bad=True),
}
"""What is said whatever the figures are."""


def title(found: Standing) -> str:
    """Say whether it is on, off or has stopped: what stands above and below it never says another thing."""
    if not found.terms.enabled:
        return "Auto-recharge is off"
    return "Auto-recharge has stopped" if found.decision.outcome in STOPS else "Auto-recharge is on"


def said(found: Standing, unit: CreditUnit, last: AutoRechargeDecision | None = None) -> Said:
    """Say how it stands; `last` is the decision that was kept last, which may have switched it off."""
    facts, outcome = found.facts, found.decision.outcome
    if outcome is Outcome.OFF:
        return _off(found, last)
    if outcome in _FIXED:
        return _FIXED[outcome]
    if outcome is Outcome.ABOVE_LIMIT and facts.one is not None:
        return _above_limit(facts.one, facts.terms.period_limit)
    if outcome is Outcome.UNDER_WAY:
        return _under_way(found)
    if outcome in {Outcome.SUSPENDED, Outcome.RETRY_LATER}:
        return _after_declines(found)
    has, at = locale.balance(facts.remaining, unit), locale.exact(facts.terms.threshold, unit)
    if outcome is Outcome.ENOUGH:
        enough = Said(f"Nothing is due: your credit is {has}, and {at} or more is enough.")
        return enough if facts.remaining >= facts.terms.threshold else _arriving(found, has, at, unit)
    if outcome is Outcome.QUIET:
        ends = locale.moment(found.decision.look_again) if found.decision.look_again else "soon"
        return Said(f"Your credit is {has}, below {at}. Quiet hours: nothing is charged before {ends}.")
    if outcome in {Outcome.ASKS, Outcome.REFUSED}:
        return _waiting(found, f"Your credit is {has}, below {at}.")
    if outcome is Outcome.LIMIT_REACHED:
        ends, left = locale.day(facts.period_ends.date()), locale.amount(facts.left)
        words = f"Your credit is below {at}, and what the limit leaves ({left}) is less than one purchase. "
        return Said(f"{words}Nothing is charged automatically before {ends}, unless you raise the limit.", is_bad=True)
    amount = locale.amount(found.decision.purchase.amount if found.decision.purchase else facts.left)
    method = method_words(found.method)
    return Said(f"Your credit is {has}, below {at}: {amount} is charged to {method} in a moment.")


def _above_limit(one: TopUp, limit: Money) -> Said:
    """Say what one purchase comes to with its tax, why tax is added, and what makes it possible again."""
    tax = f" with {tax_words.title(one.treatment)}" if one.price.tax.amount_minor else ""
    costs = f"One purchase comes to {locale.amount(one.amount)}{tax}, more than your limit of {locale.amount(limit)}."
    why = tax_words.why(one.treatment) if tax else ""
    after = "Nothing is charged automatically until you raise the limit or buy less at once."
    words = " ".join(each for each in (costs, why, after) if each)
    return Said(words, is_bad=True, link=tax_words.where(one.treatment))


def limit_bar(found: Standing) -> LimitBar:
    """Return how much of the limit is used."""
    limit, used = found.terms.period_limit, found.facts.used
    percent = used.amount_minor * 100 // limit.amount_minor
    state = "over" if percent >= 100 else "near" if percent >= 80 else "fine"
    return LimitBar(used, limit, found.facts.left, percent, min(100, percent), state, found.facts.period_ends)


def stopped(found: Stopped) -> str:
    """Say what came of stopping everything, and never more than that."""
    if found.in_flight is not None:
        amount = locale.amount(Money(found.in_flight.amount_minor, found.in_flight.currency))
        if found.in_flight.state == PaymentState.SUCCEEDED:
            return f"Stopped. The last automatic charge of {amount} had just been paid: its credit is yours."
        return (
            f"Stopped: no new automatic charge begins. One of {amount} is with the bank already and can no longer be "
            "called back. If it is paid, its credit is yours."
        )
    if found.given_up is not None:
        amount = locale.amount(Money(found.given_up.amount_minor, found.given_up.currency))
        return f"Stopped. The open automatic charge of {amount} is given up: nothing is charged for it."
    return "Stopped: nothing is charged automatically any more, and nothing is on its way."


def _under_way(found: Standing) -> Said:
    payment = found.under_way
    if payment is None:
        return Said("An automatic charge is on its way.")
    amount = locale.amount(Money(payment.amount_minor, payment.currency))
    if payment.state == PaymentState.REQUIRES_ACTION:
        words = f"Your bank asks you to confirm an automatic charge of {amount}. Nothing else is charged meanwhile."
        return Said(words, is_bad=True, link="payment")
    if payment.state == PaymentState.PROCESSING and payment.rail == "sepa_debit":
        words = f"{amount} is on its way by SEPA direct debit, which takes days. Nothing else is charged meanwhile."
        return Said(words, link="payment")
    return Said(f"An automatic charge of {amount} is on its way.", link="payment")


def question(found: Standing, asked: AutoRechargeQuestion | None, unit: CreditUnit) -> Question | None:
    """Return the question that waits for an answer; None where none does, or its charge is not due any more."""
    if asked is None or asked.state != "open" or not waits_for_yes(found.facts, found.now):
        return None
    amount = Money(asked.amount_minor, found.facts.used.currency)
    if asked.why == Why.LARGE:
        words = "You asked to be asked before an automatic charge of this size."
    else:
        used, usual = (locale.amount(Credits(each), unit) for each in (asked.used_today_micros, asked.usual_micros))
        words = f"Use is far above the usual: {used} on one day, and at most {usual} on one of the days before."
    return Question(asked.id, amount, words, asked.until)


def _off(found: Standing, last: AutoRechargeDecision | None) -> Said:
    """Say that it is off; with what is on its way still, or what switched it off."""
    if found.under_way is not None:
        begun = _under_way(found)
        return replace(begun, sentence=f"Nothing new is charged automatically. {begun.sentence}")
    is_last = last is not None and last.settings_version == found.terms.version - 1
    if last is not None and is_last and last.outcome == Outcome.MONEY_WENT_BACK:
        when = locale.day(last.at.date())
        words = f"Switched off on {when}, because an automatic charge was refunded or is disputed. "
        return Said(f"{words}Nothing is charged automatically until you switch it on again.", is_bad=True)
    return Said("Nothing is charged automatically.")


def _arriving(found: Standing, has: str, at: str, unit: CreditUnit) -> Said:
    """Say that what is on its way is enough: an automatic charge, or credit that was bought by hand."""
    if found.under_way is not None:
        return _under_way(found)
    more = locale.amount(found.facts.in_flight, unit)
    return Said(f"Your credit is {has}, below {at}. {more} more is on its way, so nothing else is charged.")


def _waiting(found: Standing, begins: str) -> Said:
    until = locale.moment(found.decision.look_again) if found.decision.look_again else "tomorrow"
    if found.decision.outcome is Outcome.REFUSED:
        return Said(f"{begins} You said no to a charge: nothing is charged automatically before {until}.", is_bad=True)
    return Said(f"{begins} The next automatic charge waits for your yes. You can add credits yourself.", is_bad=True)


def _after_declines(found: Standing) -> Said:
    retry, method = found.facts.retry, method_words(found.method)
    if retry.suspended_by:
        words = f"{declined(retry.suspended_by, method)} Nothing is tried any more. Use another payment method, or "
        return Said(words + "add credits once with this one.", is_bad=True, link="add_credits")
    at = locale.moment(retry.at) if retry.at else "soon"
    return Said(f"{method} was declined. It is tried again on {at}.", is_bad=True, link="methods")


def declined(code: str, method: str) -> str:
    """Say why no more is tried with the method."""
    if code in ASKS_CUSTOMER:
        return f"The bank asks for you when {method} is charged, and was not answered."
    if code in NEVER_AGAIN:
        return "Our payment processor refused the charge."
    return f"{method} was declined each time: {decline_sentence(code)}"


def method_words(method: PaymentMethod | None) -> str:
    """Return what the method is called."""
    return method_name(method.brand, method.last4) if method else "your payment method"
