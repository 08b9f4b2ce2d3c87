"""Credit has come: who uses it at once, in the same transaction, registers here from above.

Purchases, grants and what comes back say so at the end of what they do, and import nothing of invoices.
"""

from collections.abc import Callable
from datetime import datetime

from app.domain.errors import ensure
from app.services.ledger.posting import Books

Use = Callable[[Books, datetime], object]
_uses: list[Use] = []


def uses(function: Use) -> Use:
    """Register the function that uses credit as it comes; there is one."""
    ensure(not _uses, "credit is used already")
    _uses.append(function)
    return function


def came(books: Books, now: datetime) -> None:
    """Say that credit has come, once all that came with it is written; the caller commits."""
    for use in _uses:
        use(books, now)
