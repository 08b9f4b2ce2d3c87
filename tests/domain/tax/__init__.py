"""Tests of the rules of tax."""
