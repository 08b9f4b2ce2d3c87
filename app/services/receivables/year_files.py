"""A year's documents as files: the PDFs and e-invoices as they are kept, read some at a time.

They are there already, so nothing is made for a year: what is sent is the stored bytes, put one behind the other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import undefer

from app import clock
from app.models.database import db
from app.models.document_files import DocumentFile
from app.models.documents import Document
from app.services.invoices import files

AT_ONCE = 20
"""So many files are in memory at most."""


@dataclass(frozen=True)
class FileOfYear:
    """One file, under a name that no other of the year has."""

    name: str
    issued_at: datetime
    content: bytes


def years() -> list[int]:
    """Return the UTC years that the customer in scope has documents of, the newest first."""
    if not files.are_offered():
        return []
    first, last = (select(end(Document.issued_at)).scalar_subquery() for end in (func.min, func.max))
    found = db.session.execute(select(first.label("first"), last.label("last"))).one()
    return list(range(found.last.year, found.first.year - 1, -1)) if found.first and found.last else []


def counts(year: int) -> dict[str, int]:
    """Return how many files of the year's documents there are in each state."""
    wanted = _of(year, select(DocumentFile.state, func.count().label("many")).select_from(Document))
    return {row.state: row.many for row in db.session.execute(wanted.group_by(DocumentFile.state))}


def failed(year: int) -> list[str]:
    """Return the numbers of the year's documents whose PDF could not be made."""
    wanted = _of(year, select(Document.number).select_from(Document)).where(DocumentFile.state == files.DEAD)
    return list(db.session.scalars(wanted.order_by(Document.issued_at, Document.id)))


def every(year: int) -> Iterator[FileOfYear]:
    """Yield every file of the year that is made, the oldest document first."""
    place: tuple[datetime, str] | None = None
    names = set[str]()
    while True:
        wanted = _of(year, select(Document, DocumentFile).select_from(Document).options(undefer(DocumentFile.content)))
        key = (Document.issued_at, DocumentFile.id)
        if place is not None:
            wanted = wanted.where(or_(key[0] > place[0], (key[0] == place[0]) & (key[1] > place[1])))
        rows = db.session.execute(wanted.where(DocumentFile.state == files.MADE).order_by(*key).limit(AT_ONCE)).all()
        for document, file in map(tuple, rows):
            name = files.name_of(document, file.kind)
            if name in names:  # two catalogs of one customer may have given the same number
                name = f"{document.id}-{name}"
            names.add(name)
            yield FileOfYear(name, document.issued_at or clock.now(), file.content or b"")
            place = (document.issued_at, file.id)
        if len(rows) < AT_ONCE:
            return
        db.session.expunge_all()


def _of(year: int, wanted: Any) -> Any:
    begins, ends = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    same = (DocumentFile.customer_id == Document.customer_id, DocumentFile.document_id == Document.id)
    return wanted.join(DocumentFile, same[0] & same[1]).where(Document.issued_at >= begins, Document.issued_at < ends)
