"""All planted bugs: of the ledger and payments, and of usage and limits."""

from tests.mutants import planted, planted_usage

BUGS = [*planted.BUGS, *planted_usage.BUGS]
