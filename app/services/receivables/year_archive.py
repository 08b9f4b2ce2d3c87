"""All files of a year as one ZIP: those of its documents and the receipts of what was paid in it, as they are kept.

Nothing is made for it but what is still being made anyway: how far that is can be asked, and a mail comes when all are
there. docs/decisions/0038-a-year-is-sent-as-it-is-kept.md says why it is sent and not stored.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from app import clock
from app.domain.errors import NotFound, NotOffered, Refused
from app.domain.language import _, marked, ngettext
from app.domain.mails import YEAR_FILES
from app.domain.people.members import Actor
from app.models.database import db
from app.models.scope import as_customer, as_service
from app.services.outbox import mails
from app.services.papers import stored
from app.services.receivables import receipts, year_files
from app.services.receivables.year_files import FileOfYear
from app.services.transaction import transaction

FIRST_YEAR, LAST_YEAR, DIGITS = 2000, 9000, 4
NOT_MADE = marked("These PDFs could not be made. Your seller sees this, and makes them as soon as it is mended.")


class NotAllMade(Refused):
    """Some files of the year are still being made."""

    def __init__(self, year: int, pending: int) -> None:
        words = ngettext(
            "{n} PDF is still being made for {year}. Try again in a moment.",
            "{n} PDFs are still being made for {year}. Try again in a moment.",
            pending,
            year=year,
        )
        super().__init__(words, "file_not_made", 409)


@dataclass(frozen=True)
class Progress:
    """How many files of a year are made, how many are being made, and the numbers of those that could not be."""

    made: int
    pending: int
    failed: list[str]

    @property
    def total(self) -> int:
        """How many there are."""
        return self.made + self.pending + len(self.failed)


def year_of(text: str) -> int:
    """Return the year that an address names, in ASCII digits: Python reads those of every script. Else `NotFound`."""
    if not (len(text) == DIGITS and text.isascii() and text.isdigit()):
        raise NotFound("document of this year")
    return int(text)


def progress(year: int) -> Progress:
    """Return how far the files of a year of the customer in scope are, or `NotFound` where it has no document."""
    if not stored.are_offered():
        raise NotOffered("A file of this kind")
    if not FIRST_YEAR <= year <= LAST_YEAR or year not in year_files.years():
        raise NotFound("document of this year")
    counts, failed = year_files.counts(year), year_files.failed(year)
    for state, count in receipts.counts(*_ends(year)).items():
        counts[state] = counts.get(state, 0) + count
    failed += receipts.failed(*_ends(year)) if counts.get(stored.DEAD, 0) > len(failed) else []
    return Progress(counts.get(stored.MADE, 0), counts.get(stored.PENDING, 0), failed)


def files(year: int) -> Iterator[FileOfYear]:
    """Return every file of the year that is made, the oldest document first; refuse while any is being made."""
    found = progress(year)
    if found.pending:
        raise NotAllMade(year, found.pending)
    return _files(year, found.failed, _(NOT_MADE))  # read while it is sent, when the language has ended


def _files(year: int, failed: list[str], note: str) -> Iterator[FileOfYear]:
    yield from year_files.every(year)
    yield from receipts.every(*_ends(year))
    if failed:
        yield FileOfYear("not-made.txt", clock.now(), "\n".join((note, *failed, "")).encode())


def mail_when_made(actor: Actor, year: int) -> Progress:
    """Let a mail be sent to the member when all files of the year are there; once, however often it is asked for."""
    found = progress(year)
    if found.pending:
        key = f"{YEAR_FILES}:{year}:{actor.member_id}:{found.total}"
        with as_service("write a mail about the files of a year"), transaction() as session:
            mails.write(session, actor.customer_id, YEAR_FILES, key=key, to=actor.email, year=year)
    return found


def is_pending(customer_id: str, year: int) -> bool:
    """Say whether files of the year are still being made, to the mail that waits for them."""
    with as_customer(customer_id):
        try:
            return progress(year).pending > 0
        except NotFound:  # none are made or offered any more
            return False
        finally:
            db.session.rollback()


def _ends(year: int) -> tuple[datetime, datetime]:
    return datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
