"""Killed processes and a processor that misbehaves."""
