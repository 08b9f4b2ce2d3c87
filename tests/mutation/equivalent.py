"""Mutants that nobody can find, because they do the same: each with the reason. `python -m tests.mutation` names others."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Equivalent:
    """A change of a line, by its text, in any function of the file."""

    file: str
    old: str
    new: str
    why: str


DIGITS = "the text holds no X: it was matched before"

EQUIVALENT: tuple[Equivalent, ...] = (
    Equivalent(
        "app/domain/amounts_in_json.py",
        'decimals = f"{rest:06d}".rstrip("0").ljust(2, "0")',
        'decimals = f"{rest:06d}".rstrip("XX0XX").ljust(2, "0")',
        "digits hold no X",
    ),
    Equivalent(
        "app/domain/amounts_in_json.py",
        'whole, _, rest = text.lstrip("-").partition(".")',
        'whole, _, rest = text.lstrip("XX-XX").partition(".")',
        DIGITS,
    ),
    Equivalent(
        "app/domain/authorizations.py",
        "over = (moment + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)",
        "over = (moment + timedelta(days=1)).replace(hour=0, minute=0, second=0, )",
        "the part of a second that stays is taken off again, and the rest was rounded up to the same second",
    ),
    Equivalent(
        "app/domain/back_off.py",
        "whole = min(timedelta(seconds=2 ** min(tries, 12)), LONGEST)",
        "whole = min(timedelta(seconds=2 ** min(tries, 13)), LONGEST)",
        "2 to the 12th is longer than the longest wait already",
    ),
    Equivalent(
        "app/domain/people.py",
        'if lower in _COMMON or lower in {email, email.partition("@")[0]} or len(set(password)) < 3:',
        'if lower in _COMMON or lower in {email, email.rpartition("@")[0]} or len(set(password)) < 3:',
        "an address that is kept has one @",
    ),
    Equivalent(
        "app/domain/processor_amounts.py",
        "return 0 if currency in _NONE else 3 if currency in _THREE else exponent(currency)",
        "return 0 if currency in _NONE else 3 if (currency in _THREE) and False else exponent(currency)",
        "ISO 4217 gives these five three decimals too",
    ),
    Equivalent(
        "app/domain/typed_numbers.py",
        'if used[-1] in ".," and len(last) != 3 and 0 < len(last) <= field.decimals and used.count(used[-1]) == 1:',
        'if used[-1] in "XX.,XX" and len(last) != 3 and 0 < len(last) <= field.decimals and used.count(used[-1]) == 1:',
        "a mark is one of those that were looked for: X is none",
    ),
)
