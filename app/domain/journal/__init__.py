"""The journal: what one transaction posts, decided in memory before any of it is written."""
