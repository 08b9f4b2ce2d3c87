"""Customers whose month cannot be run now: left alone for a while, so that what cannot be done takes no turns.

As far as this process has tried them: what is due stays due by its row, and a new process tries each once.
"""

import secrets
from datetime import datetime, timedelta

import structlog

from app.domain import back_off

log = structlog.get_logger()
PAUSE = timedelta(minutes=15)
"""So long a customer is left alone whose holds or debt have no room for the plan that it is to have."""
MOST = 10_000
"""So many are left alone at most: they are named in each look for what is due."""
_until: dict[str, datetime] = {}
_failures: dict[str, int] = {}


def pause(customer_id: str, now: datetime) -> None:
    """Leave the customer alone whose month has no room yet."""
    _leave(customer_id, now + PAUSE)


def failed(customer_id: str, now: datetime) -> None:
    """Leave the customer alone whose month cannot be run: each time twice as long, up to an hour."""
    tries = _failures[customer_id] = _failures.get(customer_id, 0) + 1
    until = now + back_off.wait(tries, secrets.randbelow(1000))
    _leave(customer_id, until)
    log.warning("month_left_alone", customer=customer_id, tries=tries, until=until.isoformat())


def over(customer_id: str) -> None:
    """Forget what went wrong: the month was run."""
    _failures.pop(customer_id, None)


def left_alone(now: datetime) -> list[str]:
    """Return who is left alone now."""
    for customer_id in [each for each, until in list(_until.items()) if until <= now]:
        _until.pop(customer_id, None)
    return list(_until)


def has_failed() -> list[str]:
    """Return whose month could not be run: it is run by itself, so that many together do not fail with it."""
    return list(_failures)[:MOST]


def _leave(customer_id: str, until: datetime) -> None:
    if len(_until) < MOST:
        _until[customer_id] = until
