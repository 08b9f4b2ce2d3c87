"""Dead letters: what failed too often to be retried, to be seen, and to be run again once the cause is gone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from app import clock
from app.domain.errors import NotFound
from app.models.database import db
from app.models.document_files import DocumentFile
from app.models.events import InboxEvent, OutboxEvent
from app.models.mails import Mail
from app.models.paper_files import PaperFile
from app.models.scope import as_service
from app.models.webhooks import WebhookDelivery
from app.services import wake_ups
from app.services.transaction import transaction

Row = InboxEvent | OutboxEvent | Mail | WebhookDelivery | DocumentFile | PaperFile

KINDS: dict[str, tuple[type[Row], str]] = {
    "webhook": (InboxEvent, "new"),
    "mail": (Mail, "pending"),
    "event": (OutboxEvent, "pending"),
    "delivery": (WebhookDelivery, "pending"),
    "file": (DocumentFile, "pending"),
    "paper": (PaperFile, "pending"),
}
"""The table of each kind, and the state of what is still to be done. `event` is an event for hosts, and a
`delivery` takes it to one of them; a `file` is the PDF of a document, a `paper` that of
a receipt, a statement, a pro-forma or a mandate."""
WOKEN = {
    "webhook": "webhooks_worked",
    "mail": "mails_sent",
    "event": "events_spread",
    "delivery": "webhooks_sent",
    "file": "files_made",
    "paper": "papers_made",
}
COUNTED_ON = ("webhook", "delivery")
"""Kinds whose tries go on from where they were; the others are counted from the beginning."""


@dataclass(frozen=True)
class DeadLetter:
    """One row that failed too often to be retried."""

    kind: str
    id: str
    about: str
    tries: int
    problem: str
    since: datetime


@dataclass(frozen=True)
class Backlog:
    """How much of one kind there is to do."""

    kind: str
    waiting: int
    """Not done yet, whether it is due or waits for its next try."""
    oldest: datetime | None
    """Since when the first of those has been due."""
    dead: int


def backlogs() -> list[Backlog]:
    """Return how many rows of each kind wait, and how many are dead letters."""
    with as_service("count what is to be done"):
        return [_backlog(kind) for kind in KINDS]


def listed(limit: int = 100) -> list[DeadLetter]:
    """Return the dead letters, of each kind the first `limit`, the oldest first."""
    found = []
    with as_service("look at what was put aside"):
        for kind, (table, _open) in KINDS.items():
            rows: Iterable[Row] = db.session.scalars(
                select(table).where(table.state == "dead").order_by(table.next_try_at, table.id).limit(limit)
            )
            found += [_letter(kind, row) for row in rows]
    return sorted(found, key=lambda letter: (letter.since, letter.id))


def run_again(letter_id: str = "") -> int:
    """Let one dead letter be tried again, or without an id all of them; return how many."""
    again = 0
    with as_service("run again what was put aside"), transaction() as session:
        for kind, (table, open_state) in KINDS.items():
            dead = [table.state == "dead", *([table.id == letter_id] if letter_id else [])]
            now_open = {"state": open_state, "next_try_at": clock.now(), "problem": ""}
            now_open |= {} if kind in COUNTED_ON else {"tries": 0}
            now_open |= {"done_at": None} if kind == "delivery" else {}
            moved = session.scalars(
                update(table)
                .where(*dead)
                .values(**now_open)
                .returning(table.id)
                .execution_options(synchronize_session=False)
            ).all()
            again += len(moved)
            if moved and kind in WOKEN:
                wake_ups.after_commit(session, WOKEN[kind])
    if letter_id and not again:
        raise NotFound("dead letter")
    return again


def _backlog(kind: str) -> Backlog:
    table, open_state = KINDS[kind]
    waiting, oldest = db.session.execute(
        select(func.count(table.id), func.min(table.next_try_at)).where(table.state == open_state)
    ).one()
    dead = db.session.scalar(select(func.count(table.id)).where(table.state == "dead"))
    return Backlog(kind, waiting, oldest, dead or 0)


def _letter(kind: str, row: Row) -> DeadLetter:
    match row:
        case InboxEvent():
            about = f"{row.type} {row.object_id}"
        case OutboxEvent() | WebhookDelivery():
            about = f"{row.type} {row.customer_id}"
        case Mail():
            about = f"{row.template} {row.customer_id}"
        case DocumentFile():
            about = f"{row.kind} {row.document_id}"
        case PaperFile():
            about = f"{row.kind} {row.subject}"
    return DeadLetter(kind, row.id, about, row.tries, row.problem, row.next_try_at)
