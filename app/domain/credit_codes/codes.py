"""Codes for credit: how they are written, whether one may be redeemed now, and how many guesses there are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.errors import Refused
from app.domain.language import _

GUESSES, WINDOW = 5, timedelta(hours=1)
"""So many codes that are none may be typed for a customer within so long."""
LONGEST = 59
"""Thirty letters and digits with a hyphen between each two."""
_CODE = re.compile(r"[A-Z0-9](?:-?[A-Z0-9]){5,29}")


@dataclass(frozen=True, slots=True)
class Terms:
    """A code as the seller made it, and how often it was redeemed."""

    catalog: str
    credit_unit: str
    redeem_until: datetime | None
    most: int | None
    """How many customers may redeem it; None: any number."""
    redeemed: int
    lasts_days: int | None
    """How long the credit lasts from the day it is redeemed; None: for ever."""
    is_withdrawn: bool = False

    def is_open_to(self, catalog: str, credit_unit: str, now: datetime) -> bool:
        """Say whether a customer who buys from the catalog may redeem it now."""
        if self.is_withdrawn or (self.redeem_until is not None and self.redeem_until <= now):
            return False
        is_left = self.most is None or self.redeemed < self.most
        return is_left and (self.catalog, self.credit_unit) == (catalog, credit_unit)

    def expires_at(self, now: datetime) -> datetime | None:
        """Return when credit that is given now ends."""
        return now + timedelta(days=self.lasts_days) if self.lasts_days is not None else None


def no_code() -> Refused:
    """Return the refusal of a code that never was, and of one that is over: nobody learns which codes there are."""
    words = _("This code is not valid, or not any more. Check how it is written.")
    return Refused(words, "credit_code_not_valid", 422, "code")


def normal(typed: str) -> str:
    """Return the code as it is kept, in capitals and without spaces; empty where it cannot be one."""
    text = "".join(typed.split()).upper()
    return text if text.isascii() and _CODE.fullmatch(text) else ""


def check_written(typed: str) -> None:
    """Refuse what nobody meant as a code: nothing at all, or a whole text. It is no guess."""
    letters = len("".join(typed.split()))
    if not letters:
        raise Refused(_("Enter a code."), "credit_code_missing", 422, "code")
    if letters > LONGEST:
        words = _("A code has at most 30 letters and digits, with single hyphens between them.")
        raise Refused(words, "credit_code_too_long", 422, "code")


def next_guess_at(guesses: Sequence[datetime], now: datetime) -> datetime | None:
    """Return when there is another guess, where those of the last hour are used up; else None."""
    within = sorted(each for each in guesses if each > now - WINDOW)
    return within[-GUESSES] + WINDOW if len(within) >= GUESSES else None
