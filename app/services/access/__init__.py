"""Who gets in: members, their sessions, and the seller's API keys."""
