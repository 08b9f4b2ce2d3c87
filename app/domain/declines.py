"""Declined charges: how many in a row are taken to the processor, with one method and for one customer.

Who tries many in a few seconds tries stolen cards, or has a program that does not stop; either is refused before the
processor hears of it, as saving methods is (`domain/methods.py`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.domain.errors import Refused

WITHIN = timedelta(hours=1)
MOST_OF_METHOD, MOST_OF_CUSTOMER = 5, 15
"""So many declines in an hour, since the last charge that was paid; the next one waits until the first is older."""
TOO_MANY = "too_many_declines"


def again_at(tries: Sequence[datetime], most: int, now: datetime) -> datetime | None:
    """Return when the next charge may be tried, or None: now. `tries` are those since the last that was paid."""
    late = sorted(each for each in tries if each > now - WITHIN)
    return late[-most] + WITHIN if len(late) >= most else None


def check(of_method: Sequence[datetime], of_customer: Sequence[datetime], now: datetime) -> None:
    """Refuse (429) one more charge after too many that were declined, and say when to try again."""
    method, customer = again_at(of_method, MOST_OF_METHOD, now), again_at(of_customer, MOST_OF_CUSTOMER, now)
    if customer is not None:
        words = "Too many payments were declined in the last hour. Nothing was charged."
        raise Refused(f"{words} Try again {_in(customer, now)}.", TOO_MANY, 429, "method")
    if method is not None:
        words = "This payment method was declined too often in the last hour. Nothing was charged."
        raise Refused(f"{words} Use another one, or try again {_in(method, now)}.", TOO_MANY, 429, "method")


def _in(moment: datetime, now: datetime) -> str:
    minutes = -((now - moment) // timedelta(minutes=1))
    return "in a minute" if minutes <= 1 else f"in {minutes} minutes"
