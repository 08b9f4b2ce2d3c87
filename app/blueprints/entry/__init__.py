"""The ways in that have no line in the sidebar."""
