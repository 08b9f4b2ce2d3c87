"""Tests of the way to the payment processor."""
