"""Papers beside documents: asked for with their fact or on request, made by a job, and the same for ever after."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from app import clock, ids
from app.domain.errors import NotOffered
from app.extensions import Extension
from app.models.bulk import insert_new
from app.models.database import db
from app.models.paper_files import PaperFile
from app.models.scope import as_customer, as_service
from app.services import wake_ups
from app.services.papers import claims
from app.services.papers.claims import Claim, Made
from app.services.papers.stored import PENDING, NotMade, StoredFile, are_offered, checked
from app.services.transaction import no_transaction

RECEIPT = "receipt"
JOB = "papers_made"


@dataclass(frozen=True)
class Sheet:
    """A paper as HTML, and the moment that stands in its file."""

    html: str
    made_at: datetime


Print = Callable[[Claim], Sheet]
the_paper_printer: Extension[Print] = Extension("paper_printer")
"""What puts a paper into HTML, for the customer in scope: registered from above, where words and templates are."""


def ask(session: Session, customer_id: str, kind: str, subject: str) -> None:
    """Let a paper be made, in the caller's transaction, which is a service's; one that is there stays as it is."""
    wake_ups.after_commit(session, JOB)
    values = {"id": ids.new("paper"), "customer_id": customer_id, "kind": kind, "subject": subject}
    waits = {"asked_at": clock.now(), "state": PENDING, "tries": 0, "next_try_at": clock.now(), "problem": ""}
    insert_new(session, PaperFile, values | waits | {"sha256": "", "size": 0})


def read(kind: str, subject: str, name: str) -> StoredFile:
    """Return a paper of the customer in scope as it was made; `NotMade` until then."""
    wanted = select(PaperFile).where(PaperFile.kind == kind, PaperFile.subject == subject)
    row = db.session.scalars(wanted.options(undefer(PaperFile.content))).one_or_none() if are_offered() else None
    if row is None:
        raise NotOffered("A file of this kind")
    if row.content is None:
        raise NotMade
    return StoredFile(name, "application/pdf", checked(row.id, row.content, row.sha256), row.sha256)


def make_due(limit: int = 20) -> int:
    """Make the papers that are due, at most `limit`; return how many were made. Any number of workers may."""
    if not are_offered():
        return 0
    with as_service("make papers"):
        return claims.make_due(PaperFile, limit, _drawn)


def _drawn(claim: Claim) -> Made:
    with as_customer(claim.customer_id):
        sheet = the_paper_printer()(claim)
    no_transaction()
    return Made(claims.the_renderer().render(sheet.html, made_at=sheet.made_at))
