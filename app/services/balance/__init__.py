"""What the books say, to read."""
