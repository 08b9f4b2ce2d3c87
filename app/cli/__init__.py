"""The seller's commands: `flask portal …`, one file per subject."""
