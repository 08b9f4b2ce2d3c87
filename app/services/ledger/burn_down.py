"""Take credit out of grants and put it back, with one allocation row for each grant touched."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session, aliased

from app.domain import grants as rule
from app.domain.errors import ensure
from app.domain.grants import LiveGrant, Share
from app.domain.journal.entries import Entry
from app.domain.ledger import Posting
from app.models.database import constant
from app.models.ledger import Allocation, Grant, Transfer
from app.services.journal.writing import Writes
from app.services.ledger import reversal_shares
from app.services.ledger.posting import Also, Books
from app.services.ledger.reversal_shares import Takings

_COLUMNS = tuple(Grant.__table__.columns.keys())
_LIVE = select(
    *(Grant.id, Grant.kind, Grant.remaining_micros, Grant.priority, Grant.effective_at, Grant.expires_at)
).where(Grant.customer_id == bindparam("customer"), Grant.remaining_micros > constant(0))


def view(grant: Grant) -> LiveGrant:
    """Return the grant as the rule sees it: all of it remains while it waits to be posted."""
    left = grant.micros if grant.posted_at is None else grant.remaining_micros
    return LiveGrant(grant.id, grant.kind, left, grant.priority, grant.effective_at, grant.expires_at)


def source_account(grant: Grant) -> str:
    """Return the account that the grant came out of."""
    return rule.SOURCES[grant.kind]


def debit(books: Books, posting: Posting, now: datetime, own: str = "") -> Transfer:
    """Post a debit and take it out of what is left of the grants, in their order; the rest is the customer's debt.

    A claw-back names the grant that it begins with: `own`. Whoever posts anything but usage has let expire before what
    is due, so that what is left of a grant whose time is over is kept for open holds.
    """
    (made,) = books.post([posting], now, _burning(books, posting, live_grants(books), own))
    return made


def debit_new(books: Books, posting: Posting, now: datetime, live: Sequence[LiveGrant]) -> Transfer:
    """Post a debit that the caller knows not to be posted, as `debit` does; `live` is what is left of the grants."""
    (made,) = books.post_new([posting], now, _burning(books, posting, live))
    return made


def _burning(books: Books, posting: Posting, live: Sequence[LiveGrant], own: str = "") -> Also:
    shares, _debt = rule.allocate(posting.amount, live, own)
    return lambda writes, entries: writes.taken(books.customer_id, entries[0].id, shares)


def burn(books: Books, transfer: Transfer, own: str = "") -> None:
    """Take a debit that is posted out of what is left of the grants, as `debit` does."""
    _take(books, transfer, rule.allocate(transfer.amount, live_grants(books), own)[0])


def burn_bought(books: Books, transfer: Transfer) -> None:
    """Take a debit out of credit that was bought, in its order: whoever asks has seen that there is enough."""
    bought = [each for each in live_grants(books) if each.kind in rule.BOUGHT_KINDS]
    shares, missing = rule.allocate(transfer.amount, bought)
    ensure(missing == 0, f"{transfer.id} takes more than was bought")
    _take(books, transfer, shares)


def live_grants(books: Books) -> list[LiveGrant]:
    """Return the grants of the customer of which something is left."""
    rows = books.session.execute(_LIVE, {"customer": books.customer_id})
    return [
        LiveGrant(name, kind, left, priority, begun, over) for name, kind, left, priority, begun, over in rows.all()
    ]


def taking(books: Books, grant: Grant, micros: int) -> Also:
    """Return what takes `micros` out of the grant for the transfer with which it is written."""
    return lambda writes, entries: writes.taken(books.customer_id, entries[0].id, [Share(grant.id, micros)])


def beginning(books: Books, grant: Grant, now: datetime, *, is_new: bool) -> Also:
    """Return what lets the grant begin with its transfer, the last: it covers a debt first, and the rest is left."""

    def begins(writes: Writes, entries: list[Entry]) -> None:
        entry = entries[-1]
        covers = rule.cover(grant.micros, (entry.balance_after or 0) - grant.micros)
        if covers:
            writes.allocated(books.customer_id, entry.id, [Share(grant.id, covers)])
        if is_new:
            grant.remaining_micros, grant.posted_at = grant.micros - covers, now
            writes.new_grant({name: getattr(grant, name) for name in _COLUMNS})
        else:
            writes.begun(books.customer_id, grant.id, grant.micros - covers, now)

    return begins


def _take(books: Books, transfer: Transfer, shares: Sequence[Share]) -> None:
    if shares:
        writes = Writes()
        writes.taken(books.customer_id, transfer.id, shares)
        writes.write(books.session)


def give_back(
    books: Books, wrong: Transfer, correction: Transfer, now: datetime, own: str = ""
) -> list[tuple[str, Grant, int]]:
    """Put a corrected debit back into grants; return what must go again at once: it expired or was voided meanwhile.

    `own` is the grant of the purchase whose refund or dispute is given back. Where that is over, what others of the
    payment have taken elsewhere goes back instead: it would not have been taken, had the credit expired before.
    """
    session = books.session
    ensure(correction.balance_after_micros is not None, "a correction outside the history")
    before = (correction.balance_after_micros or 0) - correction.amount
    grants = {grant.id: grant for grant in session.scalars(select(Grant).where(Grant.customer_id == wrong.customer_id))}
    over = {name for name, grant in grants.items() if grant.voided_at or rule.is_expired(grant.expires_at, now)}
    order = [grant.id for grant in sorted(grants.values(), key=lambda grant: rule.burn_order(view(grant)))]
    takings = reversal_shares.read(session, wrong.customer_id)
    covered = _covered(session, wrong, takings)
    if wrong.id in takings.by_transfer:
        taken = takings.by_transfer[wrong.id].shares
        elsewhere = _elsewhere(takings, wrong, order, over) if own in over else []
    else:
        taken, elsewhere = _taken(session, wrong), []
    mine = [Share(name, taken[name]) for name in order if taken.get(name)]
    pool = [Share(name, covered[name]) for name in order if covered.get(name, 0) > 0]
    gone = []
    back = rule.unwind(rule.given_back(correction.amount, before), rule.instead(mine, own, elsewhere), pool)
    _take(books, correction, back)
    for share in back:
        grant = grants[share.grant_id]
        if grant.voided_at is not None:
            gone.append(("voided", grant, -share.micros))
        elif rule.is_expired(grant.expires_at, now):
            gone.append(("expired", grant, -share.micros))
    return gone


def _elsewhere(takings: Takings, wrong: Transfer, order: list[str], over: set[str]) -> list[Share]:
    """Return what the payment's other refunds and disputes hold of grants that are not over, in burn order."""
    held = dict[str, int]()
    for other in takings.others(wrong.id):
        for grant_id, micros in other.shares.items():
            held[grant_id] = held.get(grant_id, 0) + micros
    return [Share(name, held[name]) for name in order if held.get(name) and name not in over]


def _taken(session: Session, transfer: Transfer) -> dict[str, int]:
    rows = session.execute(
        select(Allocation.grant_id, Allocation.micros).where(
            Allocation.customer_id == transfer.customer_id, Allocation.transfer_id == transfer.id
        )
    )
    return {row.grant_id: row.micros for row in rows}


def _covered(session: Session, wrong: Transfer, takings: Takings) -> dict[str, int]:
    """Return, per grant, what paid for debts: taken by no debit that still stands."""
    fix = aliased(Transfer)
    undone = select(fix.id).where(fix.customer_id == Transfer.customer_id, fix.corrects_id == Transfer.id).exists()
    stands = (Transfer.kind.in_(["expired", "voided"])) | (Transfer.kind.in_(rule.BURNING) & ~undone)
    rows = session.execute(
        select(Allocation.grant_id, func.sum(Allocation.micros))
        .join(Transfer, (Transfer.customer_id == Allocation.customer_id) & (Transfer.id == Allocation.transfer_id))
        .where(Allocation.customer_id == wrong.customer_id, Allocation.transfer_id != wrong.id, ~stands)
        .where(Transfer.source_type.not_in(reversal_shares.SOURCES))
        .group_by(Allocation.grant_id)
    )
    found = takings.covered(besides=wrong.id)
    for grant_id, micros in rows:
        found[grant_id] = found.get(grant_id, 0) + int(micros)
    return found
