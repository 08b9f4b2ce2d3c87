"""API tokens of members: what one may do, and how long it may last."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.people.members import Role

READ, WRITE, DELIVERIES = "billing:read", "billing:write", "webhooks:manage"
SCOPES = {
    READ: marked("Read balance, usage, plan, invoices and members"),
    WRITE: marked("Change limits, addresses, plan and payment methods, and buy credit"),
    DELIVERIES: marked("Read what was sent to the webhook, and send it again"),
}
"""What a member may let a token do. The host reports usage and gives credit: no token does."""
_IN_SENTENCES = {
    READ: marked("read balance, usage, plan, invoices and members"),
    WRITE: marked("change limits, addresses, plan and payment methods, and buy credit"),
    DELIVERIES: marked("read what was sent to the webhook, and send it again"),
}
FOR_EVERYBODY = frozenset({READ})
DAYS = (30, 90, 365)
DATE, NEVER = "date", "never"
LONGEST = timedelta(days=366)
"""So long a token lasts at most, where the seller wants each to end."""
LONGEST_NAME = 100
MOST = 50
"""So many tokens that are good now a member may have for a customer."""


def offered(role: Role) -> tuple[str, ...]:
    """Return what a member of this role may let a token do: never more than the member may."""
    return tuple(each for each in SCOPES if role.may_manage or each in FOR_EVERYBODY)


def is_within(scopes: Sequence[str], role: str | None) -> bool:
    """Say whether somebody of this role may have a token of these scopes; nobody without a role may have any."""
    return role is not None and set(scopes) <= set(offered(Role(role)))


def in_words(scopes: Sequence[str]) -> str:
    """Return what a token may do as it is kept, in English: `read …; change …`."""
    return "; ".join(_IN_SENTENCES[each] for each in scopes)


def in_sentence(kept: str) -> str:
    """Return what `in_words` said, in the reader's language."""
    known = _IN_SENTENCES.values()
    return "; ".join(_(each) if each in known else each for each in kept.split("; "))


def checked_scopes(scopes: Sequence[str], role: Role) -> list[str]:
    """Return the scopes in one order, or refuse none at all (422) and more than the role may (403)."""
    wanted = [each for each in SCOPES if each in scopes]
    if not wanted or set(scopes) - set(SCOPES):
        raise Refused(_("Choose what the token may do."), "scope_unknown", 422, "scopes")
    if not is_within(wanted, role):
        words = _("Your role only reads, and so does a token of yours. Choose reading alone.")
        raise Refused(words, "scope_beyond_role", 403, "scopes")
    return wanted


def checked_name(typed: str) -> str:
    """Return the name as it is kept, or refuse it (422)."""
    name = " ".join(typed.split())
    if not name:
        raise Refused(_("Enter a name, such as the program that uses the token."), "name_missing", 422, "name")
    if len(name) > LONGEST_NAME or not name.isprintable():
        most = LONGEST_NAME
        words = _("The name is longer than {most} characters or has an invisible one. Enter another.", most=most)
        raise Refused(words, "name_malformed", 422, "name")
    return name


def end_of(lasts: str, on: date | None, now: datetime, *, may_last: bool) -> datetime | None:
    """Return when a token ends: after so many days, with the UTC day before `on`, or never; refuse (422) the rest."""
    if lasts == NEVER and may_last:
        return None
    if lasts in {str(each) for each in DAYS}:
        return now + timedelta(days=int(lasts))
    if lasts != DATE:
        raise Refused(_("Choose how long the token lasts."), "expiry_unknown", 422, "lasts")
    if on is None:
        raise Refused(_("Enter the day on which it ends."), "expiry_missing", 422, "ends_on")
    if on <= now.date():
        raise Refused(_("Enter a day after today."), "expires_too_soon", 422, "ends_on")
    if on > (now + LONGEST).date() and not may_last:
        raise Refused(_("Enter a day within a year from now."), "expires_too_late", 422, "ends_on")
    return datetime.combine(on, time(), UTC)
