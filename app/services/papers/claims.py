"""Files that are due: each is claimed for a lease, drawn after the commit, and kept by the first that brings it.

Killed before it is kept: it is claimed again when the lease is over. What fails is tried again more and more seldom;
what fails too often is a dead letter, which `flask portal jobs rerun` takes up again.

The newest is made first: somebody waits for it, and nobody for those that an upgrade has found.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock
from app.domain import back_off
from app.extensions import Extension
from app.gateways.pdf.renderer import RenderFailed, Renders
from app.models.document_files import DocumentFile
from app.models.paper_files import PaperFile
from app.services import due_rows
from app.services.papers.stored import DEAD, MADE, PENDING
from app.services.transaction import transaction

log = structlog.get_logger()
MAX_TRIES = 8
LEASE = timedelta(minutes=5)  # longer than a cold start and one document can take
SLOWLY = 15
LONGEST_PROBLEM = 300
the_renderer: Extension[Renders] = Extension("renderer")
Table = type[DocumentFile] | type[PaperFile]


@dataclass(frozen=True)
class Claim:
    """A file that this worker makes."""

    table: Table
    id: str
    customer_id: str
    kind: str
    about: str
    """The document, or the subject of a paper."""
    asked_at: datetime | None
    language: str
    """Of a paper; a document says its own."""
    tries: int


@dataclass(frozen=True)
class Made:
    """What was drawn, and what is kept with it in one transaction."""

    content: bytes
    beside: Callable[[Session], None] | None = None


def make_due(table: Table, limit: int, draw: Callable[[Claim], Made]) -> int:
    """Make files of a table that are due, at most `limit`; return how many. Any number of workers may."""
    made = 0
    for claim in due_rows.claimed(limit, partial(claim_next, table)):
        made += due_rows.one(partial(_make, claim, draw), failed="file_not_noted", file=claim.id)
    return made


def claim_next(table: Table) -> Claim | None:
    """Claim the newest that is due, for one lease and as one more try; put aside what has died over too many."""
    due: Any = select(table).where(table.state == PENDING, table.next_try_at <= (now := clock.now()))

    def take(row: DocumentFile | PaperFile) -> Claim | None:
        about, asked_at, language = (
            (row.subject, row.asked_at, row.language) if isinstance(row, PaperFile) else (row.document_id, None, "")
        )
        if row.tries >= MAX_TRIES:  # the last try has never come back to say how it went
            row.state, row.problem = DEAD, "interrupted"
            log.error("file_dead", id=row.id, about=about, why=row.problem)
            return None
        row.tries += 1
        row.next_try_at = now + LEASE
        return Claim(table, row.id, row.customer_id, row.kind, about, asked_at, language, row.tries)

    return due_rows.claim(due.order_by(table.next_try_at.desc(), table.id.desc()), take)


def _make(claim: Claim, draw: Callable[[Claim], Made]) -> int:
    """Draw the file and keep it; where that fails, say when it is tried again. Say whether it was made."""
    try:
        made = draw(claim)
    except RenderFailed as failed:
        return fail(claim, str(failed))
    except Exception as problem:
        log.exception("file_failed", id=claim.id, about=claim.about)
        return fail(claim, type(problem).__name__)
    return int(keep(claim, made_values(made.content), made.beside))


def made_values(content: bytes) -> dict[str, object]:
    """Return what is kept of a file that is made."""
    sha256 = hashlib.sha256(content).hexdigest()
    kept = {"state": MADE, "content": content, "sha256": sha256, "size": len(content), "made_at": clock.now()}
    return kept | {"problem": ""}


def fail(claim: Claim, why: str) -> int:
    """Note a try that came to nothing."""
    values: dict[str, object] = {"problem": why[:LONGEST_PROBLEM]}
    if claim.tries >= MAX_TRIES:
        values["state"] = DEAD
        log.error("file_dead", id=claim.id, about=claim.about, why=why)
    else:
        values["next_try_at"] = clock.now() + SLOWLY * back_off.wait(claim.tries, secrets.randbelow(1000))
        log.warning("file_not_made", id=claim.id, about=claim.about, why=why)
    keep(claim, values)
    return 0


def keep(claim: Claim, values: dict[str, object], beside: Callable[[Session], None] | None = None) -> bool:
    """Note how it went, unless the lease was over and somebody else has it by now; say whether it was noted.

    What is made `beside` is kept with it, or neither is.
    """
    table = claim.table
    with transaction() as session:
        noted = session.execute(
            update(table)
            .where(
                table.customer_id == claim.customer_id,
                table.id == claim.id,
                table.state == PENDING,
                table.tries == claim.tries,
            )
            .values(**values)
            .returning(table.id)
            .execution_options(synchronize_session=False)
        ).scalar_one_or_none()
        if noted is not None and beside is not None:
            beside(session)
    return noted is not None
