"""The PDF of a pro-forma: made while the order waits for money and its account is known; the same for ever after."""

from app.domain.bank_transfers.allocation import Standing
from app.domain.errors import NotOffered
from app.services.bank_transfers import accounts, orders
from app.services.papers import papers, stored
from app.services.papers.stored import NotMade, StoredFile


def ask(customer_id: str, pro_forma_id: str) -> str:
    """Let the pro-forma of the customer in scope be made, and return the paper's id.

    Refuses (`NotOffered`) an order that asks for no money, and (`NotMade`) one whose account is not known yet.
    """
    found = orders.read(pro_forma_id)
    known = papers.find(papers.PRO_FORMA, pro_forma_id)
    if known is not None:
        return known.id
    if not stored.are_offered() or found.standing is not Standing.WAITING:
        raise NotOffered("A PDF of an order that waits for no money")
    if accounts.read() is None:
        raise NotMade
    return papers.request(customer_id, papers.PRO_FORMA, pro_forma_id)


def file(customer_id: str, pro_forma_id: str) -> StoredFile:
    """Return the pro-forma as it was made, also when it is paid long since; ask where nobody has (`NotMade`)."""
    return papers.file(ask(customer_id, pro_forma_id))
