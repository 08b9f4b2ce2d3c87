"""Dunning: how an unpaid invoice is collected, and what becomes of the customer who does not pay it."""
