"""The way to the payment processor."""
