"""Tests of the rules of dunning."""
