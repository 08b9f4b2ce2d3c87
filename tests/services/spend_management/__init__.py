"""Tests of spend_management."""
