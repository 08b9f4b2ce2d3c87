"""Tests of authorizations."""
