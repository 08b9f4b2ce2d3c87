"""Metering: events are counted once, priced, and posted."""
