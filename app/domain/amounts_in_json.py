"""How credits are written for programs: decimal text in units, so that no float ever holds them."""

import re

from app.domain.money import MICROS, Credits

PATTERN = r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$"
_CREDITS = re.compile(PATTERN[1:-1], re.ASCII)
_TOO_MANY = re.compile(r"-?[0-9]{13,}(\.[0-9]{1,6})?", re.ASCII)


def credits_text(value: Credits) -> str:
    """Return the credits exactly, with at least two decimals and a point: `25.00`, `-0.000001`."""
    whole, rest = divmod(abs(value.micros), MICROS)
    decimals = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"{'-' if value.micros < 0 else ''}{whole}.{decimals}"


def parse_credits(text: str) -> Credits:
    """Read credits as `credits_text` writes them, with or without decimals, or raise `ValueError` with words."""
    if _TOO_MANY.fullmatch(text):
        raise ValueError("Credits are at most 999999999999.999999.")
    if not _CREDITS.fullmatch(text):
        raise ValueError('Write credits as decimal text with at most 6 decimals, such as "12.345678".')
    whole, _, rest = text.lstrip("-").partition(".")
    micros = int(whole) * MICROS + int(rest.ljust(6, "0"))
    return Credits(-micros if text.startswith("-") else micros)
