"""Take credit out of grants and put it back, with one allocation row for each grant touched."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, aliased

from app.domain import grants as rule
from app.domain.errors import ensure
from app.domain.grants import LiveGrant, Share
from app.models.ledger import Allocation, Grant, Transfer
from app.services.ledger import reversal_shares
from app.services.ledger.posting import Books
from app.services.ledger.reversal_shares import Takings


def view(grant: Grant) -> LiveGrant:
    """Return the grant as the rule sees it: all of it remains while it waits to be posted."""
    left = grant.micros if grant.posted_at is None else grant.remaining_micros
    return LiveGrant(grant.id, grant.kind, left, grant.priority, grant.effective_at, grant.expires_at)


def source_account(grant: Grant) -> str:
    """Return the account that the grant came out of."""
    return rule.SOURCES[grant.kind]


def burn(books: Books, transfer: Transfer, own: str = "") -> None:
    """Take a debit out of what is left of the grants, in their order; what they do not hold is the customer's debt.

    A claw-back names the grant that it begins with: `own`. Whoever posts anything but usage has let expire before what
    is due, so that what is left of a grant whose time is over is kept for open holds.
    """
    live = books.session.scalars(
        select(Grant)
        .where(Grant.customer_id == books.customer_id, Grant.remaining_micros > 0)
        .execution_options(populate_existing=True)
    ).all()
    by_id = {grant.id: grant for grant in live}
    shares, _debt = rule.allocate(transfer.amount, [view(grant) for grant in live], own)
    for share in shares:
        take(books, transfer, by_id[share.grant_id], share.micros)


def burn_bought(books: Books, transfer: Transfer) -> None:
    """Take a debit out of credit that was bought, in its order: whoever asks has seen that there is enough."""
    live = books.session.scalars(
        select(Grant)
        .where(Grant.customer_id == books.customer_id, Grant.remaining_micros > 0, Grant.kind.in_(rule.BOUGHT_KINDS))
        .execution_options(populate_existing=True)
    ).all()
    by_id = {grant.id: grant for grant in live}
    shares, missing = rule.allocate(transfer.amount, [view(grant) for grant in live])
    ensure(missing == 0, f"{transfer.id} takes more than was bought")
    for share in shares:
        take(books, transfer, by_id[share.grant_id], share.micros)


def take(books: Books, transfer: Transfer, grant: Grant, micros: int) -> None:
    """Take `micros` out of the grant for the transfer; below zero, put them back."""
    session = books.session
    left = session.execute(
        update(Grant)
        .where(Grant.customer_id == books.customer_id, Grant.id == grant.id, Grant.remaining_micros >= micros)
        .values(remaining_micros=Grant.remaining_micros - micros)
        .returning(Grant.remaining_micros)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    ensure(left is not None, f"{grant.id} does not hold {micros}")
    session.refresh(grant)
    session.add(Allocation(customer_id=books.customer_id, transfer_id=transfer.id, grant_id=grant.id, micros=micros))


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
    for share in rule.unwind(rule.given_back(correction.amount, before), rule.instead(mine, own, elsewhere), pool):
        grant = grants[share.grant_id]
        take(books, correction, grant, share.micros)
        if grant.voided_at is not None:
            gone.append(("voided", grant, -share.micros))
        elif rule.is_expired(grant.expires_at, now):
            gone.append(("expired", grant, -share.micros))
    session.flush()
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
