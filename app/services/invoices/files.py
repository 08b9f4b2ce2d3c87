"""The files of documents: asked for with the number, made by a job (`file_making`), and the same for ever after."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.errors import NotFound, NotOffered
from app.models.database import db
from app.models.document_files import DocumentFile
from app.models.documents import Document
from app.models.unit_of_work import waiting
from app.services import wake_ups
from app.services.papers import of_documents, stored
from app.services.papers.of_documents import FileAsked, FileRow

PDF, XML = "pdf", "xml"
CONTENT_TYPES = {PDF: "application/pdf", XML: "application/xml"}
MADE, PENDING, DEAD = stored.MADE, stored.PENDING, stored.DEAD
NotMade = stored.NotMade
StoredFile = stored.StoredFile
are_offered = stored.are_offered


def ask(session: Session, document: Document) -> None:
    """Let the PDF of a document be made, once the transaction that gives it its number is committed."""
    wake_ups.after_commit(session, wake_ups.FILES)
    waiting.add(session, {"new_document_files": [asked(document.customer_id, document.id)]})


def asked(customer_id: str, document_id: str) -> dict[str, Any]:
    """Return the row of a PDF that is to be made; who writes it wakes `wake_ups.FILES`."""
    return waiting.whole(DocumentFile, _values(customer_id, document_id, PDF) | {"state": PENDING})


def row(customer_id: str, document_id: str, kind: str, values: Mapping[str, object]) -> DocumentFile:
    """Return the row of a file that is to be kept."""
    return DocumentFile(**(_values(customer_id, document_id, kind) | dict(values)))


def _values(customer_id: str, document_id: str, kind: str) -> dict[str, Any]:
    key = {"id": ids.new("file"), "customer_id": customer_id, "document_id": document_id, "kind": kind}
    return key | {"tries": 0, "next_try_at": clock.now(), "problem": "", "sha256": "", "size": 0}


def states(document_id: str) -> dict[str, str]:
    """Return how the files of a document of the customer in scope stand, by kind; empty where it has none."""
    none = {PDF: "", XML: ""}
    if not are_offered():
        return none
    wanted = select(DocumentFile.kind, DocumentFile.state).where(DocumentFile.document_id == document_id)
    return none | {row.kind: row.state for row in db.session.execute(wanted)}


def of(document_id: str, kind: str, found: FileRow | None = None, known: str = "") -> StoredFile:
    """Return a file of a document of the customer in scope as it was made: one statement, or none where it was `found`.

    Refuses what is not there (`NotFound`), what has no such file (`NotOffered`) and what is being made (`NotMade`).
    Whoever has it, by its SHA-256, is given no bytes.
    """
    if not are_offered():
        raise NotOffered("A file of this kind")
    row = found or _read(FileAsked(document_id, kind, known))
    if row.document_kind is None or row.number is None:
        raise NotFound("invoice")
    if row.id is None and kind != PDF:
        raise NotOffered("A file of this kind")
    if row.id is None or not row.sha256:
        raise NotMade
    content = b"" if row.content is None else stored.checked(row.id, row.content, row.sha256)
    return StoredFile(stored.named(row.document_kind, row.number, kind), CONTENT_TYPES[kind], content, row.sha256)


def _read(asked: FileAsked) -> FileRow:
    row = db.session.execute(_STORED, asked.values).one_or_none()
    return FileRow(*row) if row else FileRow(None, None, None, None, None)


def name_of(document: Document, kind: str) -> str:
    """Return the file's name: the document's kind and number."""
    return stored.named(document.kind, document.number or "", kind)


_STORED = select(*of_documents.COLUMNS).outerjoin(DocumentFile, of_documents.OF_KIND).where(of_documents.IS_IT)
"""Made once: to put it together takes longer than to run it."""
