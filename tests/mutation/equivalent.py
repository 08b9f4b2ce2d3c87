"""Mutants that nobody can find, because they do the same: each with the reason. `python -m tests.mutation` names others."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Equivalent:
    """A change of a line, by its text, in any function of the file."""

    file: str
    old: str
    new: str
    why: str


EQUIVALENT: tuple[Equivalent, ...] = ()
