"""Who may manage whom: owners everybody, billing managers may ask viewers in."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.errors import Forbidden, Refused
from app.domain.language import _, marked
from app.domain.people.members import Role

INVITATION_LASTS = timedelta(days=7)
MOST_INVITATIONS = 50
"""So many may wait at once for a customer: the page shows them all."""
NOT_AN_OWNER = marked("Only an owner may do this. Ask one, or your seller where there is none.")


@dataclass(frozen=True)
class TeamMember:
    """A member as the customer's other members see them."""

    id: str
    name: str
    email: str
    role: Role
    disabled: bool
    joined_at: datetime
    seen_at: datetime | None


def may_invite(role: Role, invited: Role) -> bool:
    """Say whether who has the role may ask somebody in as `invited`."""
    return role is Role.OWNER or (role is Role.BILLING_MANAGER and invited is Role.VIEWER)


def ask_may_invite(role: Role, invited: Role) -> None:
    """Refuse (403) an invitation that the role may not make, send again or withdraw."""
    if not may_invite(role, invited):
        raise Forbidden(_("A billing manager may invite viewers. Ask an owner to invite anybody else."))


def ask_owner(role: Role) -> None:
    """Refuse (403) whoever is no owner."""
    if role is not Role.OWNER:
        raise Forbidden(_(NOT_AN_OWNER))


def last_owner() -> Refused:
    """Return what is said where a customer would have no owner any more."""
    return Refused(_("This is the last owner. Make somebody else an owner first."), "last_owner", 409, "role")
