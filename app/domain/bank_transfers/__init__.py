"""Bank transfers: where a customer sends money, what moved its cash at the processor, and what a sum pays."""
