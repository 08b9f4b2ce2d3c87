"""A member ends the account: what lets them in dies at once, what says who they are goes, and what must stay stays.

Invoices, ledger and audit trail are the customer's, and stay: the trail names a deleted member.
"""

import structlog
from sqlalchemy import and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from app import clock, mailboxes
from app.domain.errors import Refused
from app.domain.invoices.documents import Kind, State
from app.domain.language import _
from app.domain.ledger import CREDITS
from app.domain.mails import INVITATION, MEMBER_DELETED, OF_SIGN_IN, SIGN_IN_EMAIL_CHANGED, WEEKLY_DIGEST
from app.domain.people.acting import By
from app.domain.people.deletion import NAME, Obstacle, Owned, anonymous_email, obstacles
from app.domain.people.members import Role
from app.domain.sold_terms import Terms
from app.models.auto_recharge import AutoRechargeSettings
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document
from app.models.ledger import Account
from app.models.mails import Mail
from app.models.members import Member, Membership
from app.models.scope import as_service
from app.models.sign_in import ResetRequest
from app.models.usage import Spending
from app.services import audit
from app.services.access import read_only_links, ssh_keys
from app.services.catalog import versions
from app.services.customers import directory
from app.services.outbox import member_mails
from app.services.people import own_data, team
from app.services.transaction import transaction

log = structlog.get_logger()


def in_the_way(member_id: str) -> list[Obstacle]:
    """Return what the member has to do first."""
    with as_service("see whether a member may leave"):
        return obstacles(_owned(db.session(), member_id))


def left_alone(member_id: str) -> list[str]:
    """Return the names of the customers that nobody can sign in for once the member is gone."""
    with as_service("name the customers that would have no member"):
        return [each.name for each in _owned(db.session(), member_id) if not each.has_other_members]


def delete_member(by: By, typed_email: str) -> None:
    """End the member's account for good, or refuse: (409) while something stands in the way, (422) a wrong address.

    One transaction: sessions, memberships, keys, second factors and mailed links end with the name they were under.
    """
    with as_service("delete a member"), transaction() as session:
        theirs = select(Membership).where(Membership.member_id == by.member_id).order_by(Membership.customer_id)
        acted_for = [each.customer_id for each in session.scalars(theirs).all()]
        for customer_id in acted_for:  # two owners who leave at once: the second one sees the first
            directory.locked(session, customer_id)
        member = session.get_one(Member, by.member_id, with_for_update=True, populate_existing=True)
        if mailboxes.kept(typed_email) != mailboxes.kept(member.email):
            raise Refused(_("Enter the address that you sign in with."), "email_differs", 422, "email")
        found = obstacles(_owned(session, member.id))
        if found:
            words = f"{found[0].customer}: {found[0].what}"
            raise Refused(words, "member_needed", 409)
        where = {"address": by.address, "browser": by.browser, "in_language": member.language}
        member_mails.write(session, by.customer_id, MEMBER_DELETED, member, key=member.id, **where)
        for each in session.scalars(theirs.execution_options(populate_existing=True)).all():
            audit.record(session, each.customer_id, member.id, "member.deleted", member.id, address=by.address)
            team.notify_left(session, each.customer_id, member, Role(each.role))
        _forget(session, member, acted_for)
    log.info("member_deleted", member=by.member_id)


def _forget(session: Session, member: Member, acted_for: list[str]) -> None:
    """End what the member has, and leave nothing that says who it was."""
    email, now = member.email, clock.now()
    ssh_keys.remove_all(session, member.id)
    session.flush()
    for table, column in reversed(list(own_data.tables())):
        if "revoked_at" in table.columns:  # its uses refer to it
            session.execute(
                update(table).where(column == member.id, table.c.revoked_at.is_(None)).values(revoked_at=now)
            )
            session.execute(update(table).where(column == member.id).values(name=""))
        else:
            session.execute(delete(table).where(column == member.id))
    for customer_id in acted_for:
        read_only_links.end_those_of(session, customer_id, member.id, by=member.id)
        team.end_invitations(session, customer_id, member.id)
    session.execute(delete(ResetRequest).where(ResetRequest.email.in_(mailboxes.forms(email))))
    _forget_mails(session, member, acted_for)
    member.email, member.name = anonymous_email(member.id), NAME
    member.password_hash = member.username = None
    member.location = member.company = member.time_zone = member.language = ""
    member.newsletter, member.theme = False, "system"
    member.disabled_at = member.deleted_at = now


def _forget_mails(session: Session, member: Member, acted_for: list[str]) -> None:
    """Send nothing more to any address that the member has, had or asked for, and keep none of them.

    But for the last words: that the account is deleted, and to a former address that another one took its place. They
    go when they are sent (`mail/sending.py`): whoever took an account over does not silence them by ending it.
    """
    own = Mail.member_id == member.id
    former = session.scalars(select(Mail.recipient).where(own, Mail.template == SIGN_IN_EMAIL_CHANGED)).all()
    had = {form for each in (member.email, *former) for form in mailboxes.forms(each)}
    taken = session.scalars(select(Member.email).where(Member.email.in_(sorted(had)), Member.id != member.id)).all()
    addresses = sorted(had - {form for each in taken for form in mailboxes.forms(each)})
    to_them = and_(Mail.customer_id.in_(acted_for), Mail.recipient.in_(addresses))
    last = and_(Mail.template == SIGN_IN_EMAIL_CHANGED, Mail.state == "pending")
    of_them = Mail.template.in_([*(OF_SIGN_IN - {MEMBER_DELETED}), INVITATION, WEEKLY_DIGEST])
    theirs = update(Mail).where(or_(own, to_them), of_them, ~last).execution_options(synchronize_session=False)
    session.execute(theirs.where(Mail.state == "pending").values(state="dropped"))
    session.execute(theirs.values(recipient=anonymous_email(member.id), context="{}", body_text="", body_html=""))


def _owned(session: Session, member_id: str) -> list[Owned]:
    """Return the customers that nobody else owns, as they stand now."""
    another, other = aliased(Membership), aliased(Member)
    others = (
        select(another.member_id)
        .join(other, other.id == another.member_id)
        .where(another.customer_id == Customer.customer_id, another.member_id != member_id, other.disabled_at.is_(None))
    )
    unpaid = exists().where(
        Document.customer_id == Customer.customer_id,
        Document.kind == Kind.INVOICE.value,
        Document.state == State.OPEN.value,
        Document.carried_to_id.is_(None),
    )
    below = exists().where(
        Account.customer_id == Customer.customer_id,
        Account.name == CREDITS,
        Spending.customer_id == Customer.customer_id,
        Account.balance - Spending.unposted_micros < 0,
    )
    recharges = exists().where(
        AutoRechargeSettings.customer_id == Customer.customer_id, AutoRechargeSettings.enabled.is_(True)
    )
    asked = (
        select(Customer, unpaid, below, recharges, others.exists())
        .join(Membership, Membership.customer_id == Customer.customer_id)
        .where(
            Membership.member_id == member_id,
            Membership.role == Role.OWNER.value,
            ~others.where(another.role == Role.OWNER.value).exists(),
        )
        .order_by(Customer.customer_id)
        .execution_options(populate_existing=True)
    )
    return [
        Owned(
            name=customer.name,
            has_plan=not Terms.of(versions.of(customer), customer.plan).plan.is_free,
            has_unpaid=has_unpaid,
            is_below_zero=is_below,
            recharges=is_on,
            has_other_members=has_others,
        )
        for customer, has_unpaid, is_below, is_on, has_others in session.execute(asked)
    ]
