"""Notifying hosts: events are sent to endpoints until they arrive."""
