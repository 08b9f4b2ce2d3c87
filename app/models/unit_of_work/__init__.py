"""The unit of work: what a transaction has decided waits, and is written together, each table once."""
