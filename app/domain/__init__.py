"""The rules: pure functions and frozen values. README.md has the glossary and the invariants."""
