"""The PDF of a pro-forma: made while the order waits for money and its account is known; the same for ever after.

It asks for what is missing. When that changes another paper is made, and the one before is kept.
"""

from app.domain.bank_transfers.allocation import Standing
from app.domain.errors import NotOffered
from app.models.paper_files import PaperFile
from app.services.bank_transfers import accounts, orders
from app.services.bank_transfers.orders import Ordered
from app.services.papers import papers, stored
from app.services.papers.stored import NotMade, StoredFile


def ask(customer_id: str, pro_forma_id: str) -> str:
    """Let the pro-forma of the customer in scope be made for what is missing, and return the paper's id.

    Of an order that waits for no money it is the last that was asked for. Refuses (`NotOffered`) where there is none,
    and (`NotMade`) while the account is not known yet.
    """
    found = orders.read(pro_forma_id)
    asked = papers.latest(papers.PRO_FORMA, pro_forma_id)
    subject = _subject(found) if found.standing is Standing.WAITING else None
    if asked is not None and (subject is None or asked.subject == subject):
        return asked.id
    if not stored.are_offered() or subject is None:
        raise NotOffered("A PDF of an order that waits for no money")
    if accounts.read() is None:
        raise NotMade
    return papers.request(customer_id, papers.PRO_FORMA, subject)


def file(customer_id: str, pro_forma_id: str) -> StoredFile:
    """Return the pro-forma as it was made, also when it is paid long since; ask where nobody has (`NotMade`)."""
    return papers.file(ask(customer_id, pro_forma_id))


def of_subject(subject: str) -> tuple[Ordered, int]:
    """Return the order that a paper is about, and how much it asks for in minor units: all of it, or what it says."""
    pro_forma_id, _colon, minor = subject.partition(papers.PART)
    found = orders.read(pro_forma_id)
    return found, int(minor) if minor else found.pro_forma.amount_minor


def state_of(paper: PaperFile) -> tuple[Standing, bool]:
    """Return where the order of a paper is, and whether the paper asks for what is to be sent for it now."""
    found, _minor = of_subject(paper.subject)
    is_waiting = found.standing is Standing.WAITING
    return found.standing, is_waiting and paper.subject == _subject(found)


def _subject(found: Ordered) -> str | None:
    """Return what a paper made now is about; None where nothing is missing any more."""
    row, minor = found.pro_forma, orders.missing_for(found)
    if not minor:
        return None
    return row.id if minor == row.amount_minor else f"{row.id}{papers.PART}{minor}"
