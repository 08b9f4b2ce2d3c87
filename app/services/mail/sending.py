"""Mails to customers: rendered and sent after the fact that each reports is committed (`outbox/mails` wrote it).

Each arrives at least once, always as the same mail (its Message-ID is its row's), or is given up where it can be seen.
"""

import json
import secrets
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain import back_off
from app.domain.errors import NotFound
from app.domain.language import in_english, using
from app.domain.mails import MEMBER_DELETED, SIGN_IN_EMAIL_CHANGED
from app.domain.people.deletion import NOBODY
from app.extensions import settings
from app.gateways import smtp
from app.gateways.smtp import Attachment, Delivered, Letter, Never, NotNow, Outcome, Unreachable
from app.models.database import Moment, db
from app.models.mails import INTERRUPTED, UNKNOWN, Mail
from app.models.members import Member
from app.models.scope import as_service
from app.services import due_rows
from app.services.mail import attachments, payment_text, whose_language
from app.services.mail.attachments import BeingMade
from app.services.mail.payment_text import Words
from app.services.transaction import no_transaction, transaction

log = structlog.get_logger()
MAX_TRIES = 10
LEASE = timedelta(minutes=5)  # longer than one try can take
SLOWLY = 30  # a mail server that is down is so for hours: ten tries take four to eight of them
SHOWN = 50


def send_due(limit: int = 50) -> int:
    """Send mails that are due, at most `limit`; return how many are off the table. Any number of workers may do so."""
    done = 0
    with as_service("send mails"):
        for mail in due_rows.claimed(limit, _claim):
            outcome = _send(mail)
            done += due_rows.one(partial(_finish, mail, outcome), failed="mail_not_noted", mail=mail.id)
            if isinstance(outcome, Unreachable):
                break  # the others keep their tries for when the server is back
    return done


def kept() -> list[Mail]:
    """Return the newest mails of the customer in scope."""
    newest = select(Mail).order_by(Mail.created_at.desc(), Mail.id.desc()).limit(SHOWN)
    return list(db.session.scalars(newest.execution_options(populate_existing=True)))


def get(mail_id: str) -> Mail:
    """Return a mail of the customer in scope, or `NotFound`."""
    mail = (
        db.session.scalars(select(Mail).where(Mail.id == mail_id)).one_or_none() if ids.is_id(mail_id, "mail") else None
    )
    if mail is None:
        raise NotFound("mail")
    return mail


def due(now: Moment) -> Select[Mail]:
    """Ask for mails that are to be tried."""
    return select(Mail).where(Mail.state == "pending", Mail.next_try_at <= now)


def _claim() -> Mail | None:
    """Claim the mail that waits longest; nobody else takes it before the lease is over."""
    now = clock.now()

    def take(mail: Mail) -> Mail:
        if mail.tries and not mail.problem:
            mail.problem = INTERRUPTED  # the try before has never come back to say how it went
        elif mail.problem not in UNKNOWN:
            mail.problem = ""
        mail.tries += 1
        mail.next_try_at = now + LEASE
        return mail

    return due_rows.claim(due(now).order_by(Mail.next_try_at, Mail.id), take)


@in_english
def _send(mail: Mail) -> Outcome | Words | BeingMade | None:
    """Put the mail into words and hand it over; return the words where nothing is sent, None when it is not so now.

    It is in its recipient's language as that is chosen by then; what is attached was made before, in its own.
    """
    if mail.tries > MAX_TRIES:  # the last try has never come back to say how it went
        return Never(INTERRUPTED)
    try:
        context = json.loads(mail.context)
        attached = attachments.of(mail, context, clock.now())
        if isinstance(attached, BeingMade):
            return attached
        name = attached.name if attached else ""
        with using(whose_language.of(mail, context)):
            words = payment_text.of(mail.template, mail.customer_id, context, attached=name)
    except Exception:
        log.exception("mail_failed", id=mail.id)
        return NotNow("failed")
    if words is None or not settings().mail_url:
        return words
    letter = Letter(
        id=mail.id,
        sender=settings().mail_from,
        sender_name=words.sender_name,
        reply_to=words.reply_to,
        recipient=mail.recipient,
        subject=words.subject,
        text=words.text,
        html=words.html,
        written_at=clock.now(),
        attachment=Attachment(attached.name, attached.content) if attached else None,
    )
    no_transaction()
    try:
        return smtp.deliver(settings().mail_url, letter)
    except Exception:  # no mail stops the others
        log.exception("mail_failed", id=mail.id)
        return NotNow("failed")


def _finish(mail: Mail, outcome: Outcome | Words | BeingMade | None) -> bool:
    """Note how it went, unless the lease was over and somebody else has it by now; say whether it is off the table."""
    now = clock.now()
    values: dict[str, object] = {"state": "pending", "problem": ""}
    match outcome:
        case None:
            values |= {"state": "dropped", "problem": mail.problem}
        case BeingMade(again_at=again_at):
            waits = {"problem": mail.problem or "being_made"}
            values |= {"tries": mail.tries - 1, "next_try_at": again_at, **waits}  # to wait is no try
        case Words():
            kept_words = {"subject": outcome.subject[:300], "body_text": outcome.text, "body_html": outcome.html}
            values |= {"state": "sent", "sent_at": now, **kept_words}
        case Delivered():
            values |= {"state": "sent", "sent_at": now}
        case NotNow(why=why) if mail.tries < MAX_TRIES:
            wait = SLOWLY * back_off.wait(mail.tries, secrets.randbelow(1000))
            values |= {"problem": mail.problem or why, "next_try_at": now + wait}
        case NotNow(why=why) | Never(why=why):
            values |= {"state": "dead", "problem": why}
            log.error("mail_dead", id=mail.id, why=why)
    with transaction() as session:
        if values["state"] != "pending" and not settings().demo and _is_last_word(session, mail):
            values |= {"recipient": NOBODY, "context": "{}", "body_text": "", "body_html": ""}
        noted = session.execute(
            update(Mail)
            .where(
                Mail.customer_id == mail.customer_id,
                Mail.id == mail.id,
                Mail.state == "pending",
                Mail.tries == mail.tries,
            )
            .values(**values)
            .returning(Mail.id)
            .execution_options(synchronize_session=False)
        ).scalar_one_or_none()
    return noted is not None and values["state"] != "pending"


def _is_last_word(session: Session, mail: Mail) -> bool:
    """Say whether it was to a member who is no more: it is the last one, and goes. Whoever ends now sees it sent."""
    if mail.template != SIGN_IN_EMAIL_CHANGED or mail.member_id is None:
        return mail.template == MEMBER_DELETED
    ended = select(Member.deleted_at).where(Member.id == mail.member_id)
    return session.scalar(ended.with_for_update(read=True)) is not None
