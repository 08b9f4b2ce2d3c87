"""The use cases: one function is one use case, in one transaction."""
