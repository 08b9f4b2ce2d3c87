"""The spine in a real browser."""
