"""Documents about what was sold: their lines, tax and totals, numbers, states, and what a credit note returns."""
