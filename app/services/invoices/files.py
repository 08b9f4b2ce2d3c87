"""The files of documents: asked for with the number, made by a job (`file_making`), and the same for ever after."""

from collections.abc import Mapping

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.errors import NotFound, NotOffered
from app.models.database import db
from app.models.document_files import DocumentFile
from app.models.documents import Document
from app.services import wake_ups
from app.services.papers import stored

PDF, XML = "pdf", "xml"
CONTENT_TYPES = {PDF: "application/pdf", XML: "application/xml"}
MADE, PENDING, DEAD = stored.MADE, stored.PENDING, stored.DEAD
NotMade = stored.NotMade
StoredFile = stored.StoredFile
are_offered = stored.are_offered


def ask(session: Session, document: Document) -> None:
    """Let the PDF of a document be made, once the transaction that gives it its number is committed."""
    wake_ups.after_commit(session, "files_made")
    session.add(row(document.customer_id, document.id, PDF, {"state": PENDING}))


def row(customer_id: str, document_id: str, kind: str, values: Mapping[str, object]) -> DocumentFile:
    """Return the row of a file that is to be kept."""
    return DocumentFile(
        id=ids.new("file"),
        customer_id=customer_id,
        document_id=document_id,
        kind=kind,
        **({"tries": 0, "next_try_at": clock.now(), "problem": "", "sha256": "", "size": 0} | dict(values)),
    )


def states(document_id: str) -> dict[str, str]:
    """Return how the files of a document of the customer in scope stand, by kind; empty where it has none."""
    none = {PDF: "", XML: ""}
    if not are_offered():
        return none
    wanted = select(DocumentFile.kind, DocumentFile.state).where(DocumentFile.document_id == document_id)
    return none | {row.kind: row.state for row in db.session.execute(wanted)}


def of(document_id: str, kind: str) -> StoredFile:
    """Return a file of a document of the customer in scope as it was made, in one statement.

    Refuses what is not there (`NotFound`), what has no such file (`NotOffered`) and what is being made (`NotMade`).
    """
    if not are_offered():
        raise NotOffered("A file of this kind")
    row = db.session.execute(_STORED, {"of_document": document_id, "of_kind": kind}).one_or_none()
    if row is None:
        raise NotFound("invoice")
    if row.id is None and kind != PDF:
        raise NotOffered("A file of this kind")
    if row.content is None:
        raise NotMade
    content = stored.checked(row.id, row.content, row.sha256)
    return StoredFile(stored.named(row.kind, row.number, kind), CONTENT_TYPES[kind], content, row.sha256)


def name_of(document: Document, kind: str) -> str:
    """Return the file's name: the document's kind and number."""
    return stored.named(document.kind, document.number or "", kind)


_STORED = (
    select(Document.kind, Document.number, DocumentFile.id, DocumentFile.content, DocumentFile.sha256)
    .outerjoin(
        DocumentFile,
        (DocumentFile.customer_id == Document.customer_id)
        & (DocumentFile.document_id == Document.id)
        & (DocumentFile.kind == bindparam("of_kind")),
    )
    .where(Document.id == bindparam("of_document"), Document.number.is_not(None))
)
"""Made once: to put it together takes longer than to run it."""
