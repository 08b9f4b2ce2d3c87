"""The outside world: a Protocol in our words, then one family of files per system."""
