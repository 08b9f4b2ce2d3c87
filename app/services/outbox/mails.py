"""Mails that are due, written in the transaction of the fact that they report. Sending comes after the commit."""

import json
from datetime import timedelta

from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.errors import ensure
from app.domain.mails import KINDS
from app.models.bulk import Row, check_service, insert_new
from app.models.mails import Mail
from app.models.unit_of_work import waiting
from app.services import wake_ups

JOB = "mails_sent"
"""The job that sends them."""


def write(
    session: Session,
    customer_id: str,
    template: str,
    *,
    key: str,
    to: str,
    after: timedelta = timedelta(0),
    **context: object,
) -> None:
    """Add a mail in the caller's transaction, which is a service's.

    `key` names the fact, such as `receipt:pay_…`: one mail for it, written once. `context` says what it is
    about, in words and ids that JSON can hold: `payment`, the payment's id, `email`, the address that is asked, or the
    `rule` and `occasion` of a notice. Everything else is read when the mail is sent, once `after` has passed; what is
    no longer so then is not sent.
    """
    _add(session, _row(session, customer_id, template, None, key, to, after, context))


def row(
    customer_id: str, template: str, *, key: str, to: str, after: timedelta = timedelta(0), **context: object
) -> Row:
    """Return the row of such a mail; who writes it wakes `JOB`."""
    return _made(customer_id, template, None, key, to, after, context)


def write_new(session: Session, customer_id: str, template: str, *, key: str, to: str, **context: object) -> bool:
    """Add a mail as `write` does, and return whether it is new. A statement of its own."""
    return insert_new(session, Mail, _row(session, customer_id, template, None, key, to, timedelta(0), context))


def write_about(
    session: Session, customer_id: str, template: str, member_id: str, *, key: str, to: str, **context: object
) -> None:
    """Add a mail about a member's sign-in, as `write` does: it goes at once, and with the member when they do."""
    _add(session, _row(session, customer_id, template, member_id, key, to, timedelta(0), context))


def _add(session: Session, row: Row) -> None:
    check_service()
    waiting.add(session, {"new_mails": [row]})


def _row(
    session: Session,
    customer_id: str,
    template: str,
    member_id: str | None,
    key: str,
    to: str,
    after: timedelta,
    context: dict[str, object],
) -> Row:
    if not after:
        wake_ups.after_commit(session, JOB)
    return _made(customer_id, template, member_id, key, to, after, context)


def _made(
    customer_id: str,
    template: str,
    member_id: str | None,
    key: str,
    to: str,
    after: timedelta,
    context: dict[str, object],
) -> Row:
    ensure(template in KINDS, f"there is no mail called {template}")
    now = clock.now()
    return {
        "id": ids.new("mail"),
        "customer_id": customer_id,
        "template": template,
        "recipient": to,
        "member_id": member_id,
        "key": key,
        "context": json.dumps(context, sort_keys=True),
        "state": "pending",
        "tries": 0,
        "next_try_at": now + after,
        "problem": "",
        "subject": "",
        "body_text": "",
        "body_html": "",
        "created_at": now,
        "sent_at": None,
    }
