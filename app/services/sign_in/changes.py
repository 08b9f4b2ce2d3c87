"""A changed way in: the audit trail says so, and the member reads it in a mail."""

from collections.abc import Mapping
from typing import Any

import structlog
from sqlalchemy.orm import Session

from app.domain.people.acting import By
from app.models.members import Member
from app.services import audit
from app.services.outbox import member_mails

log = structlog.get_logger()


def note(
    session: Session,
    by: By,
    action: str,
    kind: str,
    *,
    actor: str = "",
    subject: str = "",
    after: Mapping[str, object] | None = None,
    **said: Any,
) -> None:
    """Write in the caller's transaction what was done to the member's sign-in, by the member or by `actor`.

    `kind` is the mail to the member; `said` is what it says beside the time and the place.
    """
    customer = by.customer_id or member_mails.customer_of(session, by.member_id)
    if customer:  # whoever acts for nobody has neither a trail nor a seller who writes
        who, what = actor or by.member_id, subject or by.member_id
        audit.record(session, customer, who, action, what, after=after, address=by.address)
        member = session.get_one(Member, by.member_id)
        member_mails.write(session, customer, kind, member, address=by.address, browser=by.browser, **said)
    log.info(action.replace(".", "_"), member=by.member_id)
