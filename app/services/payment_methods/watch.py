"""Who has to know that a customer's saved methods change, in the same transaction: the room above registers here.

Methods change under the customer's lock, which comes after that of its books: who needs those takes them first.
"""

from collections.abc import Callable

from sqlalchemy.orm import Session

Changed = Callable[[], None]
"""What is called once the methods are as they are to be."""
Watch = Callable[[Session, str], Changed | None]
"""Takes the session and the customer, before anything of theirs is locked; None: it need not know."""
_watches: list[Watch] = []
_UNDER_WAY = "purser_methods"


def watches(function: Watch) -> Watch:
    """Register what has to know."""
    _watches.append(function)
    return function


def begin(session: Session, customer_id: str) -> None:
    """Let everybody lock what they need, once in a transaction; the caller locks the customer next."""
    transaction = session.get_transaction()
    known, found = session.info.get(_UNDER_WAY, (None, {}))
    if known is not transaction:
        found = {}
    if customer_id not in found:
        found[customer_id] = [each for watch in _watches if (each := watch(session, customer_id)) is not None]
    session.info[_UNDER_WAY] = (transaction, found)


def changed(session: Session, customer_id: str) -> None:
    """Say that the methods have changed; the caller commits."""
    session.flush()
    for each in session.info[_UNDER_WAY][1][customer_id]:
        each()
