"""Postal addresses: which fields a country's have, how they are printed, and what is asked about before one is kept."""
