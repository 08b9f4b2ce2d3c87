"""All planted bugs: of the ledger and payments, reversals, the books, usage, limits, who gets in, and of running it."""

from tests.mutants import (
    planted,
    planted_access,
    planted_books,
    planted_limits,
    planted_reversals,
    planted_running,
    planted_usage,
)

BUGS = [
    *planted.BUGS,
    *planted_reversals.BUGS,
    *planted_books.BUGS,
    *planted_usage.BUGS,
    *planted_limits.BUGS,
    *planted_access.BUGS,
    *planted_running.BUGS,
]
