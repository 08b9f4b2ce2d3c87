"""How long to wait before something that failed is tried again."""

from datetime import timedelta

LONGEST = timedelta(hours=1)


def wait(tries: int, share: int) -> timedelta:
    """Return the wait after so many tries: two seconds, doubled each time up to an hour, between half and all of it.

    `share` is drawn by the caller, 0 to 999 thousandths, so that what failed together does not come back together.
    """
    whole = min(timedelta(seconds=2 ** min(tries, 12)), LONGEST)
    return whole * (500 + share // 2) / 1000
