"""What is behind one row of the balance history: its source, the grants it touched, what corrects it."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select

from app.domain.errors import NotFound
from app.domain.grants import burn_order
from app.domain.money import Credits
from app.models.database import db
from app.models.ledger import Allocation, Grant, Transfer
from app.models.payments import Attempt, Payment
from app.models.reversals import Dispute, Refund
from app.models.usage import UsageDay, UsageTotal
from app.services.ledger.burn_down import view


@dataclass(frozen=True)
class Used:
    """What a meter counted that a row of usage is about: on the day, or in the whole billing period (no day)."""

    meter: str
    day: date | None
    period_number: int
    quantity: int
    micros: int

    @property
    def cost(self) -> Credits:
        """What it cost."""
        return Credits(self.micros)


@dataclass(frozen=True)
class Entry:
    """A transfer with everything that explains it."""

    transfer: Transfer
    allocations: list[tuple[Allocation, Grant]]
    """What it took from each grant (below zero: gave back), in burn order."""
    grant: Grant | None
    """The grant that the transfer posted, expired or took back."""
    payment: Payment | None
    """What bought the credit, or what money went back of."""
    attempts: list[Attempt]
    corrects: Transfer | None
    corrected_by: Transfer | None
    refund: Refund | None = None
    dispute: Dispute | None = None
    used: tuple[Used, ...] = ()
    """The usage that it took the credit for."""


def entry(transfer_id: str) -> Entry:
    """Return what is behind a row of the history of the customer in scope, or `NotFound`."""
    transfer = db.session.scalars(
        select(Transfer).where(Transfer.id == transfer_id, Transfer.sequence.is_not(None))
    ).one_or_none()
    if transfer is None:
        raise NotFound("movement")
    owner = transfer.customer_id
    pairs = [
        (row[0], row[1])
        for row in db.session.execute(
            select(Allocation, Grant)
            .join(Grant, (Grant.customer_id == Allocation.customer_id) & (Grant.id == Allocation.grant_id))
            .where(Allocation.customer_id == owner, Allocation.transfer_id == transfer.id)
        )
    ]
    pairs.sort(key=lambda pair: burn_order(view(pair[1])))
    grant = payment = None
    refund, dispute, paid = _reversal(transfer)
    attempts: list[Attempt] = []
    if paid:
        payment = db.session.scalars(
            select(Payment).where(Payment.customer_id == owner, Payment.id == paid)
        ).one_or_none()
        grant = db.session.scalars(
            select(Grant).where(Grant.customer_id == owner, Grant.payment_id == paid)
        ).one_or_none()
        attempts = list(
            db.session.scalars(
                select(Attempt).where(Attempt.customer_id == owner, Attempt.payment_id == paid).order_by(Attempt.number)
            )
        )
    elif transfer.source_type == "grant":
        grant_id = transfer.source_id.partition(":")[0]
        grant = db.session.scalars(select(Grant).where(Grant.customer_id == owner, Grant.id == grant_id)).one_or_none()
    links = db.session.scalars(
        select(Transfer).where(
            Transfer.customer_id == owner, or_(Transfer.id == transfer.corrects_id, Transfer.corrects_id == transfer.id)
        )
    ).all()
    return Entry(
        transfer,
        pairs,
        grant,
        payment,
        attempts,
        corrects=next((each for each in links if each.id == transfer.corrects_id), None),
        corrected_by=next((each for each in links if each.corrects_id == transfer.id), None),
        refund=refund,
        dispute=dispute,
        used=_used(transfer),
    )


def _used(transfer: Transfer) -> tuple[Used, ...]:
    """Return the usage behind a row of usage that was accepted before it was posted."""
    mine = UsageDay.customer_id == transfer.customer_id
    if transfer.source_type == "usage_day":
        meter, day, _posting = transfer.source_id.rsplit(":", 2)
        row = db.session.scalars(
            select(UsageDay).where(mine, UsageDay.day == date.fromisoformat(day), UsageDay.meter == meter)
        ).one()
        return (Used(meter, row.day, row.period_number, row.quantity, row.micros),)
    if transfer.source_type == "usage_period":
        number = int(transfer.source_id.partition(":")[0])
        totals = db.session.scalars(
            select(UsageTotal)
            .where(
                UsageTotal.customer_id == transfer.customer_id,
                UsageTotal.period_number == number,
                UsageTotal.micros > 0,
            )
            .order_by(UsageTotal.meter)
        )
        return tuple(Used(row.meter, None, number, row.quantity, row.micros) for row in totals)
    return ()


def _reversal(transfer: Transfer) -> tuple[Refund | None, Dispute | None, str]:
    """Return the refund or dispute that a transfer is for, and the payment behind it, if any."""
    owner, source = transfer.customer_id, transfer.source_id
    if transfer.source_type == "refund":
        refund = db.session.scalars(select(Refund).where(Refund.customer_id == owner, Refund.id == source)).one()
        return refund, None, refund.payment_id
    if transfer.source_type == "dispute":
        dispute = db.session.scalars(select(Dispute).where(Dispute.customer_id == owner, Dispute.id == source)).one()
        return None, dispute, dispute.payment_id
    return None, None, source if transfer.source_type == "payment" else ""
