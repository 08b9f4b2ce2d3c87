"""Tests of the rules of auto-recharge."""
