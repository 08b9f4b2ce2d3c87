"""When a tax number is asked about again."""

from datetime import timedelta
from typing import Final

YOUNG: Final = timedelta(days=14)
"""For so long a number that is not known yet is asked about each day: member states are slow to publish new ones."""
DAILY: Final = timedelta(days=1)
SELDOM: Final = timedelta(days=30)
SILENCE: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720))


def after_answer(age: timedelta, *, valid: bool) -> timedelta:
    """Return how long an answer is taken for true; `age` is that of the registration."""
    return SELDOM if valid or age >= YOUNG else DAILY


def after_silence(tries: int, share: int) -> timedelta:
    """Return the wait after so many tries without an answer, up to half as much again.

    `share` is drawn by the caller, 0 to 999 thousandths, so that what failed together does not come back together.
    """
    whole = SILENCE[min(tries, len(SILENCE)) - 1]
    return whole * (2000 + share) / 2000
