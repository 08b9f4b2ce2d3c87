"""What customers have of the plans, and how it changes."""
