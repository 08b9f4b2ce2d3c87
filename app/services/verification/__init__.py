"""Proving the books again, from the raw rows."""
