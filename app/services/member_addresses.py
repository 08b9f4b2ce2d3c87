"""Which member has an e-mail address, in whichever form it was typed or is kept (`app.mailboxes`)."""

from sqlalchemy import ColumnElement, ScalarSelect, select
from sqlalchemy.orm import Session

from app import mailboxes
from app.domain.errors import Refused
from app.models.members import Member


def whose(email: str) -> ScalarSelect[str]:
    """Return the id of the member with this mailbox, or null.

    Where an older version made two members of one mailbox, it is the one whose address is kept as it was typed.
    """
    forms = mailboxes.forms(email)
    return select(Member.id).where(has(email)).order_by(Member.email != forms[0]).limit(1).scalar_subquery()


def has(email: str) -> ColumnElement[bool]:
    """Say of a member whether this mailbox is theirs."""
    return Member.email.in_(mailboxes.forms(email))


def ask_free(session: Session, email: str) -> None:
    """Refuse (409) an address that a member has. Of two who make one at once, the unique key refuses the second."""
    if session.scalar(select(whose(email))) is not None:
        raise taken()


def taken() -> Refused:
    """Return the refusal of an address that a member has."""
    return Refused("There is a member with this e-mail address already.", "email_taken", 409, "email")
