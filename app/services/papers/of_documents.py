"""The row of a document's stored file: read by itself, or with the question for the session that asks for it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, SQLColumnExpression, and_, bindparam, case, null

from app.models.document_files import DocumentFile
from app.models.documents import Document

DOCUMENT, KIND, KNOWN = "of_document", "of_kind", "of_known"
COLUMNS = (
    Document.kind,
    Document.number,
    DocumentFile.id,
    DocumentFile.sha256,
    # Who has it already is sent no bytes, so none are read.
    case((DocumentFile.sha256 != bindparam(KNOWN), DocumentFile.content), else_=null()),
)
OF_KIND = and_(
    DocumentFile.customer_id == Document.customer_id,
    DocumentFile.document_id == Document.id,
    DocumentFile.kind == bindparam(KIND),
)
IS_IT = and_(Document.id == bindparam(DOCUMENT), Document.number.is_not(None))


@dataclass(frozen=True)
class FileAsked:
    """Which file of which document is asked for, and the SHA-256 of the one that whoever asks has already, if any."""

    document_id: str
    kind: str
    known: str = ""

    @property
    def values(self) -> dict[str, str]:
        """What the statement is given."""
        return {DOCUMENT: self.document_id, KIND: self.kind, KNOWN: self.known}


@dataclass(frozen=True)
class FileRow:
    """What was found: nothing (no number), a document without the file (no id), one to be made (no SHA-256), or it."""

    document_kind: str | None
    number: str | None
    id: str | None
    sha256: str | None
    content: bytes | None
    """None also where whoever asks has it."""


def beside(question: Select[*tuple[Any, ...]], customer_id: SQLColumnExpression[str]) -> Select[*tuple[Any, ...]]:
    """Return the question with the file's columns behind its own; they are null where that customer has no such one."""
    asked = question.add_columns(*COLUMNS)
    return asked.outerjoin(Document, and_(Document.customer_id == customer_id, IS_IT)).outerjoin(DocumentFile, OF_KIND)
