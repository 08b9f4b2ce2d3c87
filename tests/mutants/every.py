"""All planted bugs, of each subject."""

from tests.mutants import (
    planted,
    planted_access,
    planted_books,
    planted_evidence,
    planted_explained,
    planted_invoicing,
    planted_limits,
    planted_outside,
    planted_pages,
    planted_rails,
    planted_recharge,
    planted_reversals,
    planted_running,
    planted_tax,
    planted_terms,
    planted_usage,
)

BUGS = [
    *planted.BUGS,
    *planted_reversals.BUGS,
    *planted_books.BUGS,
    *planted_usage.BUGS,
    *planted_limits.BUGS,
    *planted_outside.BUGS,
    *planted_access.BUGS,
    *planted_evidence.BUGS,
    *planted_running.BUGS,
    *planted_pages.BUGS,
    *planted_rails.BUGS,
    *planted_terms.BUGS,
    *planted_recharge.BUGS,
    *planted_tax.BUGS,
    *planted_explained.BUGS,
    *planted_invoicing.BUGS,
]
