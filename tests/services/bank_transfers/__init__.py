"""Bank transfers."""
