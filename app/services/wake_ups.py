"""Wake a worker once a transaction is committed. A wake-up may be lost: the next sweep finds the rows."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from app.domain.errors import ensure
from app.extensions import Extension
from app.gateways.queue import Queue

_WANTED = "wake_ups"
AUTOMATIC_CHARGES = "automatic_charges_made"
"""The job that asks the rule of auto-recharge where that is due."""
COLLECTION = "invoices_collected"
"""The job that collects what is due of unpaid invoices."""
FILES = "files_made"
"""The job that draws the files of documents."""
WOKEN = (
    AUTOMATIC_CHARGES,
    COLLECTION,
    FILES,
    "events_spread",
    "mails_sent",
    "papers_made",
    "password_resets_written",
    "profiles_sent",
    "tax_numbers_checked",
    "webhooks_sent",
    "webhooks_worked",
)
"""The jobs that a worker is woken for. The others wait for the next look at the rows."""
queue: Extension[Queue] = Extension("queue")


def after_commit(session: Session, job: str) -> None:
    """Let the job (one of `WOKEN`) be done soon after the caller's transaction is committed, and only then."""
    ensure(queue().knows(job), f"no such job: {job}")  # now: after the commit nothing may fail any more
    session.info.setdefault(_WANTED, set()).add(job)


def forget(session: Session) -> None:
    """Forget what was asked for in a transaction that is over."""
    session.info.pop(_WANTED, None)


def send(session: Session) -> None:
    """Wake the workers for the transaction that has just been committed."""
    send_each(session.info.pop(_WANTED, ()))


def send_each(jobs: Collection[str]) -> None:
    """Wake the workers for these: what they have to do is committed."""
    for job in sorted(jobs):
        queue().wake(job)
