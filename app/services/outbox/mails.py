"""Mails that are due, written in the transaction of the fact that they report. Sending comes after the commit."""

import json
from datetime import timedelta

from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.errors import ensure
from app.domain.mails import KINDS
from app.models.bulk import insert_new
from app.models.mails import Mail
from app.services import wake_ups


def write(
    session: Session,
    customer_id: str,
    template: str,
    *,
    key: str,
    to: str,
    after: timedelta = timedelta(0),
    member_id: str | None = None,
    **context: object,
) -> bool:
    """Add a mail in the caller's transaction, which is a service's; return whether it is new.

    `key` names the fact, such as `receipt:pay_…`: one mail for it, written once. `context` says what it is
    about, in words and ids that JSON can hold: `payment`, the payment's id, `email`, the address that is asked, or the
    `rule` and `occasion` of a notice. Everything else is read when the mail is sent, once `after` has passed; what is
    no longer so then is not sent. `member_id` is given where it is about that member's sign-in.
    """
    ensure(template in KINDS, f"there is no mail called {template}")
    now = clock.now()
    if not after:
        wake_ups.after_commit(session, "mails_sent")
    return insert_new(
        session,
        Mail,
        {
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
        },
    )
