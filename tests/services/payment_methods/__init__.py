"""Tests of payment_methods."""
