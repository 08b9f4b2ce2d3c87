"""Read-only links: how long they last, and what they are called."""

from app.domain.errors import Refused
from app.domain.language import _

DAYS = (7, 30, 90)
MOST_LINKS = 20
LONGEST_NAME = 100


def checked_name(text: str) -> str:
    """Return the name as it is kept, or refuse (422) one that nobody could read."""
    named = " ".join(text.split())
    if not 1 <= len(named) <= LONGEST_NAME or not named.isprintable():
        words = _("Say whom the link is for, in at most {most} characters.", most=LONGEST_NAME)
        raise Refused(words, "name_malformed", 422, "name")
    return named


def checked_days(days: int) -> int:
    """Return how many days a link lasts, or refuse (422)."""
    if days not in DAYS:
        raise Refused(_("Choose 7, 30 or 90 days."), "days_unknown", 422, "days")
    return days
