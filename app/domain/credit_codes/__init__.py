"""Codes for credit: what the seller gives away, and who may have it."""
