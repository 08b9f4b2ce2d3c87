"""Ingest of single usage events: the plain case, counted in one round trip to the database."""
