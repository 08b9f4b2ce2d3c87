"""The customer's own limits."""
