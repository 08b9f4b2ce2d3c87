"""Tests of the rules of codes for credit."""
