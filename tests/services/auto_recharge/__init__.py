"""Tests of auto-recharge."""
