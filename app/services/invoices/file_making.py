"""Makes the files of documents that are asked for: drawn beside the database, and kept with their SHA-256.

A file is claimed for a lease and drawn after the commit, in a process of its own (`gateways/pdf`). Killed before it is
kept: it is claimed again when the lease is over, and drawn again, from a document that has not changed. Only the first
that is kept counts. What fails is tried again more and more seldom; what fails too often is a dead letter, which
`flask portal jobs rerun` takes up again.

The newest is made first: somebody waits for it, and nobody for those that an upgrade has found.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy import select, update

from app import clock
from app.domain import back_off
from app.extensions import Extension
from app.gateways.pdf.renderer import RenderFailed, Renders
from app.models.document_files import DocumentFile
from app.models.scope import as_service
from app.services import due_rows
from app.services.invoices import e_invoices, files, reads
from app.services.invoices.reads import DocumentParts
from app.services.transaction import no_transaction, transaction

log = structlog.get_logger()
MAX_TRIES = 8
LEASE = timedelta(minutes=5)  # longer than a cold start and one document can take
SLOWLY = 15
LONGEST_PROBLEM = 300
Print = Callable[[DocumentParts], str]
the_printer: Extension[Print] = Extension("printer")
"""What puts a document into HTML: registered from above, where words and templates are."""
the_renderer: Extension[Renders] = Extension("renderer")


@dataclass(frozen=True)
class _Claim:
    id: str
    customer_id: str
    document_id: str
    tries: int


def make_due(limit: int = 20) -> int:
    """Make the files that are due, at most `limit`; return how many were made. Any number of workers may."""
    if not files.are_offered():
        return 0
    made = 0
    with as_service("make files of documents"):
        for claim in due_rows.claimed(limit, _claim):
            made += due_rows.one(partial(_make, claim), failed="file_not_noted", file=claim.id)
    return made


def _claim() -> _Claim | None:
    """Claim the newest that is due, for one lease and as one more try; put aside what has died over too many."""
    due = select(DocumentFile).where(
        DocumentFile.state == files.PENDING, DocumentFile.next_try_at <= (now := clock.now())
    )

    def take(row: DocumentFile) -> _Claim | None:
        if row.tries >= MAX_TRIES:  # the last try has never come back to say how it went
            row.state, row.problem = files.DEAD, "interrupted"
            log.error("file_dead", id=row.id, document=row.document_id, why=row.problem)
            return None
        row.tries += 1
        row.next_try_at = now + LEASE
        return _Claim(row.id, row.customer_id, row.document_id, row.tries)

    return due_rows.claim(due.order_by(DocumentFile.next_try_at.desc(), DocumentFile.id.desc()), take)


def _make(claim: _Claim) -> int:
    """Draw the document and keep the file; where that fails, say when it is tried again. Say whether it was made."""
    try:
        pdf, xml = _drawn(claim.document_id)
    except RenderFailed as failed:
        return _fail(claim, str(failed))
    except Exception as problem:
        log.exception("file_failed", id=claim.id, document=claim.document_id)
        return _fail(claim, type(problem).__name__)
    return int(_keep(claim, _made(pdf), _made(xml) if xml else None))


def _made(content: bytes) -> dict[str, object]:
    sha256 = hashlib.sha256(content).hexdigest()
    kept = {"state": files.MADE, "content": content, "sha256": sha256, "size": len(content), "made_at": clock.now()}
    return kept | {"problem": ""}


def _drawn(document_id: str) -> tuple[bytes, bytes | None]:
    """Return the PDF of a document, and the e-invoice that lies in it too; None where it has none."""
    parts = reads.one(document_id)
    html, made_at = the_printer()(parts), parts.document.issued_at or clock.now()
    no_transaction()
    return e_invoices.with_e_invoice(parts, the_renderer().render(html, made_at=made_at), made_at)


def _fail(claim: _Claim, why: str) -> int:
    values: dict[str, object] = {"problem": why[:LONGEST_PROBLEM]}
    if claim.tries >= MAX_TRIES:
        values["state"] = files.DEAD
        log.error("file_dead", id=claim.id, document=claim.document_id, why=why)
    else:
        values["next_try_at"] = clock.now() + SLOWLY * back_off.wait(claim.tries, secrets.randbelow(1000))
        log.warning("file_not_made", id=claim.id, document=claim.document_id, why=why)
    _keep(claim, values)
    return 0


def _keep(claim: _Claim, values: dict[str, object], xml: dict[str, object] | None = None) -> bool:
    """Note how it went, unless the lease was over and somebody else has it by now; say whether it was noted.

    The e-invoice is kept with the PDF, or neither is.
    """
    with transaction() as session:
        noted = session.execute(
            update(DocumentFile)
            .where(
                DocumentFile.customer_id == claim.customer_id,
                DocumentFile.id == claim.id,
                DocumentFile.state == files.PENDING,
                DocumentFile.tries == claim.tries,
            )
            .values(**values)
            .returning(DocumentFile.id)
            .execution_options(synchronize_session=False)
        ).scalar_one_or_none()
        if noted is not None and xml is not None:
            session.add(files.row(claim.customer_id, claim.document_id, files.XML, xml))
    return noted is not None
