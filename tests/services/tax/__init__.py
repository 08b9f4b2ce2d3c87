"""Tests of tax registrations and decisions."""
