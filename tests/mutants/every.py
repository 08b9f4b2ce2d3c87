"""All planted bugs: of the ledger and payments, of reversals, of the books, of usage, of limits, and of who gets in."""

from tests.mutants import planted, planted_access, planted_books, planted_limits, planted_reversals, planted_usage

BUGS = [
    *planted.BUGS,
    *planted_reversals.BUGS,
    *planted_books.BUGS,
    *planted_usage.BUGS,
    *planted_limits.BUGS,
    *planted_access.BUGS,
]
