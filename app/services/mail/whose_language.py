"""In whose language a mail is put into words: its recipient's, as it is chosen when the mail is sent.

A mail about a sign-in names its member; rows of older releases are found by the addresses that they name.
"""

from typing import Any

from sqlalchemy import ScalarSelect, select

from app import mailboxes
from app.domain.language import ENGLISH, offered
from app.domain.mails import INVITATION, MEMBER_DELETED, OF_SIGN_IN, TO_THE_SELLER
from app.models.customers import Customer
from app.models.database import db
from app.models.mails import Mail
from app.models.members import Member, Membership
from app.models.people import Invitation


def of(mail: Mail, context: dict[str, Any]) -> str:
    """Return the language that the recipient chose, or the customer's, or English: the first one that is offered."""
    if mail.template in TO_THE_SELLER:
        return ENGLISH
    wanted = [_of_the_recipient(mail, context), *_of_others(mail), Customer.language]
    chosen = db.session.execute(select(*wanted).where(Customer.customer_id == mail.customer_id)).one_or_none()
    kept = str(context.get("in_language", "")) if mail.template == MEMBER_DELETED else ""
    return next((known for each in (kept, *(chosen or ())) if each and (known := offered(each))), ENGLISH)


def _of_the_recipient(mail: Mail, context: dict[str, Any]) -> ScalarSelect[str]:
    """Return what the member chose who has the address; for what is no mail to a member, as one of the customer's."""
    address = mailboxes.kept(mail.recipient)
    if mail.template in OF_SIGN_IN:
        addresses = {address, *(mailboxes.kept(str(context.get(each, ""))) for each in ("email", "new_email"))}
        is_theirs = Member.email.in_(sorted(addresses - {""})) | (Member.id == mail.member_id)
        whose = select(Member.language).where(is_theirs)
        return whose.order_by(Member.email != address).limit(1).scalar_subquery()
    whose = select(Member.language).where(Member.email == address)
    if mail.template != INVITATION:
        here = (Membership.member_id == Member.id) & (Membership.customer_id == mail.customer_id)
        whose = whose.join(Membership, here)
    return whose.scalar_subquery()


def _of_others(mail: Mail) -> list[ScalarSelect[str]]:
    """Return what whoever invites chose: somebody who is asked to join may have chosen nothing."""
    if mail.template != INVITATION:
        return []
    asked = (Invitation.customer_id == mail.customer_id) & (Invitation.email == mail.recipient)
    return [select(Member.language).join(Invitation, Member.id == Invitation.invited_by).where(asked).scalar_subquery()]
