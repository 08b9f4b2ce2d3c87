"""All planted bugs: of the ledger and payments, of the books, and of usage and limits."""

from tests.mutants import planted, planted_books, planted_usage

BUGS = [*planted.BUGS, *planted_books.BUGS, *planted_usage.BUGS]
