"""Who changes how they get in, and from where: as the audit trail and the mail about it say."""

from dataclasses import dataclass


@dataclass(frozen=True)
class By:
    """A member, in the session that goes on."""

    member_id: str
    customer_id: str
    token: str = ""
    """Of the session that goes on."""
    address: str = ""
    browser: str = ""
