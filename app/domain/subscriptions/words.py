"""How a choice of the plans is written: on pages and in mails alike."""

from app.domain.language import _, marked
from app.domain.subscriptions.choice import Choice, Interval, counted

PER = {Interval.MONTHLY: marked("a month"), Interval.ANNUAL: marked("a year")}
BILLED = {Interval.MONTHLY: marked("billed monthly"), Interval.ANNUAL: marked("billed annually")}


def price_words(price: str, interval: Interval) -> str:
    """Return the price with the time that it is for: `$25.00 a month`."""
    return _("{price} a month", price=price) if interval is Interval.MONTHLY else _("{price} a year", price=price)


def choice_words(choice: Choice) -> str:
    """Return a choice in one line: `Team, billed annually, 5 seats`; `Free`."""
    parts = [choice.plan.title]
    if not choice.plan.is_free and not choice.plan.on_request:
        parts.append(_(BILLED[choice.interval]))
    if choice.plan.seats is not None and choice.plan.seats.max != choice.plan.seats.included:
        parts.append(counted(choice.seats))
    return ", ".join(parts)
