"""Programs that run by a rival's own Python: they know the rival and nothing of the portal."""
