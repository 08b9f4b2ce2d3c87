"""What Auto-recharge says: how it stands in one sentence, the limit's use, and the question that waits."""

from dataclasses import dataclass, replace
from datetime import datetime

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.auto_recharge.caution import Why
from app.domain.auto_recharge.decision import Outcome, waits_for_yes
from app.domain.auto_recharge.retries import ASKS_CUSTOMER, NEVER_AGAIN
from app.domain.auto_recharge.stops import STOPS
from app.domain.language import _, marked
from app.domain.money import Credits, Money
from app.domain.payments import PaymentState, decline_sentence, method_name
from app.domain.tax import words as tax_words
from app.domain.top_ups import TopUp
from app.models.auto_recharge import AutoRechargeDecision, AutoRechargeQuestion
from app.models.payments import PaymentMethod
from app.services.auto_recharge.standing import Standing
from app.services.auto_recharge.stop import Stopped

METHOD = marked("your payment method")
"""One that is not known by name."""


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
        marked("The money of an automatic charge went back: auto-recharge is being switched off."), is_bad=True
    ),
    Outcome.NO_METHOD: Said(
        marked("There is no payment method that can be charged. Add one, and it goes on."), is_bad=True, link="methods"
    ),
    Outcome.NOT_SERVED: Said(marked("Nothing is charged automatically while your account is not served."), is_bad=True),
    Outcome.PLAN_ENDS: Said(
        marked(
            "Your plan is cancelled: nothing is charged automatically. Keep the plan on the Plan page, and it goes on. "
            "It is switched off when the plan ends."
        )
    ),
    Outcome.NOT_SOLD: Said(marked("What it was to buy is no longer sold. Choose something else below."), is_bad=True),
}
"""What is said whatever the figures are."""


def title(found: Standing) -> str:
    """Say whether it is on, off or has stopped: what stands above and below it never says another thing."""
    if not found.terms.enabled:
        return _("Auto-recharge is off")
    return _("Auto-recharge has stopped") if found.decision.outcome in STOPS else _("Auto-recharge is on")


def said(found: Standing, unit: CreditUnit, last: AutoRechargeDecision | None = None) -> Said:
    """Say how it stands; `last` is the decision that was kept last, which may have switched it off."""
    facts, outcome = found.facts, found.decision.outcome
    if outcome is Outcome.OFF:
        return _off(found, last)
    if outcome in _FIXED:
        fixed = _FIXED[outcome]
        return replace(fixed, sentence=_(fixed.sentence))
    if outcome is Outcome.ABOVE_LIMIT and facts.one is not None:
        return _above_limit(facts.one, facts.terms.period_limit)
    if outcome is Outcome.UNDER_WAY:
        return _under_way(found)
    if outcome in {Outcome.SUSPENDED, Outcome.RETRY_LATER}:
        return _after_declines(found)
    has, at = locale.balance(facts.remaining, unit), locale.exact(facts.terms.threshold, unit)
    if outcome is Outcome.ENOUGH:
        enough = _(
            "Nothing is due: your credit is {amount}, and {threshold} or more is enough.", amount=has, threshold=at
        )
        return Said(enough) if facts.remaining >= facts.terms.threshold else _arriving(found, has, at, unit)
    below = _("Your credit is {amount}, below {threshold}.", amount=has, threshold=at)
    if outcome is Outcome.QUIET:
        return Said(f"{below} {_quiet(found.decision.look_again)}")
    if outcome in {Outcome.ASKS, Outcome.REFUSED}:
        return _waiting(found, below)
    if outcome is Outcome.LIMIT_REACHED:
        words = _(
            "Your credit is below {threshold}, and what the limit leaves ({left}) is less than one purchase. Nothing "
            "is charged automatically before {day}, unless you raise the limit.",
            threshold=at,
            left=locale.amount(facts.left),
            day=locale.day(facts.period_ends.date()),
        )
        return Said(words, is_bad=True)
    charged = _(
        "Your credit is {amount}, below {threshold}: {charge} is charged to {method} in a moment.",
        amount=has,
        threshold=at,
        charge=locale.amount(found.decision.purchase.amount if found.decision.purchase else facts.left),
        method=method_words(found.method),
    )
    return Said(charged)


def _quiet(until: datetime | None) -> str:
    if until is None:
        return _("Quiet hours: nothing is charged before they end.")
    return _("Quiet hours: nothing is charged before {moment}.", moment=locale.moment(until))


def _above_limit(one: TopUp, limit: Money) -> Said:
    """Say what one purchase comes to with its tax, why tax is added, and what makes it possible again."""
    costs = _(
        "One purchase comes to {amount}, more than your limit of {limit}.",
        amount=tax_words.amount_with_tax(one.treatment, one.price.tax, locale.amount(one.amount), locale.number),
        limit=locale.amount(limit),
    )
    why = tax_words.why(one.treatment) if one.price.tax.amount_minor else ""
    after = _("Nothing is charged automatically until you raise the limit or buy less at once.")
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
            return _(
                "Stopped. The last automatic charge of {amount} had just been paid: its credit is yours.", amount=amount
            )
        return _(
            "Stopped: no new automatic charge begins. One of {amount} is with the bank already and can no longer be "
            "called back. If it is paid, its credit is yours.",
            amount=amount,
        )
    if found.given_up is not None:
        amount = locale.amount(Money(found.given_up.amount_minor, found.given_up.currency))
        return _(
            "Stopped. The open automatic charge of {amount} is given up: nothing is charged for it.", amount=amount
        )
    return _("Stopped: nothing is charged automatically any more, and nothing is on its way.")


def _under_way(found: Standing) -> Said:
    payment = found.under_way
    if payment is None:
        return Said(_("An automatic charge is on its way."))
    amount = locale.amount(Money(payment.amount_minor, payment.currency))
    if payment.state == PaymentState.REQUIRES_ACTION:
        words = _(
            "Your bank asks you to confirm an automatic charge of {amount}. Nothing else is charged meanwhile.",
            amount=amount,
        )
        return Said(words, is_bad=True, link="payment")
    if payment.state == PaymentState.PROCESSING and payment.rail == "sepa_debit":
        words = _(
            "{amount} is on its way by SEPA direct debit, which takes days. Nothing else is charged meanwhile.",
            amount=amount,
        )
        return Said(words, link="payment")
    return Said(_("An automatic charge of {amount} is on its way.", amount=amount), link="payment")


def question(found: Standing, asked: AutoRechargeQuestion | None, unit: CreditUnit) -> Question | None:
    """Return the question that waits for an answer; None where none does, or its charge is not due any more."""
    if asked is None or asked.state != "open" or not waits_for_yes(found.facts, found.now):
        return None
    amount = Money(asked.amount_minor, found.facts.used.currency)
    if asked.why == Why.LARGE:
        words = _("You asked to be asked before an automatic charge of this size.")
    else:
        used, usual = (locale.amount(Credits(each), unit) for each in (asked.used_today_micros, asked.usual_micros))
        words = _(
            "Use is far above the usual: {used} on one day, and at most {usual} on one of the days before.",
            used=used,
            usual=usual,
        )
    return Question(asked.id, amount, words, asked.until)


def _off(found: Standing, last: AutoRechargeDecision | None) -> Said:
    """Say that it is off; with what is on its way still, or what switched it off."""
    if found.under_way is not None:
        begun, nothing_new = _under_way(found), _("Nothing new is charged automatically.")
        return replace(begun, sentence=f"{nothing_new} {begun.sentence}")
    is_last = last is not None and last.settings_version == found.terms.version - 1
    if last is not None and is_last and last.outcome == Outcome.MONEY_WENT_BACK:
        words = _(
            "Switched off on {day}, because an automatic charge was refunded or is disputed. Nothing is charged "
            "automatically until you switch it on again.",
            day=locale.day(last.at.date()),
        )
        return Said(words, is_bad=True)
    return Said(_("Nothing is charged automatically."))


def _arriving(found: Standing, has: str, at: str, unit: CreditUnit) -> Said:
    """Say that what is on its way is enough: an automatic charge, or credit that was bought by hand."""
    if found.under_way is not None:
        return _under_way(found)
    more = locale.amount(found.facts.in_flight, unit)
    words = _(
        "Your credit is {amount}, below {threshold}. {more} more is on its way, so nothing else is charged.",
        amount=has,
        threshold=at,
        more=more,
    )
    return Said(words)


def _waiting(found: Standing, begins: str) -> Said:
    if found.decision.outcome is Outcome.REFUSED:
        words = _("You said no to a charge: nothing is charged automatically before tomorrow.")
        if found.decision.look_again:
            until = locale.moment(found.decision.look_again)
            words = _("You said no to a charge: nothing is charged automatically before {moment}.", moment=until)
    else:
        words = _("The next automatic charge waits for your yes. You can add credits yourself.")
    return Said(f"{begins} {words}", is_bad=True)


def _after_declines(found: Standing) -> Said:
    retry, method = found.facts.retry, method_words(found.method)
    if retry.suspended_by:
        words = _("Nothing is tried any more. Use another payment method, or add credits once with this one.")
        return Said(f"{declined(retry.suspended_by, method)} {words}", is_bad=True, link="add_credits")
    words = _("{method} was declined. It is tried again soon.", method=method)
    if retry.at:
        at = locale.moment(retry.at)
        words = _("{method} was declined. It is tried again on {moment}.", method=method, moment=at)
    return Said(words, is_bad=True, link="methods")


def declined(code: str, method: str) -> str:
    """Say why no more is tried with the method."""
    if code in ASKS_CUSTOMER:
        return _("The bank asks for you when {method} is charged, and was not answered.", method=method)
    if code in NEVER_AGAIN:
        return _("Our payment processor refused the charge.")
    return _("{method} was declined each time: {why}", method=method, why=decline_sentence(code))


def method_words(method: PaymentMethod | None) -> str:
    """Return what the method is called."""
    return method_name(method.brand, method.last4) if method else _(METHOD)
