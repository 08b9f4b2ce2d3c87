"""Mutants: each small change of a rule, made by a tool, must turn a test red. What survives is read by a person."""
