"""What other pages say of auto-recharge: why nothing is charged, and what becomes of it without a payment method."""

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.auto_recharge.decision import Outcome
from app.domain.auto_recharge.retries import ASKS_CUSTOMER, NEVER_AGAIN
from app.domain.auto_recharge.stops import Stop
from app.domain.auto_recharge.terms import Terms
from app.domain.language import _
from app.domain.money import Credits


def said(stop: Stop, left: Credits, unit: CreditUnit) -> tuple[str, str]:
    """Return the fact, and what follows."""
    if stop.outcome is Outcome.MONEY_WENT_BACK:
        after = _("Nothing is charged automatically until you switch it on again.")
        if stop.at is None:
            return _("Auto-recharge was switched off: an automatic charge was refunded or is disputed."), after
        fact = _(
            "Auto-recharge was switched off on {day}: an automatic charge was refunded or is disputed.",
            day=locale.day(stop.at.date()),
        )
        return fact, after
    if stop.outcome is Outcome.ABOVE_LIMIT:
        threshold = locale.exact(stop.threshold, unit)
        after = _("Nothing is bought when your credit is below {threshold}.", threshold=threshold)
        return _("Auto-recharge has stopped: {why}.", why=_why(stop)), after
    below = _(
        "Your credit is {amount}, below {threshold}.",
        amount=locale.balance(left, unit),
        threshold=locale.exact(stop.threshold, unit),
    )
    if stop.amount is not None:
        return _("An automatic charge of {amount} waits for your yes.", amount=locale.amount(stop.amount)), below
    fact = _("Auto-recharge has stopped: {why}.", why=_why(stop))
    if stop.until is None:
        return fact, below
    again = _("The limit starts over on {day}.", day=locale.day(stop.until.date()))
    return fact, f"{below} {again}"


def without(method_id: str, *, is_default: bool, others: int, terms: Terms | None) -> str:
    """Say what becomes of auto-recharge once the method is removed; nothing where it does not charge it."""
    if terms is None or not (method_id == terms.method_id or (is_default and not terms.method_id)):
        return ""
    if others and terms.other_methods:
        return _("Auto-recharge charges it, and will charge another saved method instead.")
    if others and not terms.method_id:
        return _("Auto-recharge charges your default payment method, and will charge the new one.")
    return _("Auto-recharge charges it: without it, nothing is charged automatically, and credit can run out.")


def _why(stop: Stop) -> str:
    if stop.outcome is Outcome.NO_METHOD:
        return _("there is no payment method to charge")
    if stop.outcome is Outcome.LIMIT_REACHED:
        return _("its limit leaves less than one purchase")
    if stop.outcome is Outcome.ABOVE_LIMIT:
        return _("with its tax, one purchase comes to more than the limit")
    if stop.outcome is Outcome.NOT_SOLD:
        return _("what it was to buy is no longer sold")
    if stop.why in ASKS_CUSTOMER:
        return _("your bank asked for you and was not answered")
    return _("our payment processor refused the charge") if stop.why in NEVER_AGAIN else _("each charge was declined")
