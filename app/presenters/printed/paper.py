"""The paper that a document is drawn on: Letter where CLDR says so, A4 elsewhere."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Paper:
    """A sheet, in millimetres, and its name in CSS."""

    name: str
    width: int
    height: int


A4 = Paper("A4", 210, 297)
LETTER = Paper("letter", 216, 279)
LETTER_COUNTRIES = frozenset({"BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE"})
"""Where offices have Letter, by CLDR's `paperSize`."""


def of(*countries: str) -> Paper:
    """Return the paper of the first country that is known: the customer prints it, so theirs comes first."""
    known = next((each for each in countries if each), "")
    return LETTER if known in LETTER_COUNTRIES else A4
