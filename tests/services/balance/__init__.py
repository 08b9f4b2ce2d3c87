"""Balance: what remains of what, and what an entry of the history was."""
