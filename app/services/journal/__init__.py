"""The journal: what a transaction posts, for one customer or for many, written at its end: each table once."""
