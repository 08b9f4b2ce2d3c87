"""When a member may end the account, and what stands in the way."""

from dataclasses import dataclass

from app.domain.language import _, marked

NAME = marked("Deleted member")
"""How the audit trail names a member who is gone."""


def member_name(kept: str) -> str:
    """Return a member's name as it is read: that of one who is gone is a word of each language."""
    return _(NAME) if kept == NAME else kept


NOBODY = "member@deleted.invalid"
"""What stands in place of the address in a mail that was sent to a member who is gone."""


@dataclass(frozen=True)
class Owned:
    """A customer that nobody but the member owns, as far as it matters here."""

    name: str
    has_plan: bool
    has_unpaid: bool
    is_below_zero: bool
    recharges: bool
    has_other_members: bool


@dataclass(frozen=True)
class Obstacle:
    """Why a member may not leave a customer alone, and what to do first."""

    customer: str
    what: str


def obstacles(owned: list[Owned]) -> list[Obstacle]:
    """Return what is to be done first; nothing where the account may be ended."""
    found = []
    for each in owned:
        said = (
            (each.has_plan, _("It has a paid plan. Cancel it on Plan and wait until it has ended.")),
            (each.has_unpaid, _("An invoice is not paid yet. Pay it on Invoices.")),
            (each.is_below_zero, _("Its credit is below zero. Add credits.")),
            (each.recharges, _("Auto-recharge is on. Switch it off on Auto-recharge.")),
            (each.has_other_members, _("It has other members. Make one of them an owner on Members.")),
        )
        found += [Obstacle(each.name, words) for stands, words in said if stands]
    return found


def anonymous_email(member_id: str) -> str:
    """Return what stands where the address was: nothing can be sent there, and nobody signs in with it."""
    return f"{member_id}@deleted.invalid"
