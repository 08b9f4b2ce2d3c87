"""Papers beside documents: asked for with their fact or on request, made by a job, and the same for ever after."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from app import clock, ids
from app.domain.errors import NotFound, NotOffered, Refused
from app.domain.language import _
from app.extensions import Extension
from app.models.bulk import insert_new
from app.models.customers import Customer
from app.models.database import db
from app.models.paper_files import PaperFile
from app.models.scope import as_customer, as_service
from app.services import wake_ups
from app.services.papers import claims, stored
from app.services.papers.claims import Claim, Made
from app.services.papers.stored import PENDING, NotMade, StoredFile, are_offered, checked
from app.services.transaction import no_transaction, transaction

RECEIPT, STATEMENT, PRO_FORMA, MANDATE = "receipt", "statement", "pro_forma", "mandate"
PART = ":"
"""What stands in a subject between the id and what of it the paper is about."""
JOB = "papers_made"
MOST_A_DAY = 100
"""So many statements a customer's members and keys may ask for in a day: each is kept, and there may be any number.
Whoever may only look takes half of them at most, so that who manages is never kept from one."""


@dataclass(frozen=True)
class Sheet:
    """A paper as HTML, and the moment that stands in its file."""

    html: str
    made_at: datetime


Print = Callable[[Claim], Sheet]
the_paper_printer: Extension[Print] = Extension("paper_printer")
"""What puts a paper into HTML, for the customer in scope: registered from above, where words and templates are."""


def ask(session: Session, customer: Customer, kind: str, subject: str) -> None:
    """Let a paper be made, in the caller's transaction, which is a service's; one that is there stays as it is."""
    wake_ups.after_commit(session, JOB)
    values = {"id": ids.new("paper"), "customer_id": customer.customer_id, "kind": kind, "subject": subject}
    values |= {"language": customer.language}
    waits = {"asked_at": clock.now(), "state": PENDING, "tries": 0, "next_try_at": clock.now(), "problem": ""}
    insert_new(session, PaperFile, values | waits | {"sha256": "", "size": 0})


def request(customer_id: str, kind: str, subject: str, *, may_manage: bool = True) -> str:
    """Let a paper be made that a member or a program asks for, and return its id; what is there is not made again."""
    if not are_offered():
        raise NotOffered("A file of this kind")
    same = (PaperFile.customer_id == customer_id, PaperFile.kind == kind, PaperFile.subject == subject)
    with as_service("ask for a paper"), transaction() as session:
        # Held until it is asked for, so that those who ask at once are counted one by one.
        own = select(Customer).where(Customer.customer_id == customer_id).execution_options(populate_existing=True)
        customer = session.scalars(own.with_for_update(key_share=True)).one()
        known = session.scalar(select(PaperFile.id).where(*same))
        if known is not None:
            return known
        if kind == STATEMENT:
            _ask_for_few(session, customer_id, MOST_A_DAY if may_manage else MOST_A_DAY // 2)
        ask(session, customer, kind, subject)
        return session.scalars(select(PaperFile.id).where(*same)).one()


def _ask_for_few(session: Session, customer_id: str, most: int) -> None:
    today = PaperFile.asked_at > clock.now() - timedelta(days=1)
    asked = select(func.count()).where(PaperFile.customer_id == customer_id, PaperFile.kind == STATEMENT, today)
    if (session.scalar(asked) or 0) >= most:
        said = _("At most {most} statements can be made as PDFs in a day.", most=most)
        raise Refused(said, "too_many_papers", 429)


def find(kind: str, subject: str) -> PaperFile | None:
    """Return a paper of the customer in scope without its content; None where nobody has asked for it."""
    wanted = select(PaperFile).where(PaperFile.kind == kind, PaperFile.subject == subject)
    return db.session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()


def latest(kind: str, about: str) -> PaperFile | None:
    """Return the paper about an id that was asked for last, without its content, of the customer in scope."""
    is_about = (PaperFile.subject == about) | PaperFile.subject.startswith(f"{about}{PART}", autoescape=True)
    found = select(PaperFile).where(PaperFile.kind == kind, is_about).execution_options(populate_existing=True)
    return db.session.scalars(found.order_by(PaperFile.asked_at.desc(), PaperFile.id.desc()).limit(1)).first()


def wanted(customer_id: str, kind: str, subject: str) -> StoredFile:
    """Return a paper of the customer in scope as it was made; one that nobody has asked for is asked for: `NotMade`."""
    if find(kind, subject) is None:
        request(customer_id, kind, subject)
    return read(kind, subject, stored.named(kind, subject, "pdf"))


def head(paper_id: str) -> PaperFile:
    """Return a paper of the customer in scope without its content, or `NotFound`."""
    row = db.session.scalars(select(PaperFile).where(PaperFile.id == paper_id)).one_or_none()
    if row is None:
        raise NotFound("paper")
    return row


def file(paper_id: str) -> StoredFile:
    """Return a paper of the customer in scope by its id, as it was made; `NotMade` until then."""
    row = head(paper_id)
    return read(row.kind, row.subject, stored.named(row.kind, row.subject, "pdf"))


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
