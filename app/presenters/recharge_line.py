"""What the status line says of auto-recharge while credit is below its threshold and nothing is charged."""

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.auto_recharge.decision import Outcome
from app.domain.auto_recharge.retries import ASKS_CUSTOMER, NEVER_AGAIN
from app.domain.auto_recharge.stops import Stop
from app.domain.money import Credits


def said(stop: Stop, left: Credits, unit: CreditUnit) -> tuple[str, str]:
    """Return the fact, and what follows."""
    below = f"Your credit is {locale.balance(left, unit)}, below {locale.exact(stop.threshold, unit)}."
    if stop.amount is not None:
        return f"An automatic charge of {locale.amount(stop.amount)} waits for your yes.", below
    again = f" The limit starts over on {locale.day(stop.until.date())}." if stop.until is not None else ""
    return f"Auto-recharge has stopped: {_why(stop)}.", f"{below}{again}"


def _why(stop: Stop) -> str:
    if stop.outcome is Outcome.NO_METHOD:
        return "there is no payment method to charge"
    if stop.outcome is Outcome.LIMIT_REACHED:
        return "its limit leaves less than one purchase"
    if stop.outcome is Outcome.NOT_SOLD:
        return "what it was to buy is no longer sold"
    if stop.why in ASKS_CUSTOMER:
        return "your bank asked for you and was not answered"
    return "our payment processor refused the charge" if stop.why in NEVER_AGAIN else "each charge was declined"
