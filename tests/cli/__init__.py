"""The seller's commands."""
