"""Members: their roles, who acts, and whom to ask."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from app.domain.language import _, marked


class Role(StrEnum):
    """What a member may do for a customer."""

    OWNER = "owner"
    BILLING_MANAGER = "billing_manager"
    VIEWER = "viewer"

    @property
    def may_manage(self) -> bool:
        """Whether the role may change anything and spend."""
        return self is not Role.VIEWER

    @property
    def label(self) -> str:
        """What pages call the role."""
        return _(_LABELS[self])

    @property
    def named(self) -> str:
        """What sentences call the role."""
        return _(_NAMED[self])

    def at_most(self, other: str | None) -> "Role":
        """Return the lesser of the two roles; without another one this one."""
        ranks = list(Role)
        return max(self, Role(other), key=ranks.index) if other else self


_LABELS = {
    Role.OWNER: marked("Owner"),
    Role.BILLING_MANAGER: marked("Billing manager"),
    Role.VIEWER: marked("Viewer"),
}
_NAMED = {
    Role.OWNER: marked("owner"),
    Role.BILLING_MANAGER: marked("billing manager"),
    Role.VIEWER: marked("viewer"),
}


@dataclass(frozen=True)
class Actor:
    """The member who acts, for one customer."""

    member_id: str
    customer_id: str
    role: Role
    name: str = field(repr=False)
    email: str = field(repr=False)
    customer_name: str = field(repr=False)
    theme: str = "system"
    time_zone: str = ""
    language: str = ""
    is_link: bool = False
    """Whether this is nobody, but whoever holds a read-only link: the id and the name are the link's."""

    @property
    def may_manage(self) -> bool:
        """Whether the member may change anything and spend."""
        return self.role.may_manage


@dataclass(frozen=True)
class ByKey:
    """A key of the API that acts for a customer. Its id stands where a member's would."""

    customer_id: str
    member_id: str


class Orderer(Protocol):
    """Who orders or changes something for a customer: a member on a page, or a key of the API."""

    @property
    def customer_id(self) -> str:
        """For whom."""
        ...

    @property
    def member_id(self) -> str:
        """Who, as the audit trail names them."""
        ...


NAMED = 3
"""So many people are named whom a member may ask."""
ANYBODY, ANOTHER = marked("an owner or billing manager"), marked("another owner or billing manager")


def whom(names: Sequence[str]) -> str:
    """Return in words whom to ask: the first of those who may manage, by name; where nobody may, what they would be."""
    named = list(names[:NAMED])
    if len(names) > NAMED:
        named.append(_(ANOTHER))
    *first, last = named or [_(ANYBODY)]
    return _("{some} or {last}", some=", ".join(first), last=last) if first else last
