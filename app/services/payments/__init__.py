"""Collecting an amount."""
