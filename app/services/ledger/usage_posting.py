"""Usage of one customer that was accepted and is not posted yet goes to the ledger, before anything else is posted.

What is due at midnight is posted for many customers at once (`usage/posting_schedule`), by the same function.
"""

from datetime import datetime

from app.services.journal import usage
from app.services.journal.writing import Writes
from app.services.ledger.posting import Books


def post(books: Books, now: datetime) -> int:
    """Post what the customer of the books has used and nothing has posted; return in how many rows of the history.

    It is used already, so it goes even below the floor and leaves a debt. It was accepted before any grant that is due
    now began or expired, so it burns all that is left in grants, those whose time is over too.
    """
    if books.spending.unposted_micros == 0:
        return 0
    in_hand = {books.customer_id: books.in_memory()}
    found = usage.read(books.session, [books.customer_id], accounts=in_hand).get(books.customer_id)
    if found is None:
        return 0
    writes = Writes()
    entries = usage.decide(writes, books.customer_id, found, now)
    writes.write(books.session)
    return len(entries)
